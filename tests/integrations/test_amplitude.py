"""Amplitude read over real HTTP from its stand-in: events by the hour they came in, cohorts by their files."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from expansion.contract import EventRow, Failure, NoAccess, NotThere, Refused, TryLater
from integrations.amplitude.settings import Settings
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from jobs.pull import Pull
from sandbox.amplitude.app import Amplitude
from tests.integrations.conftest import StandIns
from tests.integrations.contract import HURRIED, FakeClock
from tests.integrations.pulling import Run
from tests.systems.amplitude import COHORT, NOW, connect, event, sample

Start = Callable[..., StandIns]


@pytest.fixture
def start(stand_ins: Start) -> Callable[..., StandIns]:
    def begin(*events: Any, **cohort: Any) -> StandIns:
        return stand_ins(lambda state: Amplitude(state, now=lambda: NOW), sample=sample(*events, **cohort))

    return begin


def pull(
    there: StandIns, since: str | None = "2026-03-06", until: str = "2026-03-07", prop: str = "company_id", **how: Any
) -> tuple[list[EventRow], Failure | None]:
    """The rows that came, and the failure that ended them."""
    rows: list[EventRow] = []
    try:
        for row in connect(there, **how).sources["amplitude.export"].events(since, until, prop):
            rows.append(row)
    except Failure as failure:
        return rows, failure
    return rows, None


def cohort(there: StandIns, name: str = "Power users", **how: Any) -> frozenset[str]:
    return connect(there, **how).sources["amplitude.cohort"].cohort(name).account_ids


@contextmanager
def asked(there: StandIns, path: str) -> Iterator[list[tuple[str, str]]]:
    """Inside, the first and last hours that exports are asked for."""
    as_ever, hours = there.app.app, []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if path in scope["path"]:
            query = parse_qs(scope["query_string"].decode())
            hours.append((query["start"][0], query["end"][0]))
        await as_ever(scope, receive, send)

    there.app.app = app
    yield hours
    there.app.app = as_ever


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_keeps_its_properties_and_the_moment_it_happened(start: Callable[..., StandIns]) -> None:
    rows, failure = pull(start(event(1, 10, late=50)))
    assert failure is None
    [row] = rows
    assert (row.event_id, row.event, row.account_id, row.user_id) == ("uuid-1", "Report Viewed", "acme", "ana")
    assert row.properties == {"feature": "sso", "platform": "Web"}
    assert row.time == NOW - timedelta(hours=60)
    assert row.received_at == NOW - timedelta(hours=10)


@pytest.mark.parametrize(
    ("given", "accounts"),
    [
        ({"groups": {"company_id": "acme"}}, ["acme"]),
        ({"groups": {"company_id": ["acme", "globex"]}}, ["acme", "globex"]),
        ({"groups": {}, "event_properties": {"company_id": 42}}, ["42"]),
        ({"groups": {}, "user_properties": {"company_id": "initech"}}, ["initech"]),
        ({"groups": {"company_id": []}, "event_properties": {"company_id": " "}}, [None]),
        ({"groups": None, "event_properties": None, "user_properties": None}, [None]),
    ],
)
def test_the_account_is_a_group_or_a_property_of_the_event_or_of_the_user(
    start: Callable[..., StandIns], given: dict[str, Any], accounts: list[str | None]
) -> None:
    rows, _ = pull(start(event(1, 10, **given)))
    assert [row.account_id for row in rows] == accounts
    assert len({row.event_id for row in rows}) == len(accounts)


def test_nobody_who_has_not_signed_in_is_a_person(start: Callable[..., StandIns]) -> None:
    [row], _ = pull(start(event(1, 10, user_id=None)))
    assert row.user_id is None


def test_an_event_that_came_twice_has_one_id(start: Callable[..., StandIns]) -> None:
    rows, _ = pull(start(event(1, 10), event(1, 9), event(2, 8)))
    assert len(rows) == 3
    assert len({row.event_id for row in rows}) == 2


def test_hours_that_may_come_in_part_are_not_asked_for(start: Callable[..., StandIns]) -> None:
    """It is 9: what came in from 6 to 7 is whole, says the page; from 7 on it is not."""
    there = start(event(1, 1.5))
    with asked(there, "export") as hours:
        assert pull(there, "2026-03-07T04") == ([], None)
        pull(there, "2026-03-07T04", export_lag_hours=5)
        pull(there, "2026-03-07T08")
    assert hours == [("20260307T04", "20260307T06"), ("20260307T04", "20260307T04")]


def test_what_is_too_much_for_one_answer_comes_in_halves(start: Callable[..., StandIns]) -> None:
    there = start(*(event(number, 10 + number) for number in range(6)))
    there.get(Amplitude).most_events = 2
    rows, failure = pull(there, "2026-03-06")
    assert failure is None
    assert len({row.event_id for row in rows}) == len(rows) == 6
    there.get(Amplitude).most_events = 0
    _, failure = pull(there, "2026-03-06")
    assert isinstance(failure, Refused)
    assert "hold more than one export may (400 The file size of the exported data is too large)" in str(failure)
    assert "Amazon S3" in str(failure)


def test_an_export_that_takes_too_long_there_comes_in_halves(start: Callable[..., StandIns]) -> None:
    there = start(event(1, 10), event(2, 20))
    there.fault("amplitude", "status", status=504, path="export", body="<html>Gateway Time-out</html>")
    rows, failure = pull(there, "2026-03-06")
    assert (len(rows), failure) == (2, None)


def test_no_event_in_a_few_hours_is_nothing_and_in_days_is_a_wrong_setting(start: Callable[..., StandIns]) -> None:
    there = start(event(1, 100))
    assert pull(there, "2026-03-07") == ([], None)
    _, failure = pull(there, "2026-03-06")
    assert isinstance(failure, Refused)
    assert "there is not one; check AMPLITUDE_API_KEY and AMPLITUDE_REGION" in str(failure)


def test_one_bad_line_keeps_no_other_from_being_read(start: Callable[..., StandIns]) -> None:
    there = start(event(1, 30), event(2, 10, uuid=None), event(3, 8))
    rows, failure = pull(there)
    assert [row.event_id for row in rows] == ["uuid-1", "uuid-3"]
    assert "1 of 3 lines are no events and were left out" in str(failure)


def _zip(*members: tuple[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        for name, content in members:
            packed.writestr(name, content)
    return whole.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"PK\x03\x04 and no more",
        _zip(("1.json.gz", b"no gzip")),
        _zip(("1.json.gz", gzip.compress(b'{"uuid": "1"}\n' * 9)[:-9])),
        _zip(("1.json.gz", gzip.compress(b'{"uuid": "1"}\n'))).replace(b"1.json.gz", b"2.json.gz", 1),
    ],
    ids=["no archive", "no gzip", "half a gzip", "another name"],
)
def test_a_file_that_is_none_is_asked_for_again_later(start: Callable[..., StandIns], body: bytes) -> None:
    there, as_ever = start(), None
    as_ever = there.app.app

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if "export" not in scope["path"]:
            await as_ever(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    there.app.app = app
    _, failure = pull(there, "2026-03-07")
    assert isinstance(failure, TryLater), failure


def test_each_pull_goes_on_some_hours_before_the_last_hour_that_was_read(
    start: Callable[..., StandIns], tmp_path: Path
) -> None:
    """By the hour: a day would be read again each hour. What a client sends a week late is in a new hour."""
    there, run = start(), Run(tmp_path / "run", Pull("amplitude.export", "events", ("company_id",)), first_pull_days=3)
    assert run.pulled(connect(there).sources["amplitude.export"], NOW).problem is None
    later = NOW + timedelta(hours=2)
    there.get(Amplitude)._now = lambda: later
    there.get(Amplitude).load({"amplitude": {"events": [event(99, 1.5, late=150)]}})
    with asked(there, "export") as hours:
        source = connect(there, World(retry=HURRIED, clock=FakeClock(), now=lambda: later)).sources["amplitude.export"]
        pulled = run.pulled(source, later)
    assert hours == [("20260307T03", "20260307T08")]
    assert (pulled.problem, pulled.stored, pulled.repeats) == (None, 1, 1)


def test_what_came_in_lately_is_not_said_to_be_known(start: Callable[..., StandIns], tmp_path: Path) -> None:
    run = Run(tmp_path / "run", Pull("amplitude.export", "events", ("company_id",)), first_pull_days=3)
    run.pulled(connect(start()).sources["amplitude.export"], NOW)
    _, covered, _ = run.marks()
    assert covered["amplitude.export"][-1][1] == NOW - timedelta(hours=3)


def test_an_export_has_its_end(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault("amplitude", "trickle", path="export", seconds=15, times=9)
    _, failure = pull(there, "2026-03-06", at=World(retry=RetryPolicy(tries=1), timeout=0.25, now=lambda: NOW))
    assert isinstance(failure, TryLater), failure


# --- cohorts ----------------------------------------------------------------------------------------------------------


def test_a_cohort_gives_the_accounts_of_its_members(start: Callable[..., StandIns]) -> None:
    there = start(members=["ana", "ben", "nobody"])
    assert cohort(there) == {"acme", "globex"}
    assert cohort(there, COHORT) == {"acme", "globex"}, "by its id, too"


def test_a_large_file_is_fetched_from_where_it_lies_without_our_keys(start: Callable[..., StandIns]) -> None:
    """The stand-in's store of files refuses a call that brings a second authorization, as S3 does."""
    there = start()
    assert len(cohort(there)) == 5
    assert [call["status"] for call in there.requests(path="/s3/")] == [200]


