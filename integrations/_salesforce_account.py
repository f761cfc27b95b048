"""Accounts in Salesforce: what the CRM knows of them, and setting fields on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from expansion.contract import Done, FactRecord, Refused, Reply
from integrations._accounts import one_each
from integrations._batches import in_calls, rounds
from integrations._said import moment
from integrations._salesforce_errors import COLLECTION, SYSTEM, of_record, results
from integrations.base import SourceBase

if TYPE_CHECKING:
    from integrations._salesforce_client import Client

_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}")
_GROUPS = 2000  # an aggregate does not page: EXCEEDED_ID_LIMIT beyond this many rows

# Computed from the account's opportunities: name -> (aggregate, of which, value where there is none)
VIRTUAL: dict[str, tuple[str, str, Any]] = {
    "open_opportunities": ("COUNT(Id)", "IsClosed = false", 0),
    "last_opportunity_closed": ("MAX(CloseDate)", "IsClosed = true", None),
}


class AccountSource(SourceBase):
    """Fields of Account by SOQL, those of related records too (`Owner.Email`); and two counted from opportunities:
    `open_opportunities` (how many are open) and `last_opportunity_closed` (the newest close date of a closed one)."""

    name = "salesforce.account"
    title = "Account fields in Salesforce, also `Owner.Email`, `open_opportunities`, `last_opportunity_closed`"
    gives = frozenset({"facts"})

    def __init__(self, client: Client, key_field: str) -> None:
        self._client, self._key_field = client, key_field

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        """The accounts that carry the product's account id; nothing is yielded before all is read.

        An account's own fields have been so since the account was last modified. That says nothing about formulas,
        fields of related records and opportunities: those come in a record of their own, known since the pull.
        """
        virtual = [name for name in dict.fromkeys(fields) if name in VIRTUAL]
        real = [_checked(name) for name in dict.fromkeys(fields) if name not in VIRTUAL]
        own = [name for name in real if "." not in name and not self._is_formula(name)]
        columns = ", ".join(dict.fromkeys(["Id", self._key_field, "LastModifiedDate", *real]))
        rows = self._client.query(f"SELECT {columns} FROM Account WHERE {self._key_field} != null")  # noqa: S608
        counted = {name: self._counted(name) for name in virtual}
        for account_id, row in one_each(SYSTEM, self._key_field, ((row[self._key_field], row) for row in rows)).items():
            since = moment(row.get("LastModifiedDate"))
            values = {name: _value(row, name) for name in own}
            yield FactRecord(self.name, account_id, values, remote_id=row["Id"], at=since)
            others = {name: _value(row, name) for name in real if name not in own}
            others |= {name: counted[name].get(row["Id"], VIRTUAL[name][2]) for name in virtual}
            if others:
                yield FactRecord(self.name, account_id, others)

    def _is_formula(self, name: str) -> bool:
        """A formula changes without the account being modified: describe calls it calculated."""
        return bool(self._client.fields("Account").get(name, {}).get("calculated"))

    def _counted(self, name: str) -> dict[str, Any]:
        """A number or date per account, read in steps of ids because an aggregate does not page."""
        aggregate, which, _ = VIRTUAL[name]
        found: dict[str, Any] = {}
        further = "AccountId != null"
        while True:
            rows = self._client.query(
                f"SELECT AccountId, {aggregate} total FROM Opportunity "  # noqa: S608
                f"WHERE {which} AND {further} GROUP BY AccountId ORDER BY AccountId LIMIT {_GROUPS}"
            )
            found |= {row["AccountId"]: row["total"] for row in rows}
            if len(rows) < _GROUPS:
                return found
            further = f"AccountId > '{_plain_id(rows[-1]['AccountId'])}'"


class AccountUpdates:
    """Sets fields of accounts; setting them twice is the same as once."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, changes: Sequence[tuple[int, str, dict[str, Any]]]) -> dict[int, Reply]:
        """A reply by number. Two changes of one account go in two calls, in their order."""
        replies: dict[int, Reply] = {}
        for some in rounds(changes, COLLECTION, same=lambda change: change[1]):
            made = in_calls(self._client.retry, some, COLLECTION, self._call, repeatable=True)
            replies |= {change[0]: reply for change, reply in zip(some, made, strict=True)}
        return replies

    def _call(self, changes: Sequence[tuple[int, str, dict[str, Any]]]) -> list[Reply]:
        records = [{"attributes": {"type": "Account"}, "id": account, **fields} for _, account, fields in changes]
        reply = self._client.once("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})
        return [self._reply(c, r) for c, r in zip(changes, results(reply, len(changes)), strict=True)]

    def _reply(self, change: tuple[int, str, dict[str, Any]], result: Mapping[str, Any]) -> Reply:
        if result.get("success"):
            return Done(change[1], self._client.link("Account", change[1]))
        return of_record(result.get("errors") or ())


def _checked(path: str) -> str:
    if _PATH.fullmatch(path):
        return path
    raise Refused(f"{SYSTEM}: `{path}` is not a field's API name; write it like `ARR__c` or `Owner.Email`")


def _value(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _plain_id(record_id: str) -> str:
    assert re.fullmatch(r"[A-Za-z0-9]{15,18}", record_id), "an id goes into a query as text"
    return record_id
