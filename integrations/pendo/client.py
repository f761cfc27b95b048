"""Calls Pendo's API: engageapi.pendo.io.

Lists are read by aggregations, sorted and with `skip` and `limit`: how many there are is asked first, because a page
that is not full says nothing of the end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from expansion.contract import NotThere, TryLater
from expansion.fields import Person
from integrations.kit import http
from integrations.kit.batches import chunks
from integrations.kit.budgets import Budget
from integrations.kit.world import World
from integrations.pendo.meanings import MEANINGS, Gone
from integrations.pendo.schema import CUSTOM, Schema
from integrations.pendo.settings import LIMIT, RETRY, TIMEOUT, Settings

PAGE = 1000  # rows of one aggregation
VISITORS = 100  # in one change of a segment: "small batches"
Record = dict[str, Any]
Pipeline = list[Record]


@dataclass(frozen=True)
class Visitor:
    """A person as Pendo knows them. `id` as it stands in a path: a comma in it is none that separates."""

    id: str


class Client:
    """The calls that are made of one subscription. All of them may be repeated."""

    def __init__(self, settings: Settings, world: World) -> None:
        limit = replace(LIMIT, calls=settings.calls_per_second)
        self.region = settings.region
        self._http = http.Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            turn=Budget("Pendo", limit, clock=world.clock, allowance=world.allowance, place=settings.api),
            headers={"x-pendo-integration-key": settings.integration_key.get_secret_value()},
            timeout=TIMEOUT,
        )

    def may_write(self) -> bool:
        """Whether the key may, once it is taken."""
        return bool(self._http.get("/api/v1/token/verify", "checking the integration key")["writeAccess"])

    def schema(self) -> Schema:
        return Schema(self._http.get("/api/v1/metadata/schema/account", "reading which fields accounts have"))

    # --- accounts -----------------------------------------------------------------------------------------------------

    def accounts(self) -> list[Record]:
        """Every account with its metadata."""
        return self._rows("reading accounts", [{"source": {"accounts": None}}])

    def custom_value(self, account_id: str, name: str) -> object:
        """What a custom field of an account holds now. Raises Gone where there is no such account."""
        path = f"/api/v1/account/{quote(account_id, safe='')}"
        account = self._http.get(path, "reading an account")
        return ((account.get("metadata") or {}).get(CUSTOM) or {}).get(name)

    def set_custom(self, changes: Sequence[tuple[str, Mapping[str, Any]]]) -> Record:
        """How many were updated and failed, and the ids that Pendo does not know: `missing`, with a 200."""
        body = [{"accountId": account, "values": dict(fields)} for account, fields in changes]
        path = f"/api/v1/metadata/account/{CUSTOM}/value"
        return self._http.post(path, "setting metadata of accounts", body, again=True)

    # --- segments and visitors ----------------------------------------------------------------------------------------

    def segment_id(self, name: str) -> str:
        """The id of the segment of that name or id. Raises NotThere."""
        every = self.segments()
        found = [one for one in every if str(one["id"]) == name] or [one for one in every if one.get("name") == name]
        if len(found) == 1:
            return str(found[0]["id"])
        if found:
            raise NotThere(f"Pendo has {len(found)} segments called `{name}`; write the id of the right one", [name])
        raise NotThere(f"Pendo has no segment called `{name}`; make it under People > Segments, or correct it", [name])

    def segments(self) -> list[Record]:
        return list(self._http.call("GET", "/api/v1/segment", "reading segments", shape=list))

    def accounts_in(self, segment: str) -> list[Record]:
        """The accounts of a segment's visitors, each in the role that the segment's rules ask of it: `accountId`."""
        pipeline: Pipeline = [
            {"source": {"visitors": None}},
            {"identified": "visitorId"},
            {"eval": {"accountId": "metadata.auto.accountids"}},
            {"unwind": {"field": "accountId"}},
            {"bulkExpand": {"account": {"account": "accountId"}}},
            {"segment": {"id": segment}},
            {"group": {"group": ["accountId"], "fields": [{"visitors": {"count": None}}]}},
        ]
        return self._rows("reading a segment", pipeline)

    def visitor(self, person: Person) -> Visitor | None:
        """The visitor of our id."""
        if person.user_id in ("", ".", ".."):  # in a path they mean another page, however they are written
            return None
        id_ = quote(person.user_id, safe="")
        try:
            self._http.get(f"/api/v1/visitor/{id_}", "looking a visitor up")
        except Gone:
            return None
        return Visitor(id_)

    def change_members(self, segment: str, change: str, visitors: Sequence[str]) -> None:
        """`change` is add or remove. A visitor who is in it, or is not, stays so."""
        for some in chunks(visitors, VISITORS):
            body = {"patch": [{"op": change, "path": "/visitors", "value": list(some)}]}
            path = f"/api/v1/segment/{quote(segment, safe='')}/visitor"
            self._http.call("PATCH", path, "changing a segment", body, again=True, silent=True)

    # --- aggregations -------------------------------------------------------------------------------------------------

    def _rows(self, what: str, pipeline: Pipeline) -> list[Record]:
        """Each account once. Raises TryLater where fewer come than there are."""
        total = self.count(what, pipeline)
        found: dict[str, Record] = {}
        for skip in range(0, total, PAGE):
            page: Pipeline = [{"sort": ["accountId"]}, {"skip": skip}, {"limit": PAGE}]
            found |= {json.dumps(row["accountId"]): row for row in self._asked(what, [*pipeline, *page])}
        if len(found) < total:
            raise TryLater(f"Pendo, {what}: {len(found)} came of {total} that were announced; read again later")
        return list(found.values())

    def count(self, what: str, pipeline: Pipeline) -> int:
        return int(self._asked(what, [*pipeline, {"count": None}])[0]["count"])

    def _asked(self, what: str, pipeline: Pipeline) -> list[Record]:
        body = {"response": {"mimeType": "application/json"}, "request": {"pipeline": pipeline}}
        return list(self._http.post("/api/v1/aggregation", what, body, wrote=False)["results"])
