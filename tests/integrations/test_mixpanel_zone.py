"""Projects made before 2023 keep the wall clock of their zone, and their days are its: read as they happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from expansion.contract import EventRow, Failure, Refused
from integrations.kit.declare import Connected, Finding
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from integrations.mixpanel import INTEGRATION
from integrations.mixpanel.settings import Settings
from integrations.mixpanel.zone import days_to_ask, to_utc, zone_of
from sandbox.mixpanel import app as stand_in
from tests.integrations.conftest import StandIns

PACIFIC, TOKYO = "US/Pacific", "Asia/Tokyo"
ZONES = ["UTC", PACIFIC, TOKYO, "Europe/London", "Asia/Kolkata", "Pacific/Kiritimati"]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


def event(when: datetime, name: str = "Report Viewed", **more: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "ana", "time": int(when.timestamp()), "insert_id": f"i-{when}", **more}


Start = Callable[..., StandIns]


@pytest.fixture
def project(stand_ins: Callable[..., StandIns]) -> Start:
    """`project(zone, now, events)`: a project made before 2023, unless told otherwise."""

    def start(zone: str, now: datetime, events: list[dict[str, Any]], *, before_2023: bool = True) -> StandIns:
        def make(state: Any) -> stand_in.Mixpanel:
            return stand_in.Mixpanel(state, zone=zone, before_2023=before_2023, now=lambda: now)

        return stand_ins(make, sample={"mixpanel": {"events": events, "cohorts": []}})

    return start


def connected(there: StandIns, now: datetime, zone: str | None = None) -> Connected:
    settings = Settings(
        service_account=stand_in.SERVICE_ACCOUNT, secret=SecretStr(stand_in.SECRET), project_id=stand_in.PROJECT_ID,
        base_url=there.base_url("mixpanel"), _env_file=None, **({"event_time_zone": zone} if zone else {}),
    )  # fmt: skip
    retry = RetryPolicy(tries=1)
    return INTEGRATION.connect(settings, World(retry=retry, now=lambda: now))


def pull(one: Connected, since: str, until: str) -> tuple[list[EventRow], Failure | None]:
    rows: list[EventRow] = []
    try:
        rows.extend(one.sources["mixpanel.export"].events(since, until, "company_id"))
    except Failure as failure:
        return rows, failure
    return rows, None


def test_tomorrow_is_never_asked_for_and_all_that_happened_is_read(project: Start) -> None:
    now = at(2026, 3, 7, 5, 30)  # half past nine in the evening of the 6th, where the project is
    events = [event(at(2026, 3, 7, 5)), event(at(2026, 3, 6, 11)), event(at(2026, 3, 5, 0, 30))]
    there = project(PACIFIC, now, events)
    rows, failure = pull(connected(there, now, PACIFIC), "2026-03-05", "2026-03-07")
    assert failure is None
    assert sorted(row.time for row in rows) == sorted(one["time"] for one in events)
    assert {row.received_at for row in rows} == {(one["time"] + 2) * 1000 for one in events}, "arrivals are UTC anyway"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 5, 11, 16, 23])
def test_every_event_is_read_as_it_happened_in_every_zone(project: Start, zone: str, hour: int) -> None:
    now = at(2026, 7, 7, hour, 30)
    events = [event(now - timedelta(hours=hours)) for hours in range(1, 60, 7)]
    there = project(zone, now, events)
    rows, failure = pull(connected(there, now, zone), "2026-07-04", "2026-07-07")
    assert failure is None
    assert sorted(row.time for row in rows) == sorted(one["time"] for one in events)


def test_a_newer_project_has_days_and_times_of_utc_wherever_it_is(project: Start) -> None:
    now = at(2026, 3, 7, 5, 30)
    there = project(PACIFIC, now, [event(at(2026, 3, 7, 5))], before_2023=False)
    rows, failure = pull(connected(there, now), "2026-03-05", "2026-03-07")
    assert (failure, [row.time for row in rows]) == (None, [int(at(2026, 3, 7, 5).timestamp())])


def test_without_the_setting_what_came_is_kept_and_the_setting_is_named(project: Start) -> None:
    now = at(2026, 3, 7, 5, 30)
    there = project(PACIFIC, now, [event(at(2026, 3, 6, 11))])
    rows, failure = pull(connected(there, now), "2026-03-05", "2026-03-07")
    assert len(rows) == 1, "the day before is read all the same"
    assert isinstance(failure, Refused)
    assert "the last day has not begun in the project's time zone; set MIXPANEL_EVENT_TIME_ZONE" in str(failure)
    rows, failure = pull(connected(there, now), "2026-03-07", "2026-03-07")
    assert rows == []
    assert isinstance(failure, Refused)


def test_the_id_of_an_event_is_the_same_whatever_the_setting(project: Start) -> None:
    now = at(2026, 3, 8)
    there = project(TOKYO, now, [event(at(2026, 3, 6, 11))])
    ids = {pull(connected(there, now, zone), "2026-03-05", "2026-03-07")[0][0].event_id for zone in (None, TOKYO)}
    assert len(ids) == 1


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES), st.sampled_from([1, 1000]))
def test_a_wall_clock_is_turned_back_but_for_the_hour_that_comes_twice(seconds: int, zone: str, unit: int) -> None:
    local = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    kept = seconds + int(local.utcoffset().total_seconds())  # type: ignore[union-attr]
    if unit == 1000 and kept < 1e8:
        return  # so few milliseconds are read as seconds, here and by the import
    found = to_utc(kept * unit, ZoneInfo(zone))
    assert found == seconds * unit or local.fold == 1


@pytest.mark.parametrize("odd", [None, "soon", float("nan"), float("inf"), -9e10, 10**400, [], {}, True])
def test_a_time_that_is_none_is_left_to_the_import(odd: Any) -> None:
    assert to_utc(odd, ZoneInfo(TOKYO)) is odd


def test_the_days_asked_for_hold_the_days_of_utc() -> None:
    now = at(2026, 3, 20)
    days = (date(2026, 3, 5), date(2026, 3, 7))
    assert days_to_ask(*days, ZoneInfo("UTC"), now) == days
    assert days_to_ask(*days, ZoneInfo(PACIFIC), now) == (date(2026, 3, 4), date(2026, 3, 7))
    assert days_to_ask(*days, ZoneInfo(TOKYO), now) == (date(2026, 3, 5), date(2026, 3, 8))


def test_a_zone_that_is_none_is_refused_where_it_is_set() -> None:
    with pytest.raises(ValidationError, match="is no time zone; write it like US/Pacific"):
        Settings(service_account="a", secret="b", project_id=1, event_time_zone="Pacific", _env_file=None)  # type: ignore[arg-type]
    assert zone_of("America") is None
    assert zone_of("../etc/passwd") is None


# --- doctor -----------------------------------------------------------------------------------------------------------


def zone_line(there: StandIns, now: datetime, zone: str | None = None) -> Finding:
    return connected(there, now, zone).check()[-1]


def yesterday(now: datetime, *, late: float = 5) -> list[dict[str, Any]]:
    """An event in each hour of the day before, arriving seconds after it happened."""
    times = [now - timedelta(hours=20 + n) for n in range(30)]
    return [event(one, received=one.timestamp() + late) for one in times]


@pytest.mark.parametrize("zone", [PACIFIC, TOKYO])
def test_doctor_sees_that_the_events_contradict_the_setting(project: Start, zone: str) -> None:
    now = at(2026, 3, 7, 20)
    line = zone_line(project(zone, now, yesterday(now)), now)
    assert not line.ok
    assert line.what == f"event times are read as UTC, and those of yesterday are of {zone}: hours lie between"
    assert f"set MIXPANEL_EVENT_TIME_ZONE={zone}" in (line.remedy or "")


def test_doctor_is_content_where_the_setting_is_the_projects_zone(project: Start) -> None:
    now = at(2026, 3, 7, 20)
    line = zone_line(project(TOKYO, now, yesterday(now)), now, TOKYO)
    assert (line.ok, line.mark, line.what) == (True, "ok", "event times are read as of Asia/Tokyo, the project's zone")


def test_doctor_sees_a_setting_that_a_newer_project_must_not_have(project: Start) -> None:
    now = at(2026, 3, 7, 20)
    line = zone_line(project(PACIFIC, now, yesterday(now), before_2023=False), now, PACIFIC)
    assert not line.ok
    assert "set MIXPANEL_EVENT_TIME_ZONE=UTC" in (line.remedy or "")


def test_doctor_asks_where_the_zone_is_not_utc_and_events_do_not_tell(project: Start) -> None:
    now = at(2026, 3, 7, 20)
    quiet = zone_line(project(PACIFIC, now, []), now)
    assert (quiet.ok, quiet.mark) == (True, "warning")
    assert "where the project was made before 2023, set MIXPANEL_EVENT_TIME_ZONE=US/Pacific" in (quiet.remedy or "")
    imported = yesterday(now, late=40 * 3600)  # by a job each night: no gap tells anything
    assert zone_line(project(PACIFIC, now, imported), now).mark == "warning"
    elsewhere = zone_line(project(PACIFIC, now, []), now, TOKYO)
    assert elsewhere.what == "the project's zone is US/Pacific, and MIXPANEL_EVENT_TIME_ZONE says Asia/Tokyo"


def test_doctor_says_so_where_mixpanel_does_not_tell_the_zone(project: Start) -> None:
    now = at(2026, 3, 7, 20)
    there = project("", now, [], before_2023=False)
    line = zone_line(there, now)
    assert (line.mark, line.what) == ("note", "Mixpanel does not tell the project's time zone")


def test_lines_that_are_no_events_tell_doctor_nothing(project: Start) -> None:
    now = at(2026, 3, 7, 20)
    there = project(PACIFIC, now, [])
    odd = ["[]", "{", json.dumps({"properties": {"time": "x"}}), json.dumps({"properties": None}), '{"properties": {}}']
    there.fault("mixpanel", "status", status=200, body="\n".join(odd * 3), path="export")
    assert zone_line(there, now).mark == "warning"
