"""Deals that were won in HubSpot: what an account came to buy more of, or less, by the deal's own type.

A deal counts at its close date, which HubSpot sets when the deal comes into a closed stage and people may change; since
then it is taken to be known. It is of its primary company, or of the only one that it stands on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from expansion.contract import NoAccess, Outcome, Refused
from expansion.text.many import many
from expansion.usage.forms.cells import as_id
from integrations.hubspot import search
from integrations.hubspot.amounts import ASKED, Amounts
from integrations.hubspot.associations import companies_of
from integrations.hubspot.companies import key_property, matched, property_of
from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.on_companies import STAGE, Record
from integrations.hubspot.pipelines import Stage, stages
from integrations.kit.batches import chunks
from integrations.kit.declare import SourceBase
from integrations.kit.said import moment
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

log = logging.getLogger(__name__)
_TYPE, _CLOSED = "dealtype", "closedate"


@dataclass(frozen=True)
class _Deal:
    record: Record
    account: str


@reads("HubSpot")
class WonDealSource(SourceBase):
    """By what the deal's stage means. `called` is the internal value of its type; a negative amount is a contraction.
    Of what has changed since: a deal that was opened again or lost is told as gone."""

    name = "hubspot.won_deals"
    title = "Won deals in HubSpot, called by their type"
    gives = frozenset({"outcomes"})

    def __init__(self, client: Client, key: str) -> None:
        self._client, self._key = client, key

    def outcomes(self, since: datetime | None, currency: str) -> Iterator[Outcome]:
        """Nothing is given before all is read. Where HubSpot does not tell the account's currency just now, amounts
        that say none would be taken for ours."""
        with suppress(NoAccess, Refused):  # a key that may not ask for it: they are
            self._client.details()
        known = stages(self._client, "deals")
        found = self._read(known, since)
        amounts = Amounts(self._client, currency)
        placed = self._placed(found)
        self._say(len(found), len(placed), since)
        yield from [one for deal in placed if (one := self._outcome(deal, amounts, currency)) is not None]

    def _read(self, known: Mapping[str, Stage], since: datetime | None) -> dict[str, Record]:
        """Those in a stage that means won; or all that changed, by their ids."""
        stage, found = STAGE["deals"], {}
        for filters in _filters(stage, known, since):
            asked = [stage, "createdate", _TYPE, _CLOSED, *ASKED]
            for rows in search.pages(self._client, "deals", filters, asked):
                for row in rows:
                    if (at := known.get(str(row["properties"].get(stage)))) is not None:
                        found[str(row["id"])] = Record(str(row["id"]), at, row["properties"])
        return found

    def _placed(self, found: Mapping[str, Record]) -> list[_Deal]:
        """Those of one account."""
        key = key_property(self._key, self._client.properties("companies"))
        rows = matched(self._client, key, [key]).once.values()
        accounts = {str(row["id"]): as_id(property_of(row, key)) for row in rows}
        on = companies_of(self._client, "deals", list(found)) if found else {}
        whose = {one: {accounts[company] for company in on.get(one, ()) if company in accounts} for one in found}
        return [_Deal(found[one], *of) for one, of in whose.items() if len(of) == 1]

    def _outcome(self, deal: _Deal, amounts: Amounts, currency: str) -> Outcome | None:
        """None of one that says no close date: nobody knows when it was."""
        closed = moment(deal.record.properties.get(_CLOSED))
        if closed is None:
            return None
        code, amount = amounts.one(deal.record)
        return Outcome(
            self.name,
            deal.account,
            "contraction" if amount is not None and amount < 0 else "expansion",
            closed,
            deal.record.id,
            called=deal.record.properties.get(_TYPE) or None,
            amount=None if amount is None else abs(Decimal(amount)),
            currency=None if amount is None else code or currency,
            known_at=closed,
            is_gone=deal.record.stage.meaning != "won",
        )

    def _say(self, found: int, placed: int, since: datetime | None) -> None:
        if since is None and not placed:
            log.warning("%s: not one deal was won by a company with a product account id", SYSTEM)
        elif found > placed:
            left = many(found - placed, "deal")
            log.warning("%s: %s left out, of no company with a product account id, or of several", SYSTEM, left)


def _filters(stage: str, known: Mapping[str, Stage], since: datetime | None) -> Iterator[Sequence[Mapping[str, Any]]]:
    if since is not None:
        at = str(int(since.timestamp() * 1000))
        yield [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": at}]
        return
    for some in chunks([one.id for one in known.values() if one.meaning == "won"], search.VALUES):
        yield [{"propertyName": stage, "operator": "IN", "values": list(some)}]
