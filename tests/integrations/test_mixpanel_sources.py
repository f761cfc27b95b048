"""What Mixpanel's sources promise as all sources do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from integrations import mixpanel
from integrations.kit.deadlines import TIMES
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.kit.server import State
from sandbox.mixpanel import app as stand_in
from sandbox.mixpanel.answers import ANSWERS
from tests.integrations.conftest import StandIns
from tests.integrations.contract import TIMEOUT, FakeClock
from tests.integrations.pulling import Run
from tests.integrations.replies import JsonPages, LinePages, Row, changed
from tests.integrations.source_contract import (
    LATER,
    NOW,
    Differs,
    Limited,
    Lost,
    SourceCase,
    SourceContract,
    whose,
    world,
)

DAY = 86_400
LAST = int(NOW.timestamp()) - 3600
COMPANIES = ("acme", "globex", "initech", "hooli", "umbrella")
PEOPLE = ("ana", "ben", "cem", "dan", "eve")


def person(name: str, account: str) -> dict[str, Any]:
    return {"distinct_id": name, "properties": {"$email": f"{name}@x.example", "role": "admin", "company_id": account}}


def event(number: int, days_ago: float) -> dict[str, Any]:
    row = {"event": "Report Viewed", "distinct_id": "ana", "time": LAST - int(days_ago * DAY)}
    return {**row, "insert_id": f"id-{number}", "properties": {"company_id": "acme", "feature": "sso"}}


SAMPLE = {
    "mixpanel": {
        "events": [event(number, days_ago) for number, days_ago in enumerate((5, 4.2, 3, 2.5, 1, 0.1))],
        "profiles": [person(name, account) for name, account in zip(PEOPLE, COMPANIES, strict=True)],
        "groups": [{"distinct_id": name, "properties": {"plan": "team", "seats": 5}} for name in COMPANIES],
        "cohorts": [{"id": 7, "name": "Power users", "members": list(PEOPLE)}],
    }
}


def query_pages() -> JsonPages:
    return JsonPages("engage", "results", "total")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Time that client and stand-in share; and small pages, small exports and little patience."""
    monkeypatch.setattr(stand_in, "PAGE_SIZE", 2)
    monkeypatch.setattr("integrations.mixpanel.export.DAYS_PER_EXPORT", 2)
    monkeypatch.setattr("integrations.mixpanel.client.CALL_TIMEOUT", TIMEOUT)
    monkeypatch.setattr("integrations.mixpanel.client.EXPORT_OPENS", TIMEOUT)
    monkeypatch.setattr("integrations.mixpanel.client.EXPORT_LASTS", TIMES * TIMEOUT)
    return FakeClock()


@pytest.fixture
def project(stand_ins: Callable[..., StandIns], clock: FakeClock) -> StandIns:
    def make(state: State) -> stand_in.Mixpanel:
        return stand_in.Mixpanel(state, clock=clock.monotonic, now=lambda: NOW)

    return stand_ins(make, sample=SAMPLE)


def connected(project: StandIns, clock: FakeClock, name: str, **changes: Any) -> SourceBase:
    given: dict[str, Any] = {
        "service_account": stand_in.SERVICE_ACCOUNT,
        "secret": SecretStr(stand_in.SECRET),
        "project_id": stand_in.PROJECT_ID,
        "data_group_id": str(stand_in.DATA_GROUP_ID),
        "base_url": project.base_url("mixpanel"),
    }
    settings = mixpanel.Settings(_env_file=None, **(given | changes))
    return mixpanel.connect(settings, world(clock)).sources[name]


def case(
    project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, pull: Pull, collection: str, **more: Any
) -> SourceCase:
    """`collection`: of the stand-in, from which the second document goes where there is to be a difference."""
    there = project.get(stand_in.Mixpanel)
    kept = project.state.items(f"mixpanel.{collection}")[1:2]

    def less() -> None:
        for key, _ in kept:
            project.state.delete(f"mixpanel.{collection}", key)

    def back() -> None:
        for key, document in kept:
            project.state.put(f"mixpanel.{collection}", key, document)

    def empty() -> None:
        for key, _ in project.state.items(f"mixpanel.{collection}"):
            project.state.delete(f"mixpanel.{collection}", key)

    given: dict[str, Any] = {
        "stand_ins": project,
        "vendor": "mixpanel",
        "clock": clock,
        "connect": lambda: connected(project, clock, pull.source),
        "pull": pull,
        "pages": query_pages(),
        "holds": len(COMPANIES),
        "differs": Differs(less, back),
        "answers": ANSWERS,
        "lock_out": lambda: monkeypatch.setitem(there.credentials, "MIXPANEL_SECRET", "another"),
        "locked_out": "MIXPANEL_SECRET",
        "forbid": lambda: project.fault("mixpanel", "status", status=403, times=100),
        "forbidden": "Analyst role",
        "limited": Limited(lambda: connected(project, clock, pull.source, queries_per_hour=2), 2, 3600, "query/"),
        "empty": empty,
    }
    return SourceCase(**(given | more))


