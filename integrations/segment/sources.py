"""Segment: what the profiles of its space know of accounts, by Unify's Profile API."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from expansion.contract import FactRecord, NotAll, Refused, TryLater, Wanted
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.segment.client import Client

log = logging.getLogger(__name__)


@reads("Segment")
class Profile(SourceBase):
    """Traits of accounts, computed ones and audiences among them. The API lists no account: each that is known is
    asked for, one call each."""

    name: ClassVar[str] = "segment.profile"
    title: ClassVar[str] = "Traits of an account's profile in Segment Unify"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})
    full: ClassVar[frozenset[str]] = frozenset({"facts"})
    asks_for_each = True

    def __init__(self, client: Client) -> None:
        self._client = client

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self.wanted(Wanted(dict.fromkeys(fields, frozenset()), datetime.now(UTC)))

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read."""
        if not wanted.accounts:
            log.warning("Segment: no account is known yet, so no profile was asked for; the next run asks")
            return
        found, unread = self._read(wanted)
        if not found and not unread:
            raise Refused(
                "Segment, the profiles of accounts: there is none of an account that is known; check SEGMENT_SPACE_ID, "
                "and that `group` calls name accounts by your product's ids"
            )
        for account, traits in found.items():
            yield FactRecord(self.name, account, {field: traits[field] for field in wanted.fields if field in traits})
        if unread:
            raise NotAll(f"Segment: {unread} of {len(wanted.accounts):,} profiles cannot be read there; the rest is so")

    def _read(self, wanted: Wanted) -> tuple[dict[str, dict[str, Any]], int]:
        """By account; and how many of them Segment trips over. It may answer 500 to an id with other signs than letters
        and digits, and for good: that keeps no other from being read."""
        found: dict[str, dict[str, Any]] = {}
        unread = 0
        for account in wanted.accounts:
            try:
                traits = self._client.traits(account, wanted.fields)
            except TryLater:
                if account.isalnum() or unread == _TRIPS:
                    raise
                unread += 1
                continue
            if traits is not None:
                found[account] = traits
        return found, unread


_TRIPS = 3  # so many are of their ids; with one more, their system is taken to be down
