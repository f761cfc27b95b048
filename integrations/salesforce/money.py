"""Money of an org with several currencies, in the one currency that policy.yaml counts in.

Salesforce keeps an amount in its record's currency (CurrencyIsoCode), and the org's rates in CurrencyType: units of
that currency for one of the corporate one. Accounts are converted by these, also where dated rates exist: those are for
opportunities (Help, "About Advanced Currency Management"). Where no rate is known the amount is given with its
currency, which can be read as no amount: unknown, and everybody who asks sees why.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from expansion.contract import NoAccess, Refused
from integrations.salesforce.fields import Field
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

log = logging.getLogger(__name__)
_CENTS = Decimal("0.01")


class Money:
    """Converts amounts; remembers which it could not."""

    def __init__(self, client: Client, currency: str | None) -> None:
        self._client, self._currency = client, currency
        self._rates: Mapping[str, Decimal] | None = None
        self._left: Counter[tuple[str, str]] = Counter()  # (field, currency) -> accounts

    def is_foreign(self, code: Any) -> bool:
        return bool(code) and self._currency is not None and str(code) != self._currency

    def of(self, field: Field, value: Any, code: Any) -> Any:
        """The amount in the policy's currency, or with its own."""
        if value is None or not self.is_foreign(code):
            return value
        # Only a currency field is kept in the record's currency for certain; what a plain number counts, nobody says.
        rate = self.rate(str(code)) if field.type == "currency" else None
        try:
            if rate is not None:
                return str((Decimal(str(value)) * rate).quantize(_CENTS, ROUND_HALF_UP))
        except InvalidOperation:
            pass
        self._left[field.asked, str(code)] += 1
        return f"{value} {code}"

    def rate(self, code: str) -> Decimal | None:
        """What one unit of that currency is in the policy's; None where the org does not tell."""
        if self._rates is None:
            self._rates = self._read()
        mine, other = self._rates.get(str(self._currency)), self._rates.get(code)
        return mine / other if mine and other else None

    def _read(self) -> dict[str, Decimal]:
        try:
            rows = self._client.query("SELECT IsoCode, ConversionRate FROM CurrencyType")
        except (Refused, NoAccess):
            return {}
        told = ((str(row["IsoCode"]), row.get("ConversionRate")) for row in rows)
        return {code: Decimal(str(rate)) for code, rate in told if rate}

    def say(self) -> None:
        """What could not be converted, for the log of the pull."""
        for (field, code), count in sorted(self._left.items()):
            accounts = "1 account" if count == 1 else f"{count} accounts"
            log.warning(
                "%s: `%s` of %s is in %s, and the org tells no rate to %s: it is not known there",
                *(SYSTEM, field, accounts, code, self._currency),
            )
