"""Events that arrive late are read: each pull goes back as far as the source still takes them in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.init import _made
from expansion.contract import FactRecord
from expansion.limits import Limit
from integrations.kit.budgets import Budget
from integrations.kit.declare import SourceBase
from jobs.decide import evaluate, triggers_to_check
from jobs.place import Place
from jobs.pull import Pull, pull_one
from jobs.systems import Systems
from sandbox.kit.server import Server, State, build_app
from sandbox.mixpanel.app import Mixpanel
from sandbox.settings import settings

EVENTS = Pull("mixpanel.export", "events", ("company_id",))
TRIGGER = """\
trigger: {name}
title: {name}
owner: revops@acme.example
status: watching
check: hourly
when:
  - {{event: Export Blocked, {asked}}}
leads_to: plan_change
then: {{playbook: {playbook}}}
"""


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def event(n: int, when: datetime, name: str = "Export Blocked", received: datetime | None = None) -> dict[str, Any]:
    given = {"event": name, "distinct_id": "ana", "time": int(when.timestamp()), "insert_id": f"i-{n}"}
    given |= {"properties": {"company_id": "a-1"}}
    return given | ({"received": received.timestamp()} if received else {})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mixpanel]:
    folder = tmp_path / "folder"
    _made(folder)
    facts = folder / "playbooks/shared/facts.yaml"
    facts.write_text(
        facts.read_text().replace("from: files.events, account: account", "from: mixpanel.export, account: company_id")
    )
    playbook = next(path.stem for path in (folder / "playbooks").glob("*.yaml"))
    for name, asked in {"blocked": "at_least: 4, over: 14 days", "quiet": "at_most: 2, over: 7 days"}.items():
        text = TRIGGER.format(name=name, asked=asked, playbook=playbook)
        (folder / f"playbooks/triggers/{name}.yaml").write_text(text)
    state = State()
    there = Mixpanel(state)
    usual = [event(100 + day, at(day, 7), "Session Started") for day in range(1, 11)]
    there.load({"mixpanel": {"events": [event(1, at(1, 10)), event(2, at(6, 10)), *usual]}})
    with Server(build_app(state, [there])) as url:
        for name, value in settings(url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EXPANSION_FIRST_PULL_DAYS", "30")
        monkeypatch.chdir(folder)
        yield there


def pulled(now: datetime) -> int:
    place = Place()
    try:
        done = pull_one(place, EVENTS, now)
        assert done.problem is None, done.problem
        return done.stored
    finally:
        place.close()


def answer(trigger: str, now: datetime) -> str:
    place = Place()
    try:
        found = evaluate(place, place.definitions, triggers_to_check(place.definitions, [trigger]), now).answers[
            trigger
        ]
        return "yes" if "a-1" in found.yes else "cannot tell" if "a-1" in found.unknown else "no"
    finally:
        place.close()


def four_days_late(there: Mixpanel) -> None:
    """A laptop that was offline since the 3rd connects on the 7th at noon."""
    late = [event(10 + n, at(3, 10 + n), received=at(7, 12)) for n in range(3)]
    there.load({"mixpanel": {"events": late}})


def test_what_a_client_sends_four_days_late_counts_on_the_day_it_happened(world: Mixpanel) -> None:
    pulled(at(7))
    four_days_late(world)
    assert pulled(at(8)) == 3 + 1
    assert answer("blocked", at(8)) == "yes"  # two and three
    assert answer("quiet", at(9, 23)) == "no"  # the three of the 3rd, and one


def test_repeats_of_the_days_read_again_are_dropped(world: Mixpanel) -> None:
    pulled(at(7))
    assert [pulled(at(day)) for day in (8, 9, 10)] == [1, 1, 1]


def test_how_far_back_is_a_setting(world: Mixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_READ_AGAIN_DAYS", "2")
    pulled(at(7))
    four_days_late(world)
    assert pulled(at(9)) == 2, "those of the 3rd are out of reach"
    monkeypatch.setenv("MIXPANEL_READ_AGAIN_DAYS", "30")  # once, after an import of old events
    assert pulled(at(10)) == 3 + 1


def test_a_source_that_never_ends_holds_no_run(world: Mixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is soon there, and there is always another."""

    class Endless(SourceBase):
        full: frozenset[str] = frozenset()

        def people(self, fields: Sequence[str]) -> Iterator[FactRecord]:
            budget = Budget("endless", Limit(1000, 1, "a page of the vendor"))
            while True:
                budget.take()
                time.sleep(0.01)
                yield FactRecord("mixpanel.profile", "a-1", {"role": "admin"}, user_id="ana")

    monkeypatch.setattr("jobs.pull.LONGEST_PULL", timedelta(seconds=0.3))
    monkeypatch.setattr(Systems, "source", lambda self, name: Endless())
    place = Place()
    try:
        done = pull_one(place, Pull("mixpanel.profile", "people", ("role",)), at(7))
    finally:
        place.close()
    assert (done.stored, done.whose) == (0, "their system")
    assert "mixpanel.profile people: no end after" in str(done.problem)


def test_a_source_that_says_nothing_is_read_two_days_again() -> None:
    assert SourceBase.late == timedelta(days=2)
