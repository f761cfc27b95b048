"""The report of a stretch of time: every section, filled with what is known of it today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from expansion.calendar.hours import Calendar
from expansion.evaluate.results import Answers
from expansion.text.for_people import ForPeople
from jobs.backtest import backtest, stretch, triggers_of
from jobs.decide import Evaluated, evaluate, triggers_to_check
from jobs.outcomes import collect
from jobs.place import Place
from jobs.rank import rank
from jobs.reporting import backtested, calibrated
from jobs.reporting.backtested import backtest_section
from jobs.reporting.calibrated import calibration_section
from jobs.reporting.came import became, came_section
from jobs.reporting.content import Report, Section
from jobs.reporting.funnel import funnel_section
from jobs.reporting.headline import headline_section
from jobs.reporting.known import Asked, Became, Known, read_known
from jobs.reporting.load import load_section
from jobs.reporting.said import said_section
from jobs.reporting.touch import touch_section

USUAL = timedelta(days=91)  # 13 whole weeks


class NoTime(ForPeople):
    """A report that would begin after its end."""


@dataclass(frozen=True)
class Wanted:
    """Of which time, and whether also what takes longer: triggers played over history, chances learned and judged."""

    since: datetime
    until: datetime
    history: bool = False


def wanted(since: datetime | None, until: datetime, *, history: bool = False) -> Wanted:
    """The time of a report; NoTime where it ends before it begins."""
    start = since or until - USUAL
    if start >= until:
        raise NoTime(
            f"a report since {start:%Y-%m-%d %H:%M} would end before it begins: it goes until {until:%Y-%m-%d %H:%M} "
            "UTC\n\nhint: give an earlier `--since`, or a later `--as-of`"
        )
    return Wanted(start, until, history)


def make_report(place: Place, of: Wanted) -> Report:
    """Nothing is written or sent by it."""
    definitions = place.definitions
    asked = evaluate(place, definitions, triggers_to_check(definitions), of.until, build=False)
    known = read_known(place, of.since, of.until)
    known = replace(known, asked=_asked(asked), came=_came(place, known, asked))
    return Report(of.since, of.until, definitions.workspace.policy.time_zone, tuple(sections(place, known, of)))


def sections(place: Place, known: Known, of: Wanted) -> Iterable[Section]:
    policy, zone = place.definitions.workspace.policy, place.definitions.zone
    calendar = Calendar(policy.working_hours, zone)
    per_owner = policy.attention.per_owner if policy.attention else None
    yield headline_section(known)
    yield funnel_section(known)
    yield came_section(known)
    yield load_section(known, calendar, str(per_owner) if per_owner else None)
    yield touch_section(known, calendar)
    yield said_section(known)
    yield _backtest(place, of)
    yield _calibration(place, of)


def _backtest(place: Place, of: Wanted) -> Section:
    if not of.history:
        return Section("backtest", backtested.TITLE, missing=backtested.NOT_ASKED)

    def made() -> Section:
        definitions, outcomes = place.definitions, collect(place, of.until)
        days = stretch(place, definitions, None, None, of.until)
        chosen = triggers_of(definitions, ())
        return backtest_section(backtest(place, definitions, chosen, outcomes, *days, of.until))

    return _or_missing("backtest", backtested.TITLE, made)


def _calibration(place: Place, of: Wanted) -> Section:
    if not of.history:
        return Section("calibration", calibrated.TITLE, missing=calibrated.NOT_ASKED)
    return _or_missing("calibration", calibrated.TITLE, lambda: calibration_section(rank(place, of.until, top=0).bases))


def _or_missing(id_: str, title: str, made: Callable[[], Section]) -> Section:
    """A section, or what is missing for it and what to do."""
    try:
        return made()
    except ForPeople as lacking:
        what, _, hint = str(lacking).partition("\n\nhint: ")
        return Section(id_, title, missing=f"{what[:1].upper()}{what[1:]}{f': {hint}' if hint else ''}.")


def _came(place: Place, known: Known, asked: Evaluated) -> Mapping[int, Became] | None:
    """None where no expansion is known at all. It is known as far as events reach, or the newest expansion."""
    outcomes = [one for one in collect(place, known.until) if one.kind == "expansion"]
    if not outcomes:
        return None
    ends = [one for one in (asked.evaluator.known_until(), *(each.at for each in outcomes)) if one is not None]
    tiers = place.definitions.workspace.policy.tiers
    return became(known.acted, outcomes, tiers, known.zone, min(max(ends), known.until))


def _asked(found: Evaluated) -> Mapping[str, Asked] | None:
    """About how many each trigger was asked; None where nobody is known."""
    if not found.accounts:
        return None
    triggers = found.definitions.workspace.triggers
    return {name: _of(answers, triggers[name].who == "users") for name, answers in found.answers.items()}


def _of(answers: Answers, people: bool) -> Asked:
    return Asked(answers.asked, len(answers.unknown), people)
