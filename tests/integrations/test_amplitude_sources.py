"""What Amplitude's sources promise as all sources do."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.amplitude.answers import ANSWERS
from sandbox.amplitude.app import Amplitude
from sandbox.kit.state import State
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import Row
from tests.integrations.source_contract import NOW, Differs, Limited, SourceCase, SourceContract, world
from tests.systems.amplitude import COHORT, connect, event, sample

LINE_BY_LINE = "an export is asked for by hours"


@dataclass(frozen=True)
class ZipPages:
    """The lines of the files in a zip; each call's reply is a page."""

    path: str = "api/2/export"

    def rows(self, body: bytes) -> list[Row] | None:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return [line for name in packed.namelist() for line in gzip.decompress(packed.read(name)).splitlines()]

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as packed:
            packed.writestr("1/1.json.gz", gzip.compress(b"".join(row + b"\n" for row in rows)))
        return whole.getvalue()


@dataclass(frozen=True)
class CsvPages:
    """The rows of one file."""

    path: str = "amplitude/s3"

    def rows(self, body: bytes) -> list[Row] | None:
        return list(csv.reader(io.StringIO(body.decode())))[1:]

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        text = io.StringIO()
        head = next(csv.reader(io.StringIO(body.decode())))
        csv.writer(text).writerows([head, *rows])
        return text.getvalue().encode()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def project(stand_ins: Callable[..., StandIns], clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: _of_now(state, clock), sample=sample())


def _of_now(state: State, clock: FakeClock) -> Amplitude:
    there = Amplitude(state, clock.monotonic, lambda: NOW)
    there.polls = 0  # each poll would be one more call to break
    return there


def case(
    project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, pull: Pull, collection: str, **more: Any
) -> SourceCase:
    there = project.get(Amplitude)
    kept = project.state.items(f"amplitude.{collection}")

    def of_this(**changes: Any) -> SourceBase:
        return connect(project, world(clock), **changes).sources[pull.source]

    def empty() -> None:
        for key, _ in project.state.items(f"amplitude.{collection}"):
            project.state.delete(f"amplitude.{collection}", key)

    given: dict[str, Any] = {
        "stand_ins": project,
        "vendor": "amplitude",
        "clock": clock,
        "connect": of_this,
        "pull": pull,
        "differs": Differs(
            lambda: project.state.delete(f"amplitude.{collection}", kept[1][0]),
            lambda: project.state.put(f"amplitude.{collection}", *kept[1]),
        ),
        "answers": ANSWERS,
        "lock_out": lambda: monkeypatch.setitem(there.credentials, "AMPLITUDE_SECRET_KEY", "another"),
        "locked_out": "AMPLITUDE_SECRET_KEY",
        "forbid": lambda: project.fault("amplitude", "status", status=403, times=100),
        "forbidden": "whether the plan includes it",
        "empty": empty,
    }
    return SourceCase(**(given | more))


class TestCohort(SourceContract):
    source = "amplitude.cohort"
    exempt: ClassVar = {
        "test_where_nothing_is_there_it_is_said": "a cohort may be empty: then nobody is in it",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a cohort may be empty: then all have left it",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "a cohort has no fields",
        "test_a_page_that_names_itself_as_the_next_is_not_read_for_ever": "a file has no pages",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "a file has no second page; "
        "see test_a_file_that_holds_less_than_announced_takes_nobody_out",
    }

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        def of_two() -> SourceBase:
            return connect(project, world(clock), downloads_per_month=2).sources[self.source]

        return case(
            project,
            clock,
            monkeypatch,
            Pull(self.source, "cohort", ("Power users",)),
            "users",
            pages=CsvPages(),
            holds=5,
            limited=Limited(of_two, 2, 30 * 86_400, f"cohorts/request/{COHORT}"),
        )


class TestExport(SourceContract):
    source = "amplitude.export"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "an event that was there has happened",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "an event that was there has happened",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
        "test_a_page_that_names_itself_as_the_next_is_not_read_for_ever": LINE_BY_LINE,
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "an export announces no number",
        "test_the_limit_is_kept": "no page tells a limit of exports but of how many run at once",
    }

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.amplitude.export.HOURS_PER_EXPORT", 3)
        late = {"amplitude": {"events": [event(99, 5.5, late=80)]}}
        return case(
            project,
            clock,
            monkeypatch,
            Pull(self.source, "events", ("company_id",)),
            "events",
            pages=ZipPages(),
            holds=6,
            differs=Differs(lambda: project.get(Amplitude).load(late), lambda: None),
            limited=Limited(lambda: connect(project).sources[self.source], 1, 1, "never"),
            first_pull_days=3,
        )
