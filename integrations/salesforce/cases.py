"""Support cases in Salesforce: how many are open on an account, and each case as an event of the day it was opened.

A case is of the account that it names. Of accounts that were merged, Salesforce hangs all cases on the one it kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from expansion.contract import EventRow, Refused, Wanted
from expansion.usage.forms.cells import as_id, is_nothing
from integrations.kit.counted import counted_as
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.salesforce.accounts import value_at
from integrations.salesforce.fields import account_key, find
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.open_records import OpenRecords, Row, Told, values_of, visible
from integrations.salesforce.values import moment_text

OPENED, CLOSED = "Support Case Opened", "Support Case Closed"
OPEN = "open_cases"
FIRST_PULL = timedelta(days=30)
# What is told of a case beside its event, by the field that holds it; those that the user may not see are left out.
PROPERTIES = {"channel": "Origin", "priority": "Priority", "type": "Type", "reason": "Reason"}

log = logging.getLogger(__name__)


@reads("Salesforce")
class CaseSource(OpenRecords):
    """`open_cases`; `open_cases_high`, …: those of one Priority; `newest_open_case`, `oldest_open_case`: when it was
    opened. As events, read by when a case changed last, so that its end comes whenever it does."""

    name = "salesforce.case"
    title = "Open cases of an account in Salesforce, by priority, newest and oldest; and cases as events"
    gives = frozenset({"facts", "events"})
    sobject, plural = "Case", "cases"

    def told(self, wanted: Wanted) -> Mapping[str, Told]:
        priorities = values_of(self._client.fields(self.sobject).get("Priority"))
        names = dict.fromkeys(counted_as(OPEN, one) for one in priorities)
        by_priority = {name: Told("number", ("Priority",), partial(_count, name)) for name in names}
        return {
            OPEN: Told("number", (), len),
            "newest_open_case": Told("datetime", ("CreatedDate",), partial(_opened, max)),
            "oldest_open_case": Told("datetime", ("CreatedDate",), partial(_opened, min)),
            **by_priority,
        }

    def events(self, since: str | None, until: str, account_property: str) -> Iterator[EventRow]:
        """Nothing is yielded before all is read. `account_property`: the Account field of the id; none: the key."""
        first = _start(since) if since else _start(until) - FIRST_PULL
        known = visible(self._client, self.sobject, self.plural, ("AccountId", "CreatedDate", "ClosedDate"))
        path = f"Account.{self._account_field(account_property)}"
        properties = {name: field for name, field in PROPERTIES.items() if field in known}
        columns = ", ".join(["Id", "CreatedDate", "ClosedDate", path, *properties.values()])
        rows = self._client.query(
            f"SELECT {columns} FROM Case WHERE SystemModstamp >= {moment_text(first)}"  # noqa: S608
        )
        if not rows:
            log.warning("%s: not one case has changed since %s", SYSTEM, first.date().isoformat())
        for row in {row["Id"]: row for row in rows}.values():
            yield from _events(row, path, properties)

    def _account_field(self, named: str) -> str:
        if not named:
            return account_key(self._client, self._key_field)
        try:
            return find(self._client, "Account", named).path
        except Refused as refusal:
            raise Refused(f"{refusal} (`account:` of {self.name} in facts.yaml names it)") from refusal


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day[:10]), time(), UTC)


def _count(name: str, rows: Sequence[Row]) -> int:
    return sum(counted_as(OPEN, str(row["Priority"])) == name for row in rows)


def _opened(which: Callable[[Iterator[str]], str], rows: Sequence[Row]) -> str | None:
    """Moments of one form and one zone: the later text is the later moment."""
    return which(str(row["CreatedDate"]) for row in rows) if rows else None


def _events(row: Row, path: str, properties: Mapping[str, str]) -> Iterator[EventRow]:
    """That it was opened, and that it is closed. One that is opened again and closed again has two ends."""
    given = value_at(row, path)
    account = None if is_nothing(given) else as_id(given)
    of, said = f"case:{row['Id']}", {name: row.get(field) for name, field in properties.items()}
    yield EventRow(of, OPENED, _must_be(row["CreatedDate"]), account, None, said)
    if row["ClosedDate"]:
        closed = _must_be(row["ClosedDate"])
        yield EventRow(f"{of}:closed:{closed:%Y-%m-%dT%H:%M:%S}", CLOSED, closed, account, None, said)


def _must_be(text: Any) -> datetime:
    found = moment(text)
    if found is None:
        raise ValueError("not a moment")
    return found
