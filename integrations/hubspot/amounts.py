"""What open deals are worth together, in the one currency of policy.yaml.

HubSpot gives each deal's amount in the deal's own currency, and once more in the account's (`amount_in_home_currency`):
its rates are its own business. An amount in neither is given with its currency, which can be read as no amount.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.on_companies import Record, Records
from integrations.kit import values as values

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

log = logging.getLogger(__name__)

AMOUNT, AT_HOME, CURRENCY = "amount", "amount_in_home_currency", "deal_currency_code"
ASKED = (AMOUNT, AT_HOME, CURRENCY)


class Amounts:
    """Sums amounts; remembers for how many companies one is missing."""

    def __init__(self, client: Client, currency: str | None) -> None:
        self._client, self._currency = client, currency
        self._without = 0  # companies

    def of(self, deals: Records) -> Any:
        """0 where there are no deals; None where one of them has no amount: it is not worth nothing."""
        sums: dict[str, Decimal] = {}
        for deal in deals:
            code, amount = self.one(deal)
            if amount is None:
                self._without += 1
                return None
            sums[code] = sums.get(code, Decimal()) + amount
        ours = sums.pop("", Decimal())
        others = [f"{values.digits(amount)} {code}" for code, amount in sorted(sums.items())]
        if not others:
            return values.digits(ours)
        return " and ".join([*([values.digits(ours)] if ours else []), *others])

    def say(self) -> None:
        if self._without:
            companies = "1 company" if self._without == 1 else f"{self._without} companies"
            log.warning("%s: open deals of %s have no amount: `open_amount` is not known there", SYSTEM, companies)

    def one(self, deal: Record) -> tuple[str, Decimal | None]:
        """Its currency, empty where it is ours; and its amount."""
        told = deal.properties.get
        home = self._client.home_currency()
        code = str(told(CURRENCY) or home or "")
        amount = values.number(told(AMOUNT))
        if self._currency is None or code in ("", self._currency):
            return (code if self._currency is None and code != home else ""), amount
        if home == self._currency and amount is not None and told(AT_HOME):
            return "", values.number(told(AT_HOME))
        return code, amount
