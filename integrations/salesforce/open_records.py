"""What is open on an account: records of one kind that belong to accounts, each a row, counted here.

An aggregate would not page, and knows no order of two groups: 2,000 rows of it are the end. Records that the
integration user may not see are not there for it, and Salesforce does not say how many those are.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from expansion.contract import FactRecord, Failure, NoAccess, NotThere, Refused, Wanted
from expansion.language.model.mistakes import did_you_mean
from integrations.kit.accounts import one_each
from integrations.kit.declare import Finding, SourceBase
from integrations.kit.units import misfits
from integrations.salesforce.fields import Described, account_key
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

Row = Mapping[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """A fact of an account: what it holds, the columns it is made of, and how, from the account's open records."""

    holds: str  # as integrations/kit/units.py names it
    columns: tuple[str, ...]
    of: Callable[[Sequence[Row]], Any]
    afterwards: Callable[[], None] = lambda: None  # what of it is said in the log, once all accounts have theirs


class OpenRecords(SourceBase):
    """Facts of the open records of one object. An account with none has none: 0, and no day."""

    gives = frozenset({"facts"})
    full = frozenset({"facts"})
    sobject: ClassVar[str]
    plural: ClassVar[str]  # as people call them

    def __init__(self, client: Client, key_field: str) -> None:
        self._client, self._key_field = client, key_field

    def told(self, wanted: Wanted) -> Mapping[str, Told]:
        """Every fact that there is, by name."""
        raise NotImplementedError

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self.wanted(Wanted(dict.fromkeys(fields, frozenset()), datetime.now(UTC)))

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read. Each is known since the pull: a count says nothing of since when."""
        asked = self._asked(wanted)
        key = account_key(self._client, self._key_field)
        accounts = self._client.query(f"SELECT Id, {key} FROM Account WHERE {key} != null")  # noqa: S608
        matched = one_each(SYSTEM, key, ((row[key], row) for row in accounts), record="Id", any_case=True)
        of_account = self._open([column for told in asked.values() for column in told.columns])
        for finding in self._misfits(asked, wanted):
            log.warning("%s: %s; %s", SYSTEM, finding.what, finding.remedy)
        yield from (FactRecord(self.name, account_id, {}, is_twice=True) for account_id in matched.twice)
        for account_id, row in matched.once.items():
            mine = of_account[row["Id"]]
            values = {name: told.of(mine) for name, told in asked.items()}
            yield FactRecord(self.name, account_id, values, remote_id=row["Id"])
        for told in asked.values():
            told.afterwards()

    def contradictions(self, wanted: Wanted) -> list[Finding]:
        try:
            return list(self._misfits(self._asked(wanted), wanted))
        except Failure as failure:
            return [Finding(f"facts of {self.plural} that facts.yaml names", False, str(failure))]

    def _asked(self, wanted: Wanted) -> dict[str, Told]:
        visible(self._client, self.sobject, self.plural, ("AccountId", "IsClosed"))
        there = self.told(wanted)
        if missing := [name for name in wanted.fields if name not in there]:
            named = " and ".join(f"`{name}`" for name in missing)
            near = did_you_mean(missing[0], there)
            hint = f"; did you mean `{near}`?" if near else f"; there is {', '.join(f'`{one}`' for one in there)}"
            said = f"{SYSTEM}: {self.plural} give no {named}, or a field for it is hidden from the integration user"
            raise NotThere(said + hint, missing)
        return {name: there[name] for name in wanted.fields}

    def _open(self, columns: Sequence[str]) -> Mapping[Any, list[Row]]:
        """The open records by account. One that comes twice, because it moved while pages were read, is one."""
        named = ", ".join(dict.fromkeys(["Id", "AccountId", *columns]))
        where = "IsClosed = false AND AccountId != null"
        rows = self._client.query(f"SELECT {named} FROM {self.sobject} WHERE {where}")  # noqa: S608
        found: defaultdict[Any, list[Row]] = defaultdict(list)
        for row in {row["Id"]: row for row in rows}.values():
            found[row["AccountId"]].append(row)
        return found

    def _misfits(self, asked: Mapping[str, Told], wanted: Wanted) -> Iterator[Finding]:
        for name, told in asked.items():
            yield from misfits(name, told.holds, wanted.kinds[name])


def visible(client: Client, sobject: str, plural: str, needed: Sequence[str]) -> Mapping[str, Described]:
    """The object's fields, as far as the user sees them. NoAccess where it sees too little of the object."""
    try:
        known = client.fields(sobject)
    except Refused as hidden:
        remedy = f"give its profile Read on {sobject}"
        raise NoAccess(f"{SYSTEM}: {plural} are hidden from the integration user; {remedy}") from hidden
    if closed := [name for name in needed if name not in known]:
        remedy = f"Setup > Object Manager > {sobject} > Fields: give Read in field-level security"
        raise NoAccess(f"{SYSTEM}: {', '.join(closed)} of {sobject} is hidden from the integration user; {remedy}")
    return known


def values_of(field: Described | None) -> list[str]:
    """The values that a picklist offers; none of a field that is hidden."""
    offered = (field or {}).get("picklistValues") or ()
    return [str(one["value"]) for one in offered]