class TestGroup(SourceContract):
    source = "mixpanel.group"

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        def no_plan() -> None:
            for key, known in project.state.items("mixpanel.groups"):
                project.state.put("mixpanel.groups", key, {"seats": known["seats"]})

        pull = Pull(self.source, "facts", ("plan", "seats"))
        return case(project, clock, monkeypatch, pull, "groups", lost=Lost(no_plan, "plan", None))


class TestProfile(SourceContract):
    source = "mixpanel.profile"

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        def no_role() -> None:
            for key, known in project.state.items("mixpanel.profiles"):
                left = {name: value for name, value in known.items() if name != "role"}
                project.state.put("mixpanel.profiles", key, left)

        pull = Pull(self.source, "people", ("email", "role"))
        return case(project, clock, monkeypatch, pull, "profiles", lost=Lost(no_role, "role", None))


class TestCohort(SourceContract):
    source = "mixpanel.cohort"
    exempt: ClassVar = {
        "test_where_nothing_is_there_it_is_said": "a cohort may be empty: then nobody is in it",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a cohort may be empty: then all have left it",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "a cohort has no fields",
    }

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        return case(project, clock, monkeypatch, Pull(self.source, "cohort", ("Power users",)), "profiles")


class TestExport(SourceContract):
    source = "mixpanel.export"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "an event that was there has happened",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "an event that was there has happened",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
        "test_a_page_that_names_itself_as_the_next_is_not_read_for_ever": "an export is asked for by days",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "an export announces no number",
    }

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        late = {"mixpanel": {"events": [event(99, 4.6)]}}
        return case(
            project,
            clock,
            monkeypatch,
            Pull(self.source, "events", ("company_id",)),
            "days",
            pages=LinePages("export"),
            holds=6,
            differs=Differs(lambda: project.get(stand_in.Mixpanel).load(late), lambda: None),
            limited=Limited(lambda: connected(project, clock, self.source), 3, 1, "export"),
            first_pull_days=7,
        )


# --- how many were announced ------------------------------------------------------------------------------------------


class OfOnePage(JsonPages):
    """`total` is "the number of users in the results payload", says the page of documentation: of one page, then."""

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        return json.dumps(json.loads(body) | {"total": len(rows)}).encode()


def test_a_total_that_is_of_one_page_ends_nothing(project: StandIns, clock: FakeClock) -> None:
    with changed(project, OfOnePage("engage", "results"), lambda number, rows: rows):
        found = list(connected(project, clock, "mixpanel.group").facts(["plan"]))
    assert sorted(record.account_id for record in found) == sorted(COMPANIES)


def test_a_full_page_ends_nothing_where_its_number_may_be_its_own(project: StandIns, clock: FakeClock) -> None:
    for name in COMPANIES[2:]:
        project.state.delete("mixpanel.groups", name)
    assert len(list(connected(project, clock, "mixpanel.group").facts(["plan"]))) == stand_in.PAGE_SIZE
    assert [call["status"] for call in project.requests(path="engage")] == [200, 200]


def test_a_number_that_is_too_high_for_good_fails_no_pull_and_ends_nobody(
    project: StandIns, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has no profile may be counted and not sent: the documentation does not say."""
    run = Run(tmp_path / "run", Pull("mixpanel.cohort", "cohort", ("Power users",)))
    assert run.pulled(connected(project, clock, "mixpanel.cohort"), NOW).problem is None
    before = run.known()
    project.state.delete("mixpanel.profiles", "ben")
    with changed(project, query_pages(), lambda number, rows: rows, more=4):
        pulled = run.pulled(connected(project, clock, "mixpanel.cohort"), LATER)
    assert pulled.problem is None
    assert "8 were announced and 4 came; nobody is taken for gone" in caplog.text
    assert run.known() == before
    assert run.pulled(connected(project, clock, "mixpanel.cohort"), LATER + timedelta(hours=1)).problem is None
    assert len(whose(run.known())) == len(before) - 1, "who left has left"
