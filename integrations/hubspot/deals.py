"""Deals of a company: how many are open, what they are worth, and what was won and lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from expansion.contract import Wanted
from integrations.hubspot.amounts import ASKED, Amounts
from integrations.hubspot.companies import Owners, day_of
from integrations.hubspot.on_companies import OnCompanies, Read, Records, in_pipelines
from integrations.hubspot.pipelines import Meaning, Stage
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

# What is closed is read only where it is asked for: there is more of it each year.
_OF_CLOSED: Mapping[str, tuple[Meaning, ...]] = {
    "won_deals": ("won",),
    "last_won": ("won",),
    "lost_deals": ("lost",),
    "last_lost": ("lost",),
    "last_closed": ("won", "lost"),
}
_OWNER = "open_deal_owner_email"
_MOMENT = {"type": "datetime"}  # what `closedate` is, though people choose a day


@reads("HubSpot")
class DealSource(OnCompanies):
    """A deal counts for its primary company; where none is marked, for every one that it stands on."""

    name = "hubspot.deals"
    title = (
        "Deals of a company in HubSpot: `open_deals`, `open_deals_in_PIPELINE`, `open_amount`, `newest_open_deal`, "
        "`next_close`, of the newest open one `open_deal_stage`, `open_deal_type`, `open_deal_owner_email`; "
        "`won_deals`, `last_won`, `lost_deals`, `last_lost`, `last_closed`"
    )
    kind = "deals"
    asks = ("closedate", "dealtype", "hubspot_owner_id", *ASKED)

    def __init__(self, client: Client, key: str, owners: Owners) -> None:
        super().__init__(client, key)
        self._owners = owners
        self._amounts: Amounts | None = None

    def fields(self, known: Collection[Stage], wanted: Wanted) -> Mapping[str, Read]:
        self._amounts = Amounts(self._client, wanted.currency)
        emails = self._owners.emails() if _OWNER in wanted.fields else {}
        amounts = self._amounts.of
        return {
            "open_deals": lambda deals: len(among(deals, "open")),
            "open_amount": lambda deals: amounts(among(deals, "open")),
            "newest_open_deal": lambda deals: _newest(deals, "createdate"),
            "next_close": lambda deals: min(_closes(deals, "open"), default=None),
            "open_deal_stage": lambda deals: next((one.stage.label for one in among(deals, "open")), None),
            "open_deal_type": lambda deals: _newest(deals, "dealtype"),
            _OWNER: lambda deals: emails.get(str(_newest(deals, "hubspot_owner_id"))),
            "won_deals": lambda deals: len(among(deals, "won")),
            "last_won": lambda deals: max(_closes(deals, "won"), default=None),
            "lost_deals": lambda deals: len(among(deals, "lost")),
            "last_lost": lambda deals: max(_closes(deals, "lost"), default=None),
            "last_closed": lambda deals: max([*_closes(deals, "won"), *_closes(deals, "lost")], default=None),
            **in_pipelines("open_deals", known),
        }

    def meanings(self, fields: Collection[str]) -> frozenset[Meaning]:
        return frozenset(meaning for field in fields for meaning in _OF_CLOSED.get(field, ("open",)))

    def said(self) -> None:
        if self._amounts:
            self._amounts.say()


def among(deals: Records, meaning: Meaning) -> Records:
    return [one for one in deals if one.stage.meaning == meaning]


def _newest(deals: Records, name: str) -> Any:
    """Of the open one that was made last; None where none is open."""
    return next((one.properties.get(name) for one in among(deals, "open")), None)


def _closes(deals: Records, meaning: Meaning) -> list[str]:
    return [str(day_of(_MOMENT, day)) for one in among(deals, meaning) if (day := one.properties.get("closedate"))]
