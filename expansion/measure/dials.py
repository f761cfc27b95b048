"""The numbers of a trigger that can be turned: a threshold, how many people, for how many days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from expansion.language.model.conditions import GROUPS, Condition
from expansion.language.model.models import Trigger
from expansion.language.model.values import Counted, Percent, Span
from expansion.language.yaml.source import Steps
from expansion.text.for_people import ForPeople

# Comparison words, and whether a larger number is harder to meet.
HARDER_ABOVE = {
    "at_least": True,
    "more_than": True,
    "at_most": False,
    "less_than": False,
    "grew_at_least": True,
    "fell_at_least": True,
    "by_at_least": True,
    "on_at_least": True,
    "for": True,
}
_WHOLE = ("by_at_least", "on_at_least", "for")  # people and days come whole


class NothingToTune(ForPeople):
    """A trigger without a number that can be turned, or without the one that was named."""


@dataclass(frozen=True)
class Dial:
    """One number of one condition, and where it stands in the trigger's file."""

    at: Steps  # ("when", 0, "at_least")
    condition: Condition
    word: str
    written: Any  # as it was read: a number, a percentage, `2 people`, `14 days`

    @property
    def name(self) -> str:
        """What people call it: `seat_usage at_least`, `Paywall Viewed by_at_least`."""
        what = self.condition.fact or " or ".join(self.condition.events)
        return f"{what} {self.word}"

    @property
    def value(self) -> Fraction:
        """Today's setting; of a percentage the share."""
        match self.written:
            case Percent():
                return self.written.value
            case Counted():
                return Fraction(self.written.count)
            case Span():
                return Fraction(self.written.days)
        return Fraction(self.written)

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return self.word in _WHOLE or (self.condition.subject == "event" and self.condition.aggregate[0] in _COUNTS)

    @property
    def least(self) -> Fraction | None:
        """What it has to stay above: an episode must not end as it begins."""
        below = self.condition.clears_below if self.word in ("at_least", "more_than") else None
        return None if below is None else (below.value if isinstance(below, Percent) else Fraction(below))

    def shown(self, value: Fraction) -> str:
        """A setting as it is written in YAML."""
        match self.written:
            case Percent():
                return str(Percent(value))
            case Counted(what=what):
                return str(Counted(int(value), what))
            case Span():
                return str(Span(int(value), "days"))
        return _plain(value)


_COUNTS = ("times", "people", "days", "distinct")


def dials(trigger: Trigger) -> list[Dial]:
    """Every number of a trigger's own conditions that can be turned, in the order of its file."""
    found: list[Dial] = []
    for section in ("when", "unless"):
        for condition, at in _conditions(getattr(trigger, section) or (), (section,)):
            found += _of(condition, at)
    return found


def dial_called(trigger: Trigger, name: str | None) -> Dial:
    """The one of this name; without a name the first, which is what a trigger is mostly about."""
    every = dials(trigger)
    if not every:
        raise NothingToTune(
            f"`{trigger.trigger}` has no number that can be turned: its conditions ask for a cohort, a sequence, a text"
            " or a date\n\nhint: a condition such as  at_least: 3  has one"
        )
    chosen = [one for one in every if name is None or name in (one.name, one.word)]
    if not chosen:
        raise NothingToTune(f"`{trigger.trigger}` has no `{name}`\n\nhint: it has {_listed(every)}")
    if name is not None and len(chosen) > 1:
        raise NothingToTune(f"`{trigger.trigger}` has `{name}` more than once\n\nhint: name one of {_listed(chosen)}")
    return chosen[0]


def _listed(every: Sequence[Dial]) -> str:
    return ", ".join(f"`{one.name}`" for one in every)


def _conditions(clauses: Sequence[Any], at: Steps) -> Iterator[tuple[Condition, Steps]]:
    for place, clause in enumerate(clauses):
        here = (*at, place)
        if isinstance(clause, Condition):
            yield clause, here
            continue
        word = next(word for word, model in GROUPS.items() if isinstance(clause, model))
        inside = getattr(clause, word)
        if word == "some_of":
            yield from _conditions(inside.of, (*here, word, "of"))
        else:
            yield from _conditions(inside, (*here, word))


def _of(condition: Condition, at: Steps) -> Iterator[Dial]:
    if condition.subject not in ("fact", "event") or condition.pattern or condition.aggregate[0] == "latest":
        return
    for word, value in condition.compared():
        if word in HARDER_ABOVE and _is_number(value):
            yield Dial((*at, word), condition, word, value)
    for word, counted in (("by_at_least", condition.by_at_least), ("on_at_least", condition.on_at_least)):
        if counted:
            yield Dial((*at, word), condition, word, counted)
    if condition.for_ and condition.for_.unit == "days" and condition.for_.days > 1:
        yield Dial((*at, "for"), condition, "for", condition.for_)


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal | Percent) and not isinstance(value, bool)


def _plain(value: Fraction) -> str:
    """A number without an exponent, with as many digits as it needs."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
