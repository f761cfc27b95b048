"""The expansion forecast: what comes at the pace of the last weeks, and what the open conversations promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from expansion.calendar.spans import add_span, day_text, local_date
from expansion.measure.forecast import LEVEL, Forecast, Stretch, days_needed, months_ahead, per_day, run_rate
from expansion.measure.pipeline import Chance, Pipeline, Sale, Talk
from expansion.records.ledger import FiringFilter
from expansion.records.outcomes import OutcomeRecord
from expansion.text.for_people import ForPeople
from jobs.days import reaches_to
from jobs.lift import must_know
from jobs.outcomes import collect
from jobs.place import Place

SILENT = timedelta(days=8)  # a week, and a day for what comes late
FEWEST_OF_A_TIER = 10  # expansions, before a tier has a run rate of its own


class OutOfDate(ForPeople):
    """What is stored ends long before the moment that is forecast from: silence is no pace."""


@dataclass(frozen=True)
class Line:
    """One month of one tier; of all of them, where `tier` is None.

    `number` and `money` are what is still to come in it; None where the past says nothing. `soon`: the first day on
    which they will have an interval, where they have none yet.
    """

    month: date
    tier: str | None
    so_far: int
    so_far_money: float
    number: Forecast | None
    money: Forecast | None
    soon: date | None = None


@dataclass(frozen=True)
class Forecasts:
    """Two views of the same months; they are never added up: an open conversation is a part of what comes."""

    as_of: datetime
    currency: str
    run_rate: tuple[Line, ...]
    pipeline: tuple[Line, ...]
    open: int  # accounts with an open conversation
    open_worth: float
    chances: tuple[tuple[str, Chance], ...]  # of each tier that has an open conversation
    first: date  # the day of the first expansion that is known
    counted: int
    without_amount: int


def forecast(place: Place, at: datetime, months: int = 3) -> Forecasts:
    """Forecast the rest of this month and the months after it; NoOutcomes where there is nothing to forecast from.
    Nothing is written."""
    outcomes = [one for one in collect(place, at) if one.kind == "expansion"]
    must_know(outcomes)
    _must_reach(place, at, outcomes)
    zone = place.zone
    today = local_date(at, zone)
    ahead = months_ahead(today, months)
    dated = [(local_date(one.at, zone), one) for one in outcomes]
    pipeline = Pipeline(_talks(place, at), [_sale(one) for one in outcomes])
    whole = Stretch(0, 1)
    going = pipeline.expected(at, whole)
    chances = pipeline.chances(at)
    tiers = sorted({one.talk.tier for one in going})
    return Forecasts(
        as_of=at,
        currency=place.definitions.workspace.policy.currency,
        run_rate=tuple(line for month in ahead for line in _run_rates(dated, today, *month)),
        pipeline=tuple(line for month in ahead for line in _promised(pipeline, at, today, *month)) if going else (),
        open=len(going),
        open_worth=sum(one.talk.worth or 0.0 for one in going),
        chances=tuple((tier, chances[tier]) for tier in tiers),
        first=min(day for day, _ in dated),
        counted=len(outcomes),
        without_amount=sum(one.amount is None for one in outcomes),
    )


def _must_reach(place: Place, at: datetime, outcomes: Iterable[OutcomeRecord]) -> None:
    """OutOfDate where the last weeks are missing: they would count as weeks in which nobody bought."""
    known = reaches_to(place, place.definitions, at)
    if known is None:
        return  # nothing says how far outcomes that were told reach
    until = max([known, *(one.at for one in outcomes)])
    if until < at - SILENT:
        day = local_date(until, place.zone)
        raise OutOfDate(
            f"what is stored ends on {day_text(day)}, and the weeks since would count as weeks in which nobody bought"
            f"\n\nhint: `expansion pull` brings in what is new; `--as-of {day}` forecasts from where it ends"
        )


_Dated = Sequence[tuple[date, OutcomeRecord]]


def _run_rates(dated: _Dated, today: date, month: date, ahead: Stretch) -> Iterable[Line]:
    """All together, then each tier that has sold often enough."""
    yield _run_rate(dated, today, month, ahead, None)
    named = [one.tier for _, one in dated if one.tier]
    for tier in sorted(set(named)):
        if named.count(tier) >= FEWEST_OF_A_TIER:
            yield _run_rate([each for each in dated if each[1].tier == tier], today, month, ahead, tier)


def _run_rate(dated: _Dated, today: date, month: date, ahead: Stretch, tier: str | None) -> Line:
    first = min(day for day, _ in dated)
    once = _once_a_month(dated)
    paid = [(day, float(one.amount)) for day, one in dated if one.amount is not None]
    number = run_rate(per_day([(day, 1.0) for day in once], today, first), ahead)
    unit = sum(much for _, much in paid) / len(paid) if paid else 1.0
    money = run_rate(per_day(paid, today, first), ahead, unit) if paid else None
    soon = first + timedelta(days=days_needed(ahead)) if number is None or number.interval is None else None
    so_far = sum(month <= day < today for day in once)
    return Line(month, tier, so_far, sum(much for day, much in paid if month <= day < today), number, money, soon)


def _once_a_month(dated: _Dated) -> list[date]:
    """The days of expansions, an account counting once a month however many of its deals are told."""
    first: dict[tuple[str, int, int], date] = {}
    for day, one in sorted(dated, key=lambda each: each[0]):
        first.setdefault((one.account_id, day.year, day.month), day)
    return sorted(first.values())


def _promised(pipeline: Pipeline, at: datetime, today: date, month: date, ahead: Stretch) -> Iterable[Line]:
    """What the conversations that are open promise."""
    began = min(one.at for one in pipeline.talks)
    for tier, (number, money) in pipeline.forecasts(at, ahead).items():
        soon = began.date() + timedelta(days=days_needed(ahead) - LEVEL) if number.interval is None else None
        yield Line(month, tier, 0, 0.0, number, money, soon)


def _talks(place: Place, at: datetime) -> list[Talk]:
    """The conversations that playbooks began, each once; of a tier that policy.yaml still has."""
    policy, ids = place.definitions.workspace.policy, place.ids(at)
    fired = place.ledger.firings(FiringFilter(decisions=("acting",))) if place.has_ledger else []
    found = {
        Talk(
            account=ids.account(one.account_id),
            tier=one.tier,
            at=one.decided_at,
            until=add_span(one.decided_at, policy.tiers[one.tier].attribution, place.zone),
            worth=None if one.worth is None else float(one.worth),
            likely=float(policy.tiers[one.tier].likely.value),
        )
        for one in fired
        if one.tier in policy.tiers and one.decided_at <= at
    }
    return sorted(found, key=lambda one: (one.at, one.account, one.tier))


def _sale(one: OutcomeRecord) -> Sale:
    return Sale(one.account_id, one.tier, one.at, one.known_at, None if one.amount is None else float(one.amount))
