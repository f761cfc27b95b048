"""Turns an e-mail address into a user of Gainsight; remembers what it found."""

from __future__ import annotations

from expansion.contract import Piece, Refused
from integrations.gainsight.client import Client
from integrations.gainsight.meanings import SYSTEM
from integrations.kit.shapes import reading

NO_OWNER = "the owner is not an active user in Gainsight; given to GAINSIGHT_FALLBACK_OWNER"


class Owners:
    """Users of one tenant, by e-mail address."""

    def __init__(self, client: Client) -> None:
        self._client, self._fallback = client, client.settings.fallback_owner
        self._ids: dict[str, str | None] = {}

    def of(self, email: str) -> tuple[str, str | None]:
        """The user's Gsid and, where it is the fallback's, a note. Refused where there is neither."""
        if gsid := self._gsid(email):
            return gsid, None
        if gsid := self.fallback():
            return gsid, NO_OWNER
        raise Refused(
            f"{SYSTEM} has no active user for the owner; add one with that e-mail address, "
            "or set GAINSIGHT_FALLBACK_OWNER to somebody who is active"
        )

    def author(self, email: str) -> tuple[str, str | None]:
        """As `of`, but the e-mail address: the Timeline looks its author up by it."""
        _, note = self.of(email)
        return (self._fallback or email) if note else email, note

    def fallback(self) -> str | None:
        return self._gsid(self._fallback) if self._fallback else None

    def _gsid(self, email: str) -> str | None:
        if email not in self._ids:
            user = self._client.user(email)
            with reading(SYSTEM):
                self._ids[email] = str(user["Gsid"]) if user else None
        return self._ids[email]


def company_of(piece: Piece) -> str:
    """The company's Gsid. Refused where it is not known."""
    if found := piece.account.remote_ids.get("gainsight"):
        return found
    raise Refused(
        f"{piece.account.name} is not in {SYSTEM}, or not matched: put the product's account id "
        f"`{piece.account.account_id}` into the company's field there (GAINSIGHT_ACCOUNT_KEY_FIELD), and take at least "
        "one fact from gainsight.company"
    )
