"""Amplitude: the accounts of a cohort's members."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from expansion.contract import CohortMembers, NotAll, Refused
from expansion.usage.forms.cells import as_id, is_nothing
from integrations.amplitude.client import USERS, Client, Record, counts
from integrations.amplitude.meanings import MEANINGS
from integrations.kit.breaks import Broke
from integrations.kit.declare import SourceBase
from integrations.kit.files import table
from integrations.kit.said import whole
from integrations.kit.shapes import reads

_CLOCKS_APART = timedelta(minutes=10)


@reads("Amplitude")
class Cohort(SourceBase):
    """The accounts of a cohort's members: of each, the value that a user property has.

    Downloads are few, so a cohort that has not been worked out anew since the last pull is not asked for again.
    """

    name: ClassVar[str] = "amplitude.cohort"
    title: ClassVar[str] = "Accounts of a cohort's members"
    gives: ClassVar[frozenset[str]] = frozenset({"cohorts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def cohort_is_as_it_was(self, name: str, at: datetime) -> bool:
        """By when it was worked out last, and its definition changed last. Where that is not told, it may have."""
        cohort = self._client.find(name)
        when = [whole(cohort.get(key)) for key in ("lastComputed", "lastMod")]
        known = [datetime.fromtimestamp(seconds, UTC) for seconds in when if seconds is not None and seconds < 2**33]
        return len(known) == len(when) and max(known) < at - _CLOCKS_APART

    def cohort(self, name: str) -> CohortMembers:
        cohort = self._client.find(name)
        _must_be_of_users(cohort)
        place = self._client.settings.account_property
        accounts: set[str] = set()
        count = 0
        with self._client.members(cohort, place) as file, table(file) as (columns, members):
            column = _column(columns, place, name)
            for member in members:
                count += 1
                accounts.update(_accounts(member[column]))
        return CohortMembers(self.name, name, frozenset(accounts), _less(name, whole(cohort.get("size")), count))


def _must_be_of_users(cohort: Record) -> None:
    """What a file of groups holds stands on no page of Amplitude's."""
    if counts(cohort) != USERS:
        raise Refused(
            f"Amplitude, the cohort `{cohort['name']}` counts `{counts(cohort)}`, and what its file holds is not "
            "documented; make one that counts users, and it stands for their accounts"
        )


def _column(columns: Sequence[str], place: str, cohort: str) -> str:
    """The column of a user property. How it is called there stands on no page: as it is, or as charts call it."""
    if not {"amplitude_id", "user_id"} & set(columns):
        raise MEANINGS.of(Broke.ODD, f"the cohort `{cohort}`")  # a web page, or nothing
    for name in (place, f"gp:{place}"):
        if name in columns:
            return name
    held = ", ".join(f"`{name}`" for name in columns[:10])
    raise Refused(
        f"Amplitude, the cohort `{cohort}`: its file has no column for the user property `{place}`, but {held}; check "
        "AMPLITUDE_ACCOUNT_PROPERTY"
    )


def _accounts(cell: str) -> Iterator[str]:
    """A property holds one id, or a list of them."""
    many = json.loads(cell) if cell.startswith("[") else [cell]
    yield from (as_id(one) for one in many if not is_nothing(one))


def _less(name: str, announced: int | None, count: int) -> NotAll | None:
    if announced is None or count >= announced:
        return None
    return NotAll(
        f"Amplitude, the cohort `{name}`: {announced:,} were announced and {count:,} came; nobody is taken for gone"
    )
