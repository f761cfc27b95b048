"""Every window in every zone, with one account per moment at and beside its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from expansion.explain.evaluator import build_rollups, evaluator
from tests.evaluate.worlds import FACTS, MOMENTS, Definition, World, change, event, trigger

TICK = timedelta(microseconds=1)
SPANS = ("1 day", "2 days", "7 days", "28 days", "1 week", "4 weeks", "1 month", "2 months", "1 hour", "3 hours",
         "24 hours", "48 hours", "60 minutes", "1440 minutes")  # fmt: skip
TIMES = (time(), time(9, 30), time(23, 59, 59, 999999))
DAYS = [(zone, day) for zone, days in sorted(MOMENTS.items()) for day in days]
CHECKS = [(zone, day, TIMES[n % 3]) for n, (zone, day) in enumerate(DAYS)]


pytestmark = pytest.mark.no_cover  # each window many times over, and the same lines as tests/evaluate/test_edges.py


def edges(zone: ZoneInfo, as_of: datetime) -> list[datetime]:
    """Midnights of two months and the hours before the check, each with the ticks beside it."""
    today = as_of.astimezone(zone).date()
    days = [0, 1, 2, 3, 6, 7, 8, 13, 14, *range(26, 33), *range(54, 64)]
    midnights = [datetime.combine(today - timedelta(days=n), time(), zone).astimezone(UTC) for n in days]
    hours = [as_of - timedelta(hours=n) for n in (0, 1, 2, 3, 4, 6, 24, 25, 48, 49, 72, 96)]
    return sorted({moment + step for moment in (*midnights, *hours) for step in (-TICK, timedelta(), TICK)})


def check(folder: Path, world: World, definitions: list[Definition], *, built: bool = False) -> None:
    """Engine and oracle agree on every account for each of these definitions."""
    oracle, store = world.oracle(), world.store(folder)
    asked = [trigger(f"t{i}", when=[definition]) for i, definition in enumerate(definitions)]
    if built:
        build_rollups(store, world.vocabulary, asked)
    found = evaluator(store, world.vocabulary, world.as_of).answers(asked)
    for i, definition in enumerate(definitions):
        wanted = {a: oracle.fires({"when": [definition]}, a) for a in oracle.accounts()}
        answers = found[f"t{i}"]
        said = {a: "yes" if a in answers.yes else "cannot tell" if a in answers.unknown else "no" for a in wanted}
        differ = {a: (said[a], wanted[a]) for a in wanted if said[a] != wanted[a]}
        assert not differ, f"(engine, oracle) {differ} for {definition}"


def world_of(zone: str, day: str, at: time) -> World:
    as_of = datetime.combine(date.fromisoformat(day) + timedelta(days=1), at, ZoneInfo(zone)).astimezone(UTC)
    return World(zone, as_of, [], [], [(as_of - timedelta(days=400), as_of)])


@pytest.mark.parametrize(("zone", "day", "at"), CHECKS)
def test_an_event_at_the_edge_of_a_window(tmp_path: Path, zone: str, day: str, at: time) -> None:
    world = world_of(zone, day, at)
    moments = edges(ZoneInfo(zone), world.as_of)
    events = [event(f"{moment:%m-%d %H:%M:%S.%f}", "export", moment, "ana", rows=1) for moment in moments]
    events += [{**one, "event": "print", "id": f"{one['id']} print"} for one in events]
    world.batches = [events[::2], events[1::2]]
    counted = [{"event": "export", "over": span, "at_least": 1} for span in SPANS]
    grown = [{"event": "print", "over": span, "fell_at_least": "100%", "from_at_least": 1} for span in SPANS]
    held = [{"event": "any event", "over": span, "at_least": 1, "for": "2 days"} for span in SPANS]
    check(tmp_path, world, [*counted, *grown, *held], built=at == time())


@pytest.mark.parametrize(("zone", "day", "at"), CHECKS[::2])
def test_an_event_that_arrives_around_the_check(tmp_path: Path, zone: str, day: str, at: time) -> None:
    world = world_of(zone, day, at)
    happened = world.as_of - timedelta(days=10)
    events = [
        event(f"{seen:%m-%d %H:%M:%S.%f}", "export", happened, "ana", seen)
        for seen in edges(ZoneInfo(zone), world.as_of)
        if seen >= happened
    ]
    world.batches = [[*events, event("early", "export", happened)]]
    check(tmp_path, world, [{"event": "export", "over": over, "at_least": 1} for over in ("28 days", "480 hours")])


@pytest.mark.parametrize(("zone", "day", "at"), CHECKS[::2])
def test_a_fact_that_changes_at_the_edge_of_a_day(tmp_path: Path, zone: str, day: str, at: time) -> None:
    world = world_of(zone, day, at)
    for moment in edges(ZoneInfo(zone), world.as_of):
        account = f"{moment:%m-%d %H:%M:%S.%f}"
        world.changes += [
            change(account, "seats_used", "40", world.as_of - timedelta(days=300)),
            change(account, "seats_used", "50", moment),
            change(account, "seats_bought", "50", world.as_of - timedelta(days=300), moment),
            change(account, "renews_on", moment.isoformat(), world.as_of - timedelta(days=300)),
        ]
    assert FACTS["seat_usage"] == {"ratio": ["seats_used", "seats_bought"]}
    held = [{"fact": "seats_used", "at_least": 50, "for": span} for span in ("1 day", "2 days", "7 days", "4 weeks")]
    grown = [{"fact": "seat_usage", "grew_at_least": "25%", "over": span} for span in SPANS]
    dated = [{"fact": "renews_on", word: span} for word in ("older_than", "newer_than") for span in SPANS]
    check(tmp_path, world, [*held, *grown, *dated])


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "UTC"])
def test_a_file_is_only_left_out_where_nothing_in_it_lies_in_the_window(tmp_path: Path, zone: str) -> None:
    """Every event in a file of its own: which files are read is told by their first and last moment."""
    world = world_of(zone, "2026-03-02", time(9))
    today = world.as_of.astimezone(ZoneInfo(zone)).date()
    midnights = [datetime.combine(today - timedelta(days=n), time(), ZoneInfo(zone)).astimezone(UTC) for n in (0, 1, 2)]
    moments = [midnight + step for midnight in midnights for step in (-TICK, timedelta())]
    world.batches = [[event(f"{moment:%d %H:%M:%S.%f}", "export", moment)] for moment in moments]
    # One at a time: together they would read the days of each other.
    check(tmp_path / "today", world, [{"event": "export", "over": "1 day", "at_least": 1}])
    check(tmp_path / "two", world, [{"event": "export", "over": "2 days", "at_least": 1}], built=True)
