"""Money: exact until it is shown, then rounded to cents once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def to_cents(amount: Fraction) -> Decimal:
    """Round to cents, halves away from zero. Through integers: a Decimal division would round a first time."""
    whole, rest = divmod(abs(amount.numerator) * 100, amount.denominator)
    cents = whole + (2 * rest >= amount.denominator)
    return Decimal(f"{'-' if amount < 0 and cents else ''}{cents // 100}.{cents % 100:02d}")


def money_text(amount: Decimal | None, currency: str) -> str:
    """An amount for people: `$3,600`, `€12.50`, `900 CHF`; `unknown` where there is none."""
    if amount is None:
        return "unknown"
    digits = f"{abs(amount):,.2f}".removesuffix(".00")
    sign, minus = _SIGNS.get(currency), "-" if amount < 0 else ""
    return f"{minus}{sign}{digits}" if sign else f"{minus}{digits} {currency}"
