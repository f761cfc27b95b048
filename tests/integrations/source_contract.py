"""What every source promises, whatever the vendor. A test file gives a `case` fixture to a subclass and has them all:

class TestCompany(SourceContract):
    source = "hubspot.company"

    @pytest.fixture
    def case(self, stand_ins): return SourceCase(...)

Each promise ends in the usage store, on the way that a run takes (jobs/pull.py): what is known then, since when, and
how far it counts as read. A promise that a source cannot keep stands in `exempt` with its reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from integrations.kit.declare import SourceBase
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from jobs.pull import Pull, Pulled
from sandbox.kit.answers import Answer, Answers
from sandbox.kit.faults import Fault
from tests.integrations.conftest import StandIns
from tests.integrations.contract import TIMEOUT, WEB_PAGE, FakeClock
from tests.integrations.pulling import Run
from tests.integrations.replies import AgainLater, Later, Pages, Without, changed, noting, turned_round, with_some_twice

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MOST_CALLS = 20  # that one pull of a case may take
MOST_LOGINS = 6  # requests after which a token that is never taken has been given up
BREAKS = (
    {"kind": "status", "status": 503, "body": WEB_PAGE["body"]},
    {"kind": "status", **WEB_PAGE},
    {"kind": "cut_before"},
    {"kind": "cut_after"},
    {"kind": "truncate"},
)
TRIES = 4  # of a call, as in life, with no waiting between them


def world(clock: FakeClock) -> World:
    """In which a case connects."""
    return World(clock=clock, retry=RetryPolicy(tries=TRIES, sleep=clock.sleep), now=lambda: NOW, timeout=TIMEOUT)


@dataclass(frozen=True)
class Differs:
    """Something that the vendor comes to hold or no longer holds; and the way back."""

    comes: Callable[[], None]
    goes: Callable[[], None]


@dataclass(frozen=True)
class Limited:
    """The source with room for only so many calls to a path in so many seconds."""

    connect: Callable[[], SourceBase]
    calls: int
    seconds: float
    path: str


@dataclass(frozen=True)
class Lost:
    """A field that the vendor has no more. `said`: what of it stands in the problem; None: the vendor does not tell."""

    goes: Callable[[], None]
    name: str
    said: str | None


@dataclass
class SourceCase:
    """One source against its stand-in, which holds enough for several pages."""

    stand_ins: StandIns
    vendor: str
    clock: FakeClock  # of client and stand-in
    connect: Callable[[], SourceBase]  # in `world(clock)`; fresh each time
    pull: Pull  # of facts: the first one is text
    pages: Pages
    holds: int  # so many accounts, people or events
    differs: Differs  # `comes`: of events one more, of the rest one less
    answers: Answers  # its ways to say later, and what it says to a token that is not good any more
    lock_out: Callable[[], None]  # from now on the vendor takes no token
    locked_out: str  # what the sentence tells a person to check then
    forbid: Callable[[], None]  # from now on the token may not read this
    forbidden: str  # what the sentence tells a person then
    limited: Limited
    empty: Callable[[], None]  # from now on the vendor holds nothing of it
    lost: Lost | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    first_pull_days: int = 30
    records: Mapping[str, str] = field(default_factory=dict)  # of accounts that were pulled before, by their ids there
    reads: Mapping[str, Any] = field(default_factory=dict)  # a call that reads: {"path": "query"}; all are, if none

    @property
    def is_full(self) -> bool:
        return bool(self.connect().full)

    def fault(self, kind: str, **how: Any) -> Fault:
        self.stand_ins.fault(self.vendor, kind, **how)
        return self.stand_ins.app.faults.waiting[-1]

    def says(self, answer: Answer, **how: Any) -> Fault:
        return self.fault("status", **answer.fault(), **self.reads, **how)

    def recover(self) -> None:
        """All is well again, and the time that the vendor asked for has passed."""
        self.stand_ins.app.faults.waiting.clear()
        self.clock.now += 4000

    def requests(self) -> int:
        return len(self.stand_ins.requests())


@dataclass
class Told:
    """The world before and after a difference, and the runs that saw it."""

    case: SourceCase
    begun: Run  # that pulled before it
    before: dict[Any, Any]
    after: dict[Any, Any]  # what a run that had pulled before knows by its next pull
    stored: list[Any]  # before it
    marks: Any  # before it
    _runs: int = 0

    def run(self) -> Run:
        """One more run that pulled before."""
        self._runs += 1
        return self.begun.copy(f"run-{self._runs}")

    def is_as_promised(self, run: Run, pulled: Pulled) -> None:
        """All is known; or it is said what broke, and known is what the source keeps of it, read no farther."""
        if pulled.problem is None:
            assert run.known() == self.after
            return
        assert pulled.whose == "their system", pulled.problem
        said(pulled)
        assert run.marks() == self.marks
        known = run.known()
        if self.case.connect().keeps == "nothing":
            assert known == self.before
        else:
            assert self.before.items() <= known.items() <= self.after.items()

    def recovers(self, run: Run) -> None:
        self.case.recover()
        assert run.pulled(self.case.connect(), LATER).problem is None
        assert run.known() == self.after


def said(pulled: Pulled, *words: str) -> None:
    """The problem is a sentence for a person, with these words in it."""
    assert pulled.problem
    assert "@" not in pulled.problem, "no personal data in errors"
    assert len(pulled.problem) < 400
    for word in words:
        assert word in pulled.problem


def whose(known: Mapping[Any, Any]) -> set[Any]:
    """The accounts, people or events that something is known of; members of a cohort."""
    return {key[1:] if isinstance(key, tuple) else key for key, value in known.items() if value != "false"}


class SourceContract:
    """The promises. Subclasses name the `source` and give the fixture `case`."""

    source: ClassVar[str]
    exempt: ClassVar[Mapping[str, str]] = {}  # a promise that it cannot keep, and why

    @pytest.fixture(autouse=True)
    def _exempt(self, request: pytest.FixtureRequest) -> None:
        if reason := self.exempt.get(request.node.originalname):
            pytest.skip(reason)

    @pytest.fixture
    def run(self, case: SourceCase, tmp_path: Path) -> Run:
        return Run(tmp_path / "first", case.pull, case.kinds, case.first_pull_days, case.records)

    @pytest.fixture
    def whole(self, case: SourceCase, run: Run) -> list[Any]:
        """What an undisturbed pull stores."""
        pulled = run.pulled(case.connect(), NOW)
        assert pulled.problem is None, pulled.problem
        return run.stored()

    @pytest.fixture
    def again(self, case: SourceCase, tmp_path: Path) -> Run:
        """A run that never pulled."""
        return Run(tmp_path / "again", case.pull, case.kinds, case.first_pull_days, case.records)

    @pytest.fixture
    def told(self, case: SourceCase, run: Run, whole: list[Any]) -> Iterator[Told]:
        before = run.known()
        case.differs.comes()
        after = run.copy("after")
        assert after.pulled(case.connect(), LATER).problem is None
        assert after.known() != before
        case.recover()
        yield Told(case, run, before, after.known(), whole, run.marks())

    # --- what is there ---

    def test_what_is_there_is_stored(self, case: SourceCase, run: Run, whole: list[Any]) -> None:
        assert case.connect().name == self.source == case.pull.source
        assert len(whose(run.known())) == case.holds
        assert case.requests() >= 2, "several calls, so that one of them can break"

    def test_two_pulls_equal_one(self, case: SourceCase, run: Run, whole: list[Any]) -> None:
        pulled = run.pulled(case.connect(), LATER)
        assert (pulled.problem, pulled.stored) == (None, 0)
        assert run.stored() == whole

    def test_the_order_changes_nothing(self, case: SourceCase, again: Run, whole: list[Any]) -> None:
        with changed(case.stand_ins, case.pages, turned_round):
            assert again.pulled(case.connect(), NOW).problem is None
        assert again.stored() == whole

    def test_a_record_that_comes_twice_changes_nothing(self, case: SourceCase, again: Run, whole: list[Any]) -> None:
        with changed(case.stand_ins, case.pages, with_some_twice, more=1):
            assert again.pulled(case.connect(), NOW).problem is None
        assert again.stored() == whole

    def test_a_record_that_comes_again_with_the_next_page_changes_nothing(
        self, case: SourceCase, again: Run, whole: list[Any]
    ) -> None:
        with changed(case.stand_ins, case.pages, AgainLater(), more=1):
            assert again.pulled(case.connect(), NOW).problem is None
        assert again.stored() == whole

    # --- what is not there ---

    def test_where_nothing_is_there_it_is_said(
        self, case: SourceCase, run: Run, caplog: pytest.LogCaptureFixture
    ) -> None:
        case.empty()
        pulled = run.pulled(case.connect(), NOW)
        assert run.known() == {}
        assert pulled.problem or [one for one in caplog.records if one.levelname == "WARNING"]

    def test_where_nothing_is_there_any_more_nothing_is_taken_as_gone(
        self, case: SourceCase, run: Run, whole: list[Any]
    ) -> None:
        """An answer without a single record is a wrong setting rather than the end of all customers."""
        case.empty()
        said(run.pulled(case.connect(), LATER))
        assert run.stored() == whole

    def test_what_a_whole_answer_no_longer_holds_is_no_longer_known(self, told: Told) -> None:
        assert told.case.is_full or told.case.pull.what == "cohort"
        assert len(whose(told.before) - whose(told.after)) == 1

    def test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read(
        self, case: SourceCase, run: Run, whole: list[Any]
    ) -> None:
        lost = case.lost
        assert lost is not None
        before = run.known()
        lost.goes()
        pulled = run.pulled(case.connect(), LATER)
        if lost.said is None:
            assert pulled.problem is None
        else:
            said(pulled, lost.said)
        assert run.known() == {key: value for key, value in before.items() if key[0] != lost.name}
        assert run.known() != before

    # --- pages ---

    def test_an_empty_page_in_the_middle_is_not_the_end(self, case: SourceCase, again: Run, whole: list[Any]) -> None:
        """The rest is read; or what comes is no answer, and nothing of it counts."""
        with changed(case.stand_ins, case.pages, Later(1)):
            pulled = again.pulled(case.connect(), NOW)
        assert again.stored() == (whole if pulled.problem is None else [])

    def test_a_page_that_names_itself_as_the_next_is_not_read_for_ever(self, told: Told) -> None:
        case, run = told.case, told.run()
        before = case.requests()
        with changed(case.stand_ins, case.pages, turned_round, repeats=True):
            pulled = run.pulled(case.connect(), LATER)
        assert pulled.problem
        told.is_as_promised(run, pulled)
        assert case.requests() - before <= MOST_CALLS
        told.recovers(run)

    def test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole(
        self, told: Told, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is said, and nobody is taken for gone. Where nothing broke, what came may count."""
        for page in (0, 1):
            case, run = told.case, told.run()
            caplog.clear()
            with changed(case.stand_ins, case.pages, Without(page)):
                pulled = run.pulled(case.connect(), LATER)
            if pulled.problem:
                told.is_as_promised(run, pulled)
            else:
                assert "announced" in caplog.text
                assert run.known() == told.before, "who went is among those who did not come"
            told.recovers(run)

    # --- busy ---

    def test_busy_then_works(self, told: Told) -> None:
        for busy in told.case.answers.later:
            run = told.run()
            told.case.says(busy)
            told.is_as_promised(run, run.pulled(told.case.connect(), LATER))
            told.recovers(run)

    def test_busy_for_good_is_left_for_later_and_recovers(self, told: Told) -> None:
        for busy in told.case.answers.later:
            run, before = told.run(), told.case.requests()
            told.case.says(busy, times=100)
            pulled = run.pulled(told.case.connect(), LATER)
            assert pulled.problem, busy
            told.is_as_promised(run, pulled)
            assert told.case.requests() - before <= 3 * TRIES
            told.recovers(run)

    def test_the_limit_is_kept(self, case: SourceCase, run: Run) -> None:
        limited = case.limited
        with noting(case.stand_ins, limited.path, lambda: case.clock.now) as moments:
            for _ in range(3):
                run.pulled(limited.connect(), NOW)
                case.clock.now += limited.seconds
        assert len(moments) >= limited.calls, "so many were wanted"
        for moment in moments:
            assert sum(moment <= other < moment + limited.seconds for other in moments) <= limited.calls

    # --- broken off ---

    def test_whichever_call_breaks_all_is_known_or_what_is_kept_of_it(self, told: Told) -> None:
        """Once: then the next try has it all, or the next run."""
        for how in BREAKS:
            for run, pulled in self._each_call_broken(told, times=1, **how):
                if pulled.problem:
                    told.recovers(run)

    def test_whatever_breaks_for_good_and_wherever_what_was_read_is_kept_or_nothing(self, told: Told) -> None:
        kept: list[Any] = []
        for how in BREAKS:
            for run, pulled in self._each_call_broken(told, times=100, **how):
                assert pulled.problem, how
                kept.append(run.known())
        told.recovers(run)
        if told.case.connect().keeps == "what was read":
            assert any(told.before != known for known in kept), "and something was read"

    def _each_call_broken(self, told: Told, *, times: int, **how: Any) -> Iterator[tuple[Run, Pulled]]:
        """A run for each of the calls that a pull makes, of which that one breaks; or all from that one on."""
        run = told.run()
        for calls_before in range(MOST_CALLS):
            fault = told.case.fault(times=times, after=calls_before, **how)
            pulled = run.pulled(told.case.connect(), LATER)
            reached = fault.times < times
            told.case.recover()
            if not reached:  # there are no more calls to break
                assert calls_before > 1
                return
            told.is_as_promised(run, pulled)
            yield run, pulled
            if pulled.problem is None or told.case.connect().keeps != "nothing":
                run = told.run()  # that one knows more by now
        raise AssertionError(f"more than {MOST_CALLS} calls for one pull")

    def test_a_slow_server_is_not_waited_for(self, told: Told) -> None:
        run = told.run()
        told.case.fault("slow", seconds=2 * TIMEOUT, times=100)
        started = time.monotonic()
        pulled = run.pulled(told.case.connect(), LATER)
        assert time.monotonic() - started < 20 * TIMEOUT
        assert pulled.problem
        told.is_as_promised(run, pulled)
        told.recovers(run)

    # --- tokens and rights ---

    def test_a_token_that_is_not_taken_once_costs_nothing_that_is_known(self, told: Told) -> None:
        run = told.run()
        told.case.says(told.case.answers.no_access)
        pulled = run.pulled(told.case.connect(), LATER)
        if pulled.problem:  # then a person mends it, and the next run goes on
            said(pulled)
            assert pulled.whose == "settings"
            assert (run.known(), run.marks()) == (told.before, told.marks)
        told.recovers(run)

    def test_a_token_that_is_never_taken_is_a_matter_for_a_person(self, told: Told) -> None:
        case, run = told.case, told.run()
        case.lock_out()
        before = case.requests()
        pulled = run.pulled(case.connect(), LATER)
        assert pulled.whose == "settings"
        said(pulled, case.locked_out)
        assert case.requests() - before <= MOST_LOGINS, "no login loop"
        assert (run.known(), run.marks()) == (told.before, told.marks)

    def test_a_right_that_is_missing_is_named_and_ends_nothing(self, told: Told) -> None:
        case, run = told.case, told.run()
        case.forbid()
        pulled = run.pulled(case.connect(), LATER)
        assert pulled.whose == "settings"
        said(pulled, case.forbidden)
        assert (run.known(), run.marks()) == (told.before, told.marks)