def test_an_address_that_is_no_good_any_more_is_asked_for_again(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault("amplitude", "status", path="/s3/", status=403, body="<Error><Code>AccessDenied</Code></Error>")
    assert len(cohort(there)) == 5
    assert [call["status"] for call in there.requests(path="/file")] == [302, 302]
    there.fault("amplitude", "status", path="/s3/", status=403, times=9)
    with pytest.raises(TryLater, match="the address of its file answered 403") as caught:
        cohort(there)
    assert "Signature" not in str(caught.value)


def test_a_property_may_hold_a_list_of_accounts(start: Callable[..., StandIns]) -> None:
    there = start(members=["ana"])
    there.state.put(
        "amplitude.users",
        "ana",
        {
            **there.state.get("amplitude.users", "ana"),
            "properties": {  # type: ignore[dict-item]
                "company_id": ["acme", "globex"]
            },
        },
    )
    assert cohort(there) == {"acme", "globex"}


def test_a_cohort_that_is_not_shown_is_said_not_to_be(start: Callable[..., StandIns]) -> None:
    with pytest.raises(NotThere, match=r"shows no cohort called `Power`; it shows `Power users`.*discoverable"):
        cohort(start(), "Power")
    with pytest.raises(NotThere, match="shows no cohort called `Power users`; it shows `Expansion`"):
        cohort(start(archived=True))


def test_of_two_cohorts_with_one_name_nobody_knows_which_is_meant(start: Callable[..., StandIns]) -> None:
    there = start()
    there.state.put("amplitude.cohorts", "another", {"id": "another", "name": "Power users", "members": ["ana"]})
    with pytest.raises(Refused, match="has 2 cohorts called `Power users`; write the id"):
        cohort(there)
    assert cohort(there, "another") == {"acme"}


def test_a_cohort_that_counts_groups_is_refused_before_a_download_is_spent(start: Callable[..., StandIns]) -> None:
    there = start(counts="company_id")
    with pytest.raises(Refused, match="counts `company_id`, and what its file holds is not documented"):
        cohort(there)
    assert there.requests(path="request") == []


def test_a_property_that_no_member_has_is_named(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault("amplitude", "status", path="/s3/", status=200, body="amplitude_id,user_id\n1,ana\n")
    with pytest.raises(Refused, match=r"no column for the user property `org`.*AMPLITUDE_ACCOUNT_PROPERTY"):
        cohort(there, account_property="org")


def test_a_file_that_holds_less_than_announced_takes_nobody_out(
    start: Callable[..., StandIns], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    there, run = start(), Run(tmp_path / "run", Pull("amplitude.cohort", "cohort", ("Power users",)))
    assert run.pulled(connect(there).sources["amplitude.cohort"], NOW).problem is None
    before = run.known()
    there.fault("amplitude", "status", path="/s3/", status=200, body="amplitude_id,user_id,company_id\n1,ana,acme\n")
    pulled = run.pulled(connect(there).sources["amplitude.cohort"], NOW + timedelta(hours=1))
    assert pulled.problem is None
    assert "5 were announced and 1 came; nobody is taken for gone" in caplog.text
    assert run.known() == before


def test_half_a_line_in_a_file_is_no_member(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault(
        "amplitude", "status", path="/s3/", status=200, body="amplitude_id,user_id,company_id\n1,ana,acme\n2,be"
    )
    with pytest.raises(TryLater):
        cohort(there)


def test_a_cohort_that_was_not_worked_out_anew_is_not_downloaded_again(
    start: Callable[..., StandIns], tmp_path: Path
) -> None:
    day_before = int((NOW - timedelta(days=1)).timestamp())
    there = start(lastComputed=day_before)
    run = Run(tmp_path / "run", Pull("amplitude.cohort", "cohort", ("Power users",)))
    for hours in range(4):
        at = NOW + timedelta(hours=hours)
        assert run.pulled(connect(there).sources["amplitude.cohort"], at).problem is None
    assert len(there.requests(path=f"request/{COHORT}")) == 1
    _, _, pulls = run.marks()
    assert pulls["amplitude.cohort:Power users"].last == NOW + timedelta(hours=3), "it was asked, and is as it was"
    changed: dict[str, Any] = there.state.get("amplitude.cohorts", COHORT) or {}
    there.state.put("amplitude.cohorts", COHORT, {**changed, "members": ["ana"], "lastMod": int(at.timestamp())})
    assert run.pulled(connect(there).sources["amplitude.cohort"], at + timedelta(hours=1)).stored == 4


def test_a_cohort_of_which_nobody_says_when_it_was_worked_out_is_downloaded(
    start: Callable[..., StandIns], tmp_path: Path
) -> None:
    there = start(lastComputed=None)
    run = Run(tmp_path / "run", Pull("amplitude.cohort", "cohort", ("Power users",)))
    for hours in range(2):
        run.pulled(connect(there).sources["amplitude.cohort"], NOW + timedelta(hours=hours))
    assert len(there.requests(path=f"request/{COHORT}")) == 2


def test_a_job_is_waited_for_and_not_for_ever(start: Callable[..., StandIns]) -> None:
    there = start()
    there.get(Amplitude).polls = 7
    assert len(cohort(there)) == 5
    there.get(Amplitude).polls = 10_000
    with pytest.raises(TryLater, match="the cohort was not ready after 15 minutes"):
        cohort(there)
    failed = {"request_id": "rq", "cohort_id": COHORT, "async_status": "JOB FAILED"}
    there.fault("amplitude", "status", path="request-status", status=200, body=failed)
    with pytest.raises(TryLater, match=r"the cohort was not made there \(JOB FAILED\)"):
        cohort(there)


# --- settings and doctor ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "host"), [("us", "https://amplitude.com"), ("eu", "https://analytics.eu.amplitude.com")]
)
def test_each_region_has_its_host(region: Any, host: str) -> None:
    assert Settings(_env_file=None, api_key="k", secret_key="s", region=region).api == host


def test_a_lag_shorter_than_amplitudes_own_is_refused() -> None:
    with pytest.raises(ValidationError, match="export_lag_hours"):
        Settings(_env_file=None, api_key="k", secret_key="s", export_lag_hours=2)


def test_doctor_says_what_answers_and_uses_no_download(start: Callable[..., StandIns]) -> None:
    there = start(event(1, 3))
    findings = connect(there).check()
    assert [finding.what for finding in findings] == [
        "the keys are accepted; 2 cohorts can be seen",
        "the raw export answers",
        "Amplitude does not tell what the keys may do",
    ]
    assert there.requests(path="cohorts/request") == []
    there.fault("amplitude", "status", path="export", status=403, times=9, body="not in your plan")
    [_, export, _] = connect(there).check()
    assert not export.ok
    assert "may not do this (not in your plan)" in str(export.remedy)


def test_doctor_says_that_the_keys_are_wrong(start: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch) -> None:
    there = start()
    monkeypatch.setitem(there.get(Amplitude).credentials, "AMPLITUDE_SECRET_KEY", "another")
    [finding] = connect(there).check()
    assert not finding.ok
    assert "AMPLITUDE_REGION is where the project lives" in str(finding.remedy)
    with pytest.raises(NoAccess):
        cohort(there)
