"""Calls Beacon's API: developer.beacon.example/reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from expansion.contract import TryLater
from integrations.kit import http
from integrations.kit.batches import chunks
from integrations.kit.budgets import Budget
from integrations.kit.shapes import reading
from integrations.kit.world import World
from tests.example.beacon.integration.meanings import MEANINGS, told
from tests.example.beacon.integration.settings import LIMIT, RETRY, TIMEOUT, Settings

PAGE = 100  # accounts, the most that a page holds
KEYS = 50  # that one search of notes takes

Record = dict[str, Any]


class Client:
    """The four calls that are made of Beacon."""

    def __init__(self, settings: Settings, world: World) -> None:
        limit = replace(LIMIT, calls=settings.calls_per_minute)
        self.app = settings.app
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Budget("Beacon", limit, clock=world.clock, allowance=world.allowance, place=settings.api),
            headers={"X-Beacon-Token": settings.token.get_secret_value()},
            timeout=TIMEOUT,
        )

    def me(self) -> Record:
        """The workspace, and the scopes of the token."""
        return self._http.get("/v1/me", "reading who the token belongs to")

    def accounts(self) -> list[Record]:
        """Every account. Raises TryLater where fewer come than there are."""
        what = "reading accounts"
        pages = list(self._http.pages("/v1/accounts", what, {"limit": PAGE}, following=_next))
        rows = [row for page in pages for row in page["accounts"]]
        if len(rows) < pages[-1]["total"]:
            raise TryLater(f"Beacon, {what}: {len(rows)} came of {pages[-1]['total']}; they are read again later")
        return rows

    def notes(self, keys: Sequence[str]) -> list[Record]:
        """The notes that carry one of these keys."""
        return [note for some in chunks(keys, KEYS) for note in self._notes(some)]

    def _notes(self, keys: Sequence[str]) -> list[Record]:
        found = self._http.get("/v1/notes", "looking notes up", {"external_ids": ",".join(keys)})
        return list(found["notes"])

    def post_note(self, note: Mapping[str, Any]) -> str:
        """The id of the new note. Beacon takes no external id twice, so the call may be repeated."""
        with reading("Beacon", wrote=True):
            return str(self._http.post("/v1/notes", "making a note", note, again=True)["id"])


def _next(page: Record) -> Mapping[str, str] | None:
    return {"cursor": page["next_cursor"]} if page["next_cursor"] is not None else None
