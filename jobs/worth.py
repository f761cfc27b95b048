"""What firings are worth together: the one definition behind every headline, table and total.

An account counts once a run, with the firing that leads: an acted-on one before the others, then the most valuable. So
the amounts that a table shows add up to what its headline says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from expansion.records.firing import Decision
from expansion.text.money import money_text


class Decided(Protocol):
    """A firing with what was decided about it, written down already or not."""

    @property
    def trigger(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def decision(self) -> Decision: ...
    @property
    def worth(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...


F = TypeVar("F", bound=Decided)

ACTED_ON = "acted on"
# What became of a firing, in the order in which a headline says it.
GROUPS: dict[str, tuple[Decision, ...]] = {
    ACTED_ON: ("acting",),
    "left alone or held out": ("suppressed", "held_out"),
    "waiting for a person": ("flood", "approval"),
    "kept for later": ("carried", "paused"),
    "only watched": ("watching", "quiet"),
    "no playbook fits": ("no_playbook",),
    "declined": ("declined",),
}
_GROUP = {decision: group for group, decisions in GROUPS.items() for decision in decisions}
ELSEWHERE = "–"  # in a column of amounts: counted with another firing of the same account
NOTE = f" ({ELSEWHERE}: counted with another firing of the account)"


@dataclass(frozen=True)
class Total:
    """So many firings met with one end, and what they are worth a year, by currency."""

    group: str
    firings: int
    worth: tuple[tuple[str, Decimal], ...]
    unknown: int = 0  # accounts that count here and whose worth is not known

    def money(self) -> str:
        """`$46,400`, `$46,400 and €900`, `$46,400 and 1 of unknown worth`."""
        unknown = [f"{self.unknown:,} of unknown worth"] if self.unknown else []
        return " and ".join([*(money_text(amount, currency) for currency, amount in self.worth), *unknown])

    def amount(self) -> str:
        """The money; where all of these count with another firing of their accounts, how many they are."""
        return self.money() or f"{self.firings:,}, counted with another of the same account"


def group_of(firing: Decided) -> str:
    """What became of it, in the words of a headline."""
    return _GROUP[firing.decision]


def counting(firings: Iterable[F]) -> list[tuple[F, bool]]:
    """Each firing, and whether its account counts with it."""
    every = list(firings)
    leading: dict[object, int] = {}
    for place, firing in enumerate(every):
        best = leading.setdefault(_work(firing), place)
        if _rank(firing) < _rank(every[best]):
            leading[_work(firing)] = place
    counted = set(leading.values())
    return [(firing, place in counted) for place, firing in enumerate(every)]


def totals(counted: Sequence[tuple[F, bool]], *, only: Callable[[F], bool] = lambda _: True) -> list[Total]:
    """What became of these, and what each end is worth; ends that nothing met are left out."""
    chosen = [(firing, counts) for firing, counts in counted if only(firing)]
    return [found for group in GROUPS if (found := _total(group, chosen)).firings]


def headline(found: Sequence[Total], what: str, done: str = ACTED_ON) -> str:
    """`38 of 40 new firings acted on, worth $123,440 a year; left alone or held out: $46,400`.

    `what`: `new firing`, or what does not change with the number, such as `firings of earlier runs`.
    `done`: what became of those that are acted on; they are still to come in a dry run.
    """
    every = sum(each.firings for each in found)
    acted = next((each for each in found if each.group == ACTED_ON), Total(ACTED_ON, 0, ()))
    known = " and ".join(money_text(amount, currency) for currency, amount in acted.worth)
    worth = f", worth {known} a year" if known else ""
    worth += f", {acted.unknown:,} of unknown worth" if acted.unknown else ""
    said = f"{acted.firings:,} of {every:,} {what}{'s' if every != 1 and what.endswith('firing') else ''} {done}{worth}"
    return "; ".join([said, *(f"{each.group}: {each.amount()}" for each in found if each is not acted)])


def shown(firing: Decided, counts: bool) -> str:
    """The cell of a column of amounts."""
    return money_text(firing.worth, firing.currency or "") if counts else ELSEWHERE


def _total(group: str, chosen: Sequence[tuple[F, bool]]) -> Total:
    mine = [(firing, counts) for firing, counts in chosen if group_of(firing) == group]
    worth: dict[str, Decimal] = {}
    for firing, counts in mine:
        if counts and firing.worth is not None:
            worth[firing.currency or ""] = worth.get(firing.currency or "", Decimal(0)) + firing.worth
    unknown = sum(counts and firing.worth is None for firing, counts in mine)
    return Total(group, len(mine), tuple(sorted(worth.items())), unknown)


def _work(firing: Decided) -> object:
    """What is about one account and decided in one run is one piece of work."""
    return firing.account_id, getattr(firing, "decided_in", None)


def _rank(firing: Decided) -> tuple[bool, bool, Decimal, str, str]:
    """Acted on before the rest, then the most valuable; names decide between equals, so that all lists agree."""
    amount = -(firing.worth or Decimal(0))
    return firing.decision != "acting", firing.worth is None, amount, firing.trigger, firing.user_id
