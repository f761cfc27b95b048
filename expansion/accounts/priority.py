"""What a firing is worth, and so which comes first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from expansion.evaluate.results import NOT_GIVEN, Evaluator, FactValue
from expansion.language.model.models import Tier, Worth
from expansion.language.model.values import Percent, format_number
from expansion.text.money import money_text, to_cents


@dataclass(frozen=True)
class Priority:
    """Expected expansion ARR, and every part of it as people read it."""

    worth: Decimal | None  # None: a fact behind it is not known
    likely: Decimal
    expected: Decimal | None
    parts: tuple[tuple[str, str], ...]

    def texts(self, currency: str) -> dict[str, str]:
        """What a template may name. Points are the expected amount, without its currency and cents."""
        points = "unknown" if self.expected is None else format_number(round(self.expected))
        return {
            "worth": money_text(self.worth, currency),
            "likely": str(Percent(Fraction(self.likely))),
            "expected": money_text(self.expected, currency),
            "priority": points,
        }


@dataclass(frozen=True)
class _Amount:
    exact: Fraction | None
    how: str


def priorities(tier: Tier, accounts: Iterable[str], currency: str, evaluator: Evaluator) -> dict[str, Priority]:
    """The priority of each account for this tier."""
    wanted = list(accounts)
    of = tier.worth.of
    facts: Mapping[str, FactValue] = evaluator.fact(of, wanted) if of and wanted else {}
    return {account: priority(tier, facts.get(account, NOT_GIVEN), currency) for account in wanted}


def priority(tier: Tier, fact: FactValue, currency: str) -> Priority:
    """Worth times likely, rounded to cents once. `fact` is the one that the worth is a share of."""
    amount = _worth(tier.worth, fact, currency)
    chance = tier.likely.value
    worth = None if amount.exact is None else to_cents(amount.exact)
    expected = None if amount.exact is None else to_cents(amount.exact * chance)
    parts = (
        ("Worth a year", f"{money_text(worth, currency)}{amount.how}"),
        ("Likely to say yes", f"{tier.likely} (an estimate for {tier.title}, not measured yet)"),
        ("Expected a year", money_text(expected, currency)),
    )
    return Priority(worth, _decimal(chance), expected, parts)


def sort_key(expected: Decimal | None, people: int, account_id: str, trigger: str) -> tuple[object, ...]:
    """Most expected money first; unknown last; then more people involved; then the ids, so that the order is fixed."""
    return (expected is None, -(expected or 0), -people, account_id, trigger)


def _worth(worth: Worth, fact: FactValue, currency: str) -> _Amount:
    floor = _number(worth.at_least)
    if worth.flat is not None:
        return _at_least(floor, _Amount(_number(worth.flat), ", a flat price"))
    of, share = worth.of, worth.share
    assert of is not None and share is not None
    value = _number(fact.value)
    if value is None:
        return _without_fact(floor, of, fact.why_unknown)
    known = money_text(to_cents(value), currency)
    return _at_least(floor, _Amount(value * share.value, f", {share} of {of} ({known})"))


def _without_fact(floor: Fraction | None, of: str, cause: str) -> _Amount:
    if floor is None:
        return _Amount(None, f": {of} is not known, {cause}")
    return _Amount(floor, f", the least that policy.yaml assumes: {of} is not known, {cause}")


def _at_least(floor: Fraction | None, amount: _Amount) -> _Amount:
    if floor is None or (amount.exact is not None and amount.exact >= floor):
        return amount
    return _Amount(floor, f", the least that policy.yaml assumes{amount.how.replace(', ', '; ', 1)} would be less")


def _number(value: object) -> Fraction | None:
    """An exact number; None for anything else, such as a text that the check would have refused."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        return None
    return Fraction(value)


def _decimal(share: Fraction) -> Decimal:
    """A percentage was written with a finite number of digits, so this loses nothing."""
    return Decimal(share.numerator) / Decimal(share.denominator)
