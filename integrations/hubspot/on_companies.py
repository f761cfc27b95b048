"""Deals and tickets of a company, for what is counted of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from expansion.contract import FactRecord, NotThere, Wanted
from expansion.language.model.mistakes import did_you_mean
from integrations.hubspot import search
from integrations.hubspot.associations import companies_of
from integrations.hubspot.companies import key_property, matched
from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.pipelines import Meaning, Stage, as_field, stages
from integrations.kit.batches import chunks
from integrations.kit.declare import SourceBase
from integrations.kit.said import moment

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

STAGE = {"deals": "dealstage", "tickets": "hs_pipeline_stage"}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """A deal or a ticket."""

    id: str
    stage: Stage
    properties: Mapping[str, Any]

    @property
    def created(self) -> tuple[datetime, int]:
        """For sorting: two of the same second in the order of their numbers."""
        return moment(self.properties.get("createdate")) or _LONG_AGO, int(self.id)


Records = Sequence[Record]
Read = Callable[[Records], Any]  # the value of a field, of what stands on one company


class OnCompanies(SourceBase):
    """Facts of what stands on each company; on whom nothing stands has 0 of it. A subclass says which fields."""

    gives = frozenset({"facts"})
    full = frozenset({"facts"})
    kind: ClassVar[str]
    asks: ClassVar[tuple[str, ...]]  # properties of the records

    def __init__(self, client: Client, key: str) -> None:
        self._client, self._key = client, key

    def fields(self, known: Collection[Stage], wanted: Wanted) -> Mapping[str, Read]:
        """All that there are, and how each is read."""
        raise NotImplementedError

    def meanings(self, fields: Collection[str]) -> frozenset[Meaning]:
        """Of what stages records are read for these fields."""
        return frozenset({"open"})

    def said(self) -> None:
        """Logs what people should know of the values that were read."""

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        return self.wanted(Wanted(dict.fromkeys(fields, frozenset()), datetime.now(UTC)))

    def wanted(self, wanted: Wanted) -> Iterator[FactRecord]:
        """Nothing is yielded before all is read."""
        known = stages(self._client, self.kind)
        every = self.fields(known.values(), wanted)
        self._must_have(wanted.fields, every)
        key = key_property(self._key, self._client.properties("companies"))
        companies = matched(self._client, key, [key])
        standing = self._standing(known, self.meanings(wanted.fields))
        yield from (FactRecord(self.name, account, {}, is_twice=True) for account in companies.twice)
        for account, row in companies.once.items():
            mine = standing.get(str(row["id"]), [])
            values = {field: every[field](mine) for field in wanted.fields}
            yield FactRecord(self.name, account, values, remote_id=str(row["id"]))
        self.said()

    def _must_have(self, fields: Sequence[str], every: Collection[str]) -> None:
        """A field that is not there would be 0 for ever."""
        if missing := [field for field in fields if field not in every]:
            near = did_you_mean(missing[0], every)
            hint = f"did you mean `{near}`?" if near else f"there is {', '.join(sorted(every)[:12])}"
            named = " and ".join(f"`{field}`" for field in missing)
            raise NotThere(f"{SYSTEM}: of {self.kind} there is no {named}; {hint}", missing)

    def _standing(self, known: Mapping[str, Stage], meanings: Collection[Meaning]) -> Mapping[str, list[Record]]:
        """By the id of the company, the newest first."""
        found = self._read(known, [one.id for one in known.values() if one.meaning in meanings])
        standing: dict[str, list[Record]] = {}
        for record, companies in companies_of(self._client, self.kind, list(found)).items():
            for company in companies:
                standing.setdefault(company, []).append(found[record])
        return {company: sorted(some, key=lambda one: one.created, reverse=True) for company, some in standing.items()}

    def _read(self, known: Mapping[str, Stage], wanted: Sequence[str]) -> dict[str, Record]:
        """The records in these stages, by their ids: one that moves on meanwhile may come twice."""
        found: dict[str, Record] = {}
        name = STAGE[self.kind]
        for some in chunks(wanted, search.VALUES):
            among = {"propertyName": name, "operator": "IN", "values": list(some)}
            for rows in search.pages(self._client, self.kind, [among], [name, "createdate", *self.asks]):
                for row in rows:
                    stage = known.get(str(row["properties"].get(name)))
                    if stage is not None:
                        found[str(row["id"])] = Record(str(row["id"]), stage, row["properties"])
        return found


def in_pipelines(prefix: str, known: Collection[Stage]) -> dict[str, Read]:
    """A field for each pipeline: how many stand in it."""
    return {f"{prefix}_in_{as_field(label)}": _counts(label) for label in {one.pipeline_label for one in known}}


def _counts(pipeline: str) -> Read:
    return lambda records: sum(one.stage.meaning == "open" and one.stage.pipeline_label == pipeline for one in records)
