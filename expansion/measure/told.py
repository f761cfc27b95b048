"""A score in words: what each figure is, and what it rests on. No figure stands that nothing holds up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import isinf

from expansion.measure.intervals import FEWEST, Arm, Interval, koopman, wilson
from expansion.measure.scores import Score
from expansion.text.many import many
from expansion.text.money import money_text

NONE = "–"
_LONG = 120  # minutes, from which on hours say enough


@dataclass(frozen=True)
class Said:
    """A figure, what it is called, and what it rests on."""

    what: str
    figure: str
    rests_on: str


def told(score: Score, currency: str, minutes: int | None = None) -> list[Said]:
    """The figures of one trigger, in the order in which one reads them. `minutes`: of a seller, a conversation."""
    return [*_fired(score), *_right(score), *_money(score, currency), *_cost(score, minutes)]


def _fired(score: Score) -> Iterator[Said]:
    fired = len(score.firings)
    first = f"; {score.true_at_first:,} more were at it on the first day already" if score.true_at_first else ""
    yield Said("fired", f"{fired:,}", f"on {many(score.accounts, 'account')}{first}")
    if alone := sum(score.left_alone.values()):
        most = sorted(score.left_alone.items(), key=lambda one: (-one[1], one[0]))[:3]
        yield Said("left alone", f"{alone:,}", "; ".join(f"{count} × {why}" for why, count in most))
    if score.untold:
        many_days = f"of {many(score.days, 'day')} for some accounts, which fire nothing then: `explain` says why"
        yield Said("cannot tell", f"{score.untold:,}", many_days)
    if score.held_back:
        yield Said("held back", f"{score.held_back:,}", "a flood brake would have held them for a person")
    if score.bought_before:
        yield Said("bought before", f"{score.bought_before:,}", f"within {score.window}: no candidates for as long")


def _right(score: Score) -> Iterator[Said]:
    window, settled, hits = score.window, len(score.settled), len(score.hits)
    goes_on = f"; of {score.open:,} they go on" if score.open else ""
    yield Said("settled", f"{settled:,}", f"those whose {window} are over{goes_on}")
    if not settled:
        yield Said("precision", NONE, "no window is over yet; a longer history says more")
    else:
        precision = Arm(settled, hits)
        sure = _between(wilson(precision), percent)
        yield Said("precision", percent(hits / settled), f"{hits:,} of {settled:,} bought within {window}; {sure}")
        yield Said("by lot", *_by_lot(score))
        yield Said("lift", *_lift(score, precision))
    yield Said("recall", *_recall(score))
    if leads := score.leads:
        half = f"; half of them {_days(leads.quarters[0])} to {_days(leads.quarters[1])}" if leads.quarters else ""
        yield Said(
            "lead time", f"{_days(leads.median)} days", f"from the firing to the expansion, the middle one{half}"
        )


def _by_lot(score: Score) -> tuple[str, str]:
    base = score.base
    if not base.asked:
        return NONE, "no account was there that could be asked"
    return percent(base.came / base.asked), f"{base.came:,} of {base.asked:,} accounts it may ask bought within as long"


def _lift(score: Score, precision: Arm) -> tuple[str, str]:
    """How many times likelier than by lot. Both sides want a handful of expansions, or it is a guess."""
    base = Arm(score.base.asked, score.base.came)
    if base.converted < FEWEST:
        return NONE, f"too few to say: {many(base.converted, 'account')} of those drawn by lot bought"
    assert precision.rate is not None and base.rate is not None, "both have counted"
    return f"{precision.rate / base.rate:.1f}×", _between(koopman(precision, base), lambda one: f"{one:.1f}")


def _recall(score: Score) -> tuple[str, str]:
    if not score.expansions:
        return NONE, f"no expansion came later than {score.window} after the first day"
    share = percent(score.announced / score.expansions)
    return (
        share,
        f"{score.announced:,} of {many(score.expansions, 'expansion')} had a firing in the {score.window} before",
    )


def _money(score: Score, currency: str) -> Iterator[Said]:
    known = [one.expected for one in score.firings if one.expected is not None]
    if known:
        lacking = len(score.firings) - len(known)
        unknown = f"; of {lacking:,} it is not known" if lacking else ""
        total = money_text(sum(known, Decimal()), currency)
        yield Said("expected", total, f"a year, worth × likely by policy.yaml{unknown}")
    amounts = [one.amount for one in score.came if one.amount is not None]
    if amounts:
        total = money_text(sum(amounts, Decimal()), currency)
        yield Said("came", total, f"a year, of {many(len(amounts), 'expansion')} after a firing")


def _cost(score: Score, minutes: int | None) -> Iterator[Said]:
    """What was for nothing, in time of sellers where policy.yaml says how much a conversation takes."""
    if not score.settled:
        return
    time = f"; {_time(score.false_alarms * minutes)} of sellers, by policy.yaml" if minutes else ""
    yield Said("false alarms", f"{score.false_alarms:,}", f"settled, and nothing came{time}")


def _time(minutes: int) -> str:
    """`30 minutes`, `12 hours`."""
    return many(minutes, "minute") if minutes < _LONG else many(round(minutes / 60), "hour")


def percent(share: float) -> str:
    """`34%`, with a digit more where it is small."""
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def _between(interval: Interval, shown: Callable[[float], str]) -> str:
    high = "more than can be told" if isinf(interval.high) else shown(interval.high)
    return f"95% sure: {shown(interval.low)} to {high}"


def _days(days: float) -> str:
    return f"{days:.0f}" if days >= 1 else f"{days:.1f}"
