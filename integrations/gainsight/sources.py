"""What Gainsight knows of a company: its fields, and how many CTAs are open on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from expansion.contract import FactRecord, NotThere, Refused
from integrations.gainsight.client import Client, Record
from integrations.gainsight.meanings import SYSTEM
from integrations.gainsight.values import moment, plain, spelling, unknown
from integrations.kit.accounts import Matched, one_each
from integrations.kit.counted import counted_as
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads

OWNER_EMAIL = "owner_email"
_CSM = "Csm__gr.Email"
OPEN = "open"


class _Companies(SourceBase):
    """The companies that carry the product's account id."""

    gives = frozenset({"facts"})
    full = frozenset({"facts"})

    def __init__(self, client: Client) -> None:
        self._client, self._key = client, client.settings.account_key_field

    def _matched(self, fields: Sequence[str] = ()) -> Matched:
        """Nothing is yielded before all is read."""
        key = self._key_field()
        rows = list(self._client.companies(list(dict.fromkeys(["Gsid", key, "ModifiedDate", *fields]))))
        if not rows:
            raise Refused(
                f"{SYSTEM}, reading companies: there is not one; check GAINSIGHT_DOMAIN, and that the access key may "
                "read Company"
            )
        return one_each(SYSTEM, key, ((row.get(key), row) for row in rows), record="Gsid")

    def _key_field(self) -> str:
        known = self._client.fields("company")
        if (name := spelling(self._key, known)) is None:
            raise Refused(f"{unknown([self._key], known)} (GAINSIGHT_ACCOUNT_KEY_FIELD names it)")
        return name

    def _twice(self, found: Matched) -> Iterator[FactRecord]:
        yield from (FactRecord(self.name, account, {}, is_twice=True) for account in found.twice)


@reads("Gainsight")
class CompanySource(_Companies):
    """Fields of companies by their names or labels, of lookups as `Csm__gr.Email`, and `owner_email`: the CSM's."""

    name = "gainsight.company"
    title = "Health score and other fields of a company in Gainsight, also `owner_email`"

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        names = self._names(fields)
        found, known = self._matched(list(names.values())), self._client.fields("company")
        yield from self._twice(found)
        for account, row in found.once.items():
            values = {asked: plain(known.get(name, {}), row.get(name)) for asked, name in names.items()}
            at = moment(row.get("ModifiedDate"))
            yield FactRecord(self.name, account, values, remote_id=str(row["Gsid"]), at=at)

    def _names(self, fields: Sequence[str]) -> dict[str, str]:
        """Each name asked for, with Gainsight's own."""
        known = self._client.fields("company")
        found = {asked: _CSM if asked == OWNER_EMAIL else spelling(asked, known) for asked in fields}
        if missing := [asked for asked, name in found.items() if name is None]:
            raise NotThere(str(unknown(missing, known)), missing)
        return {asked: name for asked, name in found.items() if name is not None}


@reads("Gainsight")
class CtaSource(_Companies):
    """`open`: open CTAs of a company; `open_risk`, `open_opportunity`, …: those of one type. None is 0."""

    name = "gainsight.ctas"
    title = "Open CTAs of a company in Gainsight: `open`, and by type `open_risk`, `open_opportunity`, …"

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        self._must_have(fields)
        found = self._matched()
        counted = self._counted()
        yield from self._twice(found)
        for account, row in found.once.items():
            mine = counted.get(str(row["Gsid"]), Counter())
            values = {field: mine[field] for field in fields}
            yield FactRecord(self.name, account, values, remote_id=str(row["Gsid"]))

    def _must_have(self, fields: Sequence[str]) -> None:
        """A type that Gainsight does not have would be 0 for ever."""
        known = [OPEN, *(counted_as(OPEN, name) for name in self._client.words("CTA_TYPE"))]
        if missing := [field for field in fields if field not in known]:
            named = " and ".join(f"`{field}`" for field in missing)
            raise NotThere(f"{SYSTEM}: CTAs cannot be counted as {named}; there is {', '.join(known)}", missing)

    def _counted(self) -> Mapping[str, Counter[str]]:
        counted: dict[str, Counter[str]] = {}
        for cta in self._client.ctas(["Gsid", "CompanyId", "TypeId__gr.Name", "IsClosed"], ("IsClosed", "EQ", False)):
            if not cta.get("IsClosed"):
                counted.setdefault(str(cta.get("CompanyId")), Counter()).update(_counts_as(cta))
        return counted


def _counts_as(cta: Record) -> list[str]:
    kind: Any = cta.get("TypeId__gr.Name")
    return [OPEN, counted_as(OPEN, str(kind))] if kind else [OPEN]
