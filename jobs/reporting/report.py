"""The report of a stretch of time: every section, filled with what is known of it today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from expansion.calendar.hours import Calendar
from expansion.evaluate.results import Answers
from expansion.text.for_people import ForPeople
from jobs.decide import evaluate, triggers_to_check
from jobs.place import Place
from jobs.reporting.content import Report, Section
from jobs.reporting.funnel import funnel_section
from jobs.reporting.headline import headline_section
from jobs.reporting.known import Asked, Known, read_known
from jobs.reporting.load import load_section
from jobs.reporting.said import said_section
from jobs.reporting.touch import touch_section

USUAL = timedelta(days=91)  # 13 whole weeks


class NoTime(ForPeople):
    """A report that would begin after its end."""


@dataclass(frozen=True)
class Wanted:
    """Of which time."""

    since: datetime
    until: datetime


def wanted(since: datetime | None, until: datetime) -> Wanted:
    """The time of a report; NoTime where it ends before it begins."""
    start = since or until - USUAL
    if start >= until:
        raise NoTime(
            f"a report since {start:%Y-%m-%d %H:%M} would end before it begins: it goes until {until:%Y-%m-%d %H:%M} "
            "UTC\n\nhint: give an earlier `--since`, or a later `--as-of`"
        )
    return Wanted(start, until)


def make_report(place: Place, of: Wanted) -> Report:
    """Nothing is written or sent by it."""
    known = read_known(place, of.since, of.until, _asked(place, of.until))
    return Report(of.since, of.until, place.definitions.workspace.policy.time_zone, tuple(sections(place, known)))


def sections(place: Place, known: Known) -> Iterable[Section]:
    policy, zone = place.definitions.workspace.policy, place.definitions.zone
    calendar = Calendar(policy.working_hours, zone)
    per_owner = policy.attention.per_owner if policy.attention else None
    yield headline_section(known)
    yield funnel_section(known)
    yield load_section(known, calendar, str(per_owner) if per_owner else None)
    yield touch_section(known, calendar)
    yield said_section(known)


def _asked(place: Place, at: datetime) -> Mapping[str, Asked] | None:
    """About how many each trigger is asked; None where nobody is known."""
    definitions = place.definitions
    triggers = triggers_to_check(definitions)
    found = evaluate(place, definitions, triggers, at, build=False)
    if not found.accounts:
        return None
    people = {one.trigger for one in triggers if one.who == "users"}
    return {name: _of(answers, name in people) for name, answers in found.answers.items()}


def _of(answers: Answers, people: bool) -> Asked:
    return Asked(answers.asked, len(answers.unknown), people)
