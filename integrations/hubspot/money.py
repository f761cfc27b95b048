"""Values of HubSpot in the units that triggers ask in: shares, and money in the one currency of policy.yaml.

A money property is kept in the account's currency, or in the one that another property names (`currencyPropertyName`:
properties API, 2026-03). Rates are told to keys with a scope of their own, which is not asked for: an amount in another
currency is given with it, which can be read as no amount. So it is unknown, and everybody who asks sees why.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from expansion.contract import Wanted
from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.values import Described, holds
from integrations.kit.declare import Finding
from integrations.kit.units import as_share

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

log = logging.getLogger(__name__)


class Purse:
    """Reads values; remembers which amounts are in another currency."""

    def __init__(self, client: Client, wanted: Wanted) -> None:
        self._client, self._wanted = client, wanted
        self._left: Counter[tuple[str, str]] = Counter()  # (property, currency) -> companies

    def codes(self, described: Iterable[Described]) -> list[str]:
        """The properties that name the currency of others."""
        return [str(name) for one in described if (name := one.get("currencyPropertyName"))]

    def read(self, said: str, described: Described, row: Mapping[str, Any], value: Any) -> Any:
        """One value. A percentage holds 0.12 for 12 %."""
        if value in (None, ""):
            return value
        held = holds(described)
        if held == "percent" and self._wanted.is_taken_for(said, "percent", "money", "date", "yes_no", "list"):
            return as_share(value, 100)
        if held == "currency" and self._wanted.is_taken_for(said, "money") and self._wanted.currency is not None:
            code = self._code(described, row)
            if code is not None and code != self._wanted.currency:
                self._left[said, code] += 1
                return f"{value} {code}"
        return value

    def findings(self, names: Mapping[str, str]) -> Iterator[Finding]:
        known, currency = self._client.properties("companies"), self._wanted.currency
        money = [s for s, n in names.items() if holds(known[n]) == "currency" and self._wanted.is_taken_for(s, "money")]
        home = self._client.home_currency() if money else None
        if currency is None or not money or home in (None, currency):
            return
        what = f"the account's currency is {home}, and policy.yaml counts in {currency}"
        remedy = f"{', '.join(f'`{name}`' for name in money)} can be read as no amount; write `currency: {home}`"
        yield Finding(what, False, f"{remedy}, or name a property in {currency}")

    def say(self) -> None:
        for (said, code), count in sorted(self._left.items()):
            companies = "1 company" if count == 1 else f"{count} companies"
            log.warning(
                "%s: `%s` of %s is in %s, and no rate to %s is known: it is not known there",
                *(SYSTEM, said, companies, code, self._wanted.currency),
            )

    def _code(self, described: Described, row: Mapping[str, Any]) -> str | None:
        """The currency of an amount; None where nobody tells."""
        names, properties = described.get("currencyPropertyName"), row.get("properties")
        told = properties.get(names) if names and isinstance(properties, Mapping) else None
        return str(told) if told else self._client.home_currency()
