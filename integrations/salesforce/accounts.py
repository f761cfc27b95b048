"""Accounts in Salesforce: what the CRM knows of them, and setting fields on them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from expansion.contract import FactRecord, Failure, NotThere, Refused, Wanted
from integrations.kit.accounts import one_each
from integrations.kit.declare import Finding, SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads
from integrations.kit.units import as_share, misfits
from integrations.salesforce.fields import Field, account_key, find
from integrations.salesforce.meanings import SYSTEM
from integrations.salesforce.money import Money

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

log = logging.getLogger(__name__)
_GROUPS = 2000  # an aggregate does not page: EXCEEDED_ID_LIMIT beyond this many rows

# Computed from the account's opportunities: name -> (aggregate, of which, value where there is none). A close date is a
# plan: a deal that was lost keeps the day it was expected for, which may lie ahead.
VIRTUAL: dict[str, tuple[str, str, Any]] = {
    "open_opportunities": ("COUNT(Id)", "IsClosed = false", 0),
    "last_opportunity_closed": ("MAX(CloseDate)", "IsClosed = true AND CloseDate <= {today}", None),
}
_OWNER, _ACTIVE = "Owner.Email", "Owner.IsActive"
# REST API, "Field Types": what a field of a type holds, and what kinds of facts that can be.
_HOLDS = {
    **dict.fromkeys(("double", "int", "long"), "number"),
    **dict.fromkeys(("string", "textarea", "picklist", "combobox", "email", "phone", "url", "id", "reference"), "text"),
    **{name: name for name in ("currency", "percent", "boolean", "date", "datetime")},
    "multipicklist": "list",
}


@reads("Salesforce")
class AccountSource(SourceBase):
    """Fields of Account by SOQL, those of related records too (`Owner.Email`); and two counted from opportunities:
    `open_opportunities` (how many are open) and `last_opportunity_closed` (the newest close date of a closed one)."""

    name = "salesforce.account"
    title = "Account fields in Salesforce, also `Owner.Email`, `open_opportunities`, `last_opportunity_closed`"
    gives = frozenset({"facts"})
    full = frozenset({"facts"})

    def __init__(self, client: Client, key_field: str) -> None:
        self._client, self._key_field = client, key_field

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self.wanted(Wanted(dict.fromkeys(fields, frozenset()), datetime.now(UTC)))

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """The accounts that carry the product's account id; nothing is yielded before all is read.

        An account's own fields have been so since the account was last modified. That says nothing about formulas,
        fields of related records, amounts in another currency and opportunities: those come in a record of their own,
        known since the pull.
        """
        fields, key = self._fields(wanted), account_key(self._client, self._key_field)
        virtual = [name for name in wanted.fields if name in VIRTUAL]
        money = {field.asked: field.currency_path for field in fields if wanted.is_taken_for(field.asked, "money")}
        codes = [path for path in money.values() if path]
        active = [_ACTIVE] if any(field.path == _OWNER for field in fields) else []
        named = ["Id", key, "LastModifiedDate", *(field.path for field in fields), *codes, *active]
        columns = ", ".join(dict.fromkeys(named))
        rows = self._client.query(f"SELECT {columns} FROM Account WHERE {key} != null")  # noqa: S608
        counted = {name: self._counted(name, wanted) for name in virtual}
        purse = Money(self._client, wanted.currency)
        # Salesforce itself takes texts that differ in case for one.
        matched = one_each(SYSTEM, key, ((row[key], row) for row in rows), record="Id", any_case=True)
        found = [FactRecord(self.name, account_id, {}, is_twice=True) for account_id in matched.twice]
        for account_id, row in matched.once.items():
            own: dict[str, Any] = {}
            others: dict[str, Any] = {}
            for field in fields:
                code = value_at(row, path) if (path := money.get(field.asked)) else None
                there = own if field.is_own and not purse.is_foreign(code) else others
                there[field.asked] = purse.of(field, _read(row, field, wanted), code)
            others |= {name: counted[name].get(row["Id"], VIRTUAL[name][2]) for name in virtual}
            since = moment(row.get("LastModifiedDate"))
            found.append(FactRecord(self.name, account_id, own, remote_id=row["Id"], at=since))
            if others:
                found.append(FactRecord(self.name, account_id, others))
        self._say(fields, wanted)
        purse.say()
        yield from found

    def contradictions(self, wanted: Wanted) -> list[Finding]:
        try:
            fields = self._fields(wanted)
            return [*self._misfits(fields, wanted), *self._currencies(fields, wanted)]
        except Failure as failure:
            return [Finding("fields that facts.yaml names", False, str(failure))]

    def _fields(self, wanted: Wanted) -> list[Field]:
        found: list[Field] = []
        missing: dict[str, Refused] = {}
        for name in (one for one in wanted.fields if one not in VIRTUAL):
            try:
                found.append(find(self._client, "Account", name))
            except Refused as refusal:
                missing[name] = refusal
        if missing:
            raise NotThere(" ".join(map(str, missing.values())), list(missing))
        return found

    def _misfits(self, fields: Sequence[Field], wanted: Wanted) -> Iterator[Finding]:
        for field in fields:
            yield from misfits(field.asked, _HOLDS.get(field.type, ""), wanted.kinds[field.asked])

    def _currencies(self, fields: Sequence[Field], wanted: Wanted) -> Iterator[Finding]:
        """An org with several currencies: money is converted where the org tells the rate."""
        several = [one for one in fields if one.currency_path and wanted.is_taken_for(one.asked, "money")]
        if not several or wanted.currency is None:
            return
        plain = [f"`{field.asked}`" for field in several if field.type != "currency"]
        if Money(self._client, wanted.currency).rate(wanted.currency) is None:
            what = f"the org has several currencies, and no rate of {wanted.currency} that the user may see"
            remedy = "show CurrencyType to the run-as user, or money of accounts in other currencies is unknown"
            yield Finding(what, False, remedy)
        else:
            yield Finding(f"the org has several currencies; money is converted to {wanted.currency}", True)
        if plain:
            what = f"{', '.join(plain)} is a plain number, and the org has several currencies"
            remedy = f"unknown where the account's currency is not {wanted.currency}; a Currency field says its own"
            yield Finding(what, True, remedy, mark="warning")

    def _say(self, fields: Sequence[Field], wanted: Wanted) -> None:
        for finding in self._misfits(fields, wanted):
            log.warning("%s: %s; %s", SYSTEM, finding.what, finding.remedy)

    def _counted(self, name: str, wanted: Wanted) -> dict[str, Any]:
        """A number or date per account, read in steps of ids because an aggregate does not page."""
        aggregate, which, _ = VIRTUAL[name]
        which = which.format(today=wanted.today.isoformat())
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


def _read(row: Mapping[str, Any], field: Field, wanted: Wanted) -> Any:
    """A percent field holds 12 for 12 %. Taken for a number, it is the number that people see there.

    An owner who has left Salesforce gets no task: nobody is told that they have one.
    """
    if field.path == _OWNER and value_at(row, _ACTIVE) is False:
        return None
    value = value_at(row, field.path)
    if field.type == "percent" and wanted.is_taken_for(field.asked, "percent", "money", "date", "yes_no", "list"):
        return as_share(value)
    return value


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value at the end of `Owner.Email`; none where a step of the way leads nowhere."""
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _plain_id(record_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{15,18}", str(record_id)):  # it goes into a query as text
        raise ValueError("not an id")
    return record_id
