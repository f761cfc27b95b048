"""Mixpanel read over real HTTP from its stand-in: mixpanel-utils for profiles, our stream for the raw export."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from mixpanel_utils import MixpanelUtils
from pydantic import SecretStr

from expansion.contract import EventRow, Failure, NoAccess, Refused, TryLater
from integrations.kit.budgets import Alone, Budget
from integrations.kit.world import World
from integrations.mixpanel import INTEGRATION
from integrations.mixpanel.client import Api, Queries
from integrations.mixpanel.meanings import CONCURRENCY_WAIT, HOUR_WAIT, meaning
from integrations.mixpanel.settings import EXPORTS, Settings
from sandbox.mixpanel import app as stand_in
from tests.integrations.conftest import StandIns
from tests.systems.mixpanel import DAY, QUICK, SAMPLE, connected, event, person


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def start(stand_ins: Callable[..., StandIns]) -> Callable[..., StandIns]:
    def begin(sample: dict[str, Any] = SAMPLE, **how: Any) -> StandIns:
        return stand_ins(lambda state: stand_in.Mixpanel(state, **how), sample=sample)

    return begin


def pull(
    there: StandIns, since: str | None = "2026-03-01", until: str = "2026-03-02"
) -> tuple[list[EventRow], Failure | None]:
    """The rows that came, and the failure that ended them."""
    rows: list[EventRow] = []
    try:
        for row in connected(there).sources["mixpanel.export"].events(since, until, "company_id"):
            rows.append(row)
    except Failure as failure:
        return rows, failure
    return rows, None


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_keeps_its_own_properties_and_loses_mixpanels(start: Callable[..., StandIns]) -> None:
    rows, failure = pull(start())
    assert failure is None
    first = rows[0]
    assert (first.event, first.account_id, first.user_id, first.time) == ("Report Viewed", "acme", "ana", DAY)
    assert first.properties == {"company_id": "acme", "feature": "sso"}
    assert first.received_at == (DAY + 2) * 1000
    assert first.event_id is not None
    assert first.event_id.startswith("id-0:")


def test_the_same_event_exported_twice_has_one_id(start: Callable[..., StandIns]) -> None:
    rows, _ = pull(start({"mixpanel": {"events": [event(1), event(1), event(2)]}}))
    assert len(rows) == 3
    assert len({row.event_id for row in rows}) == 2


@pytest.mark.parametrize(
    "changed",
    [{"event": "Other"}, {"distinct_id": "bo", "properties": {"$device_id": "d-9"}}, {"time": DAY + 9}],
)
def test_an_insert_id_alone_does_not_make_two_events_one(
    start: Callable[..., StandIns], changed: dict[str, Any]
) -> None:
    rows, _ = pull(start({"mixpanel": {"events": [event(1), event(1, **changed)]}}))
    assert len({row.event_id for row in rows}) == 2


@pytest.mark.parametrize("insert_id", ["id-1", None])
def test_an_event_that_is_read_before_and_after_a_merge_of_identities_is_one(
    start: Callable[..., StandIns], insert_id: str | None
) -> None:
    sent = {"$device_id": "d-1", "company_id": "acme"}
    before = event(1, distinct_id="$device:d-1", insert_id=insert_id, properties=sent)
    after = event(1, distinct_id="ana", insert_id=insert_id, properties=sent)
    rows, _ = pull(start({"mixpanel": {"events": [before, after]}}))
    assert len(rows) == 2
    assert len({row.event_id for row in rows}) == 1


def test_without_an_insert_id_the_whole_line_stands_in(start: Callable[..., StandIns]) -> None:
    several = [event(1, insert_id=None), event(1, insert_id=None), event(1, insert_id=None, properties={"x": 1})]
    rows, _ = pull(start({"mixpanel": {"events": several}}))
    assert len({row.event_id for row in rows}) == 2


def test_an_event_of_two_accounts_counts_for_both_and_an_anonymous_device_is_nobody(
    start: Callable[..., StandIns],
) -> None:
    both = event(1, properties={"company_id": ["acme", "globex"]}, distinct_id="$device:4f")
    none = event(2, properties={})
    rows, _ = pull(start({"mixpanel": {"events": [both, none]}}))
    assert [(row.account_id, row.user_id) for row in rows] == [("acme", None), ("globex", None), (None, "ana")]
    assert len({row.event_id for row in rows}) == 3


def test_a_line_separator_inside_a_text_does_not_cut_the_line(start: Callable[..., StandIns]) -> None:
    rows, failure = pull(start({"mixpanel": {"events": [event(1, properties={"note": "one\u2028two\x85three"})]}}))
    assert failure is None
    assert rows[0].properties == {"note": "one\u2028two\x85three"}


def test_the_first_pull_reaches_back_half_a_year_in_a_few_exports(start: Callable[..., StandIns]) -> None:
    old = event(1, time=DAY - 179 * 86400)
    there = start({"mixpanel": {"events": [old, event(2), event(3, time=DAY - 180 * 86400)]}})
    rows, _ = pull(there, since=None)
    assert [row.time for row in rows] == [old["time"], DAY + 2]
    assert len(there.requests(path="export")) == 3


def test_both_ends_of_the_days_are_read(start: Callable[..., StandIns]) -> None:
    events = [event(n, time=DAY + n * 86400) for n in (-2, -1, 0, 1)]
    rows, _ = pull(start({"mixpanel": {"events": events}}), "2026-03-01", "2026-03-02")
    assert [row.time for row in rows] == [DAY - 86400, DAY]


def test_a_terminated_export_keeps_what_came_and_says_so(start: Callable[..., StandIns]) -> None:
    rows, failure = pull(start(terminate_after=3))
    assert len(rows) == 3
    assert isinstance(failure, TryLater)
    assert "ended early after 3 lines" in str(failure)


def test_a_cut_export_keeps_what_came_and_the_next_pull_has_it_all(start: Callable[..., StandIns]) -> None:
    many = {"mixpanel": {"events": [event(n, properties={"company_id": f"a{n * 7919 % 997}"}) for n in range(3000)]}}
    there = start(many)
    there.fault("mixpanel", "truncate", path="export")
    rows, failure = pull(there)
    assert 0 < len(rows) < 3000
    assert isinstance(failure, TryLater)
    assert "broke off after" in str(failure)
    rows, failure = pull(there)
    assert (len(rows), failure) == (3000, None)


def test_an_unreadable_line_stops_none_after_it_and_is_reported_at_the_end(start: Callable[..., StandIns]) -> None:
    there = start()
    lines = ['{"event": "A", "properties": {"time": 1, "company_id": "acme"}}', "<html>", "[1]", '{"event": "B"}']
    there.fault("mixpanel", "status", status=200, body="\n".join([*lines, lines[0], ""]), path="export")
    rows, failure = pull(there)
    assert len(rows) == 2
    assert isinstance(failure, Refused)
    assert "3 of 5 lines are no events" in str(failure)


def test_half_a_last_line_is_not_taken_for_an_event(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault("mixpanel", "status", status=200, body='{"event": "A", "properties": {"ti', path="export")
    rows, failure = pull(there)
    assert rows == []
    assert "1 of 1 lines" in str(failure)


def test_an_export_without_any_event_is_not_taken_for_quiet_accounts(start: Callable[..., StandIns]) -> None:
    there = start({})
    rows, failure = pull(there)
    assert rows == []
    assert isinstance(failure, Refused)
    assert "MIXPANEL_PROJECT_ID" in str(failure)
    assert pull(there, "2026-03-02", "2026-03-02") == ([], None)  # a day that has just begun


def test_a_busy_export_is_asked_again(start: Callable[..., StandIns]) -> None:
    there = start()
    there.fault("mixpanel", "status", status=503, path="export")
    there.fault("mixpanel", "cut_before", path="export")
    rows, failure = pull(there)
    assert (len(rows), failure) == (5, None)
    assert len(there.requests(path="export")) == 3


# --- profiles, groups, cohorts ----------------------------------------------------------------------------------------


def test_a_group_profile_gives_the_facts_asked_for(start: Callable[..., StandIns]) -> None:
    records = list(connected(start()).sources["mixpanel.group"].facts(["seats_bought", "plan"]))
    assert [(r.account_id, dict(r.values)) for r in records] == [
        ("acme", {"seats_bought": 50, "plan": "team"}),
        ("globex", {"seats_bought": "20"}),  # others have a plan: this one has none
    ]
    assert records[0].source == "mixpanel.group"


def test_people_are_found_in_every_account_they_belong_to(start: Callable[..., StandIns]) -> None:
    records = list(connected(start()).sources["mixpanel.profile"].people(["email", "name", "role"]))
    assert [(r.account_id, r.user_id) for r in records] == [("acme", "ana"), ("acme", "bo"), ("globex", "bo")]
    assert records[0].values == {"email": "ana@acme.example", "name": "Ana", "role": "admin"}


def test_an_id_is_the_same_however_a_profile_spells_it(start: Callable[..., StandIns]) -> None:
    profiles = [
        {"distinct_id": " ana ", "properties": {"company_id": " acme "}},
        {"distinct_id": "7.0", "properties": {"company_id": 1001.0}},
        {"distinct_id": "cem", "properties": {"company_id": ["1002", " "]}},
        {"distinct_id": "dan", "properties": {"company_id": "NULL"}},
    ]
    groups = [{"distinct_id": "1001.0", "properties": {"plan": "team"}}]
    cohorts = [{"id": 1, "name": "All", "members": [one["distinct_id"] for one in profiles]}]
    there = start({"mixpanel": {"profiles": profiles, "groups": groups, "cohorts": cohorts}})
    sources = connected(there).sources
    people = {(one.account_id, one.user_id) for one in sources["mixpanel.profile"].people(["email"])}
    assert people == {("acme", "ana"), ("1001", "7"), ("1002", "cem")}
    assert [one.account_id for one in sources["mixpanel.group"].facts(["plan"])] == ["1001"]
    assert sources["mixpanel.cohort"].cohort("All").account_ids == {"acme", "1001", "1002"}


def test_a_cohort_gives_the_accounts_of_its_members(start: Callable[..., StandIns]) -> None:
    there = start()
    source = connected(there).sources["mixpanel.cohort"]
    assert source.cohort("Power users").account_ids == {"acme"}
    assert source.cohort("Power users").name == "Power users"
    assert len(there.requests(path="cohorts/list")) == 1  # listing costs a query: ids are kept


def test_an_unknown_cohort_is_answered_with_the_names_that_exist(start: Callable[..., StandIns]) -> None:
    with pytest.raises(Refused, match="no cohort called `Powerusers`; it has `Power users`"):
        connected(start()).sources["mixpanel.cohort"].cohort("Powerusers")


def test_pages_are_read_in_one_session_to_the_last(start: Callable[..., StandIns]) -> None:
    there = start({"mixpanel": {"profiles": [person(f"u{n}") for n in range(2000)]}})
    records = list(connected(there).sources["mixpanel.profile"].people(["email"]))
    assert len({r.user_id for r in records}) == 2000
    assert len(there.requests("POST", "/api/query/engage")) == 2  # a full last page costs no third query


def test_a_page_that_fails_loses_none_of_those_before(start: Callable[..., StandIns]) -> None:
    there = start({"mixpanel": {"profiles": [person(f"u{n}") for n in range(1500)]}})
    there.fault("mixpanel", "status", status=500, path="engage", after=1, times=9)
    seen = []
    with pytest.raises(TryLater, match="the server answered 500"):
        for record in connected(there).sources["mixpanel.profile"].people(["email"]):
            seen.append(record)
    assert len(seen) == 1000


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate"])
def test_a_page_that_breaks_off_is_asked_again(start: Callable[..., StandIns], kind: str) -> None:
    there = start()
    there.fault("mixpanel", kind, path="engage")
    assert len(list(connected(there).sources["mixpanel.group"].facts(["plan"]))) == 2
    assert len(there.requests(path="engage")) == 2


def test_a_page_that_comes_too_late_is_given_up(
    start: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.mixpanel.client.CALL_TIMEOUT", 0.05)
    there = start()
    there.fault("mixpanel", "slow", path="engage", seconds=0.3, times=9)
    with pytest.raises(TryLater, match=r"no answer within|broke off"):
        list(connected(there).sources["mixpanel.group"].facts(["plan"]))
    assert len(there.requests(path="engage")) == 3  # ours; the library would have tried four times as often


@pytest.mark.parametrize("body", ["[4]", '{"status": "ok"}', "<html>half a pa"])
def test_an_answer_that_is_not_mixpanels_is_no_empty_page(start: Callable[..., StandIns], body: str) -> None:
    there = start()
    there.fault("mixpanel", "status", status=200, body=body, path="engage", times=9)
    with pytest.raises(TryLater, match="broke off or is not what Mixpanel documents"):
        list(connected(there).sources["mixpanel.group"].facts(["plan"]))
    there.fault("mixpanel", "status", status=200, body=body, path="cohorts", times=9)
    with pytest.raises(TryLater, match="broke off or is not what Mixpanel documents"):
        connected(there).sources["mixpanel.cohort"].cohort("Power users")


def test_nothing_found_is_a_failure_with_the_setting_to_check(start: Callable[..., StandIns]) -> None:
    sources = connected(start({})).sources
    with pytest.raises(Refused, match="MIXPANEL_DATA_GROUP_ID"):
        list(sources["mixpanel.group"].facts(["plan"]))
    with pytest.raises(Refused, match="MIXPANEL_ACCOUNT_PROPERTY"):
        list(sources["mixpanel.profile"].people(["email"]))
    with pytest.raises(Refused, match="it has none at all"):
        sources["mixpanel.cohort"].cohort("Power users")


def test_without_a_group_key_the_groups_say_which_setting_is_missing(start: Callable[..., StandIns]) -> None:
    with pytest.raises(NoAccess, match="set MIXPANEL_DATA_GROUP_ID"):
        list(connected(start(), data_group_id=None).sources["mixpanel.group"].facts(["plan"]))


# --- refusals and limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, NoAccess, "MIXPANEL_SECRET"),
        (402, NoAccess, "plan does not include"),
        (403, NoAccess, "may not read this"),
        (404, Refused, "MIXPANEL_BASE_URL"),
        (400, Refused, "refused with 400: bad where"),
        (502, TryLater, "answered 502"),
    ],
)
@pytest.mark.parametrize("source", ["mixpanel.group", "mixpanel.export", "mixpanel.cohort"])
def test_every_refusal_is_one_sentence_whoever_reads(
    start: Callable[..., StandIns], source: str, status: int, kind: type[Failure], says: str
) -> None:
    there = start()
    there.fault("mixpanel", "status", status=status, body={"error": "bad where"}, times=9)
    ask: dict[str, Callable[[Any], Any]] = {
        "mixpanel.group": lambda s: list(s.facts(["plan"])),
        "mixpanel.export": lambda s: list(s.events("2026-03-02", "2026-03-02", "company_id")),
        "mixpanel.cohort": lambda s: s.cohort("Power users"),
    }
    with pytest.raises(kind, match=says) as caught:
        ask[source](connected(there).sources[source])
    assert str(caught.value).startswith("Mixpanel, ")
    there.app.faults.waiting.clear()
    ask[source](connected(there).sources[source])  # and it recovers


def test_a_reason_that_is_no_json_is_left_out() -> None:
    assert (
        str(meaning(418, "<html>", "the tea")) == "Mixpanel, the tea: the request was refused with 418: no reason given"
    )
    assert "no reason given" in str(meaning(418, "[]", "the tea"))


def test_wrong_credentials_are_named_and_never_shown(start: Callable[..., StandIns]) -> None:
    with pytest.raises(NoAccess, match="MIXPANEL_SERVICE_ACCOUNT") as caught:
        list(connected(start(), secret=SecretStr("hunter2")).sources["mixpanel.group"].facts(["plan"]))
    assert "hunter2" not in str(caught.value)


def test_the_hours_queries_used_up_means_wait_long_and_ask_nothing_more(start: Callable[..., StandIns]) -> None:
    there, clock = start(queries_an_hour=1), Clock()
    source = connected(there, World(retry=QUICK, clock=clock)).sources["mixpanel.group"]
    list(source.facts(["plan"]))
    with pytest.raises(TryLater, match="queries are used up") as caught:
        list(source.facts(["plan"]))
    assert caught.value.wait == HOUR_WAIT
    sent = len(there.requests())
    with pytest.raises(TryLater, match="no call for 900 seconds"):
        list(source.facts(["plan"]))
    assert len(there.requests()) == sent
    clock.now += HOUR_WAIT
    there.get(stand_in.Mixpanel).queries.hourly = 60
    assert len(list(source.facts(["plan"]))) == 2


def test_our_own_budget_refuses_the_sixty_first_query_before_it_is_sent(start: Callable[..., StandIns]) -> None:
    there = start()
    source = connected(there, World(retry=QUICK, clock=Clock()), queries_per_hour=2).sources["mixpanel.group"]
    for _ in range(2):
        list(source.facts(["plan"]))
    with pytest.raises(TryLater, match="Mixpanel queries: the limit leaves no call"):
        list(source.facts(["plan"]))
    assert len(there.requests()) == 2


def test_too_many_at_once_means_wait_a_moment(start: Callable[..., StandIns]) -> None:
    body = {"error": "Query rate limit exceeded for project_id: 1. 6/5 queries running concurrently and 9/60 queries "}
    body["error"] += "running in the last hour."
    there = start()
    there.fault("mixpanel", "status", status=429, body=body, path="engage")
    assert len(list(connected(there).sources["mixpanel.group"].facts(["plan"]))) == 2
    failure = meaning(429, json.dumps(body), "the test")
    assert isinstance(failure, TryLater)
    assert failure.wait == CONCURRENCY_WAIT
    unsaid = meaning(429, "slow down", "the test")
    assert isinstance(unsaid, TryLater)
    assert unsaid.wait is None


def test_three_exports_a_second_are_not_the_hours_sixty(start: Callable[..., StandIns]) -> None:
    """A 429 whose counters are both within their limits is of the second: a moment later there is a call again."""
    body = {
        "error": "Query rate limit exceeded. 1/100 queries running concurrently and 12/60 queries running in the "
        "last hour"
    }
    there = start()
    there.fault("mixpanel", "status", status=429, body=body, path="export")
    rows, failure = pull(there)
    assert (len(rows), failure) == (5, None)
    too_fast = meaning(429, json.dumps(body), "the test")
    assert isinstance(too_fast, TryLater)
    assert too_fast.wait == 1.0
    assert "used up" not in str(too_fast)


@pytest.mark.parametrize("odd", [{"page": 7}, {"page_size": 0}, {"total": 10**9, "page": 1}])
def test_pages_that_would_never_end_are_given_up(start: Callable[..., StandIns], odd: dict[str, int]) -> None:
    there = start()
    page = {
        "results": [{"$distinct_id": "a", "$properties": {}}],
        "page": 0,
        "page_size": 1,
        "total": 9,
        "session_id": "s",
    }
    there.fault("mixpanel", "status", status=200, body={**page, **odd}, path="engage", times=99)
    with pytest.raises(TryLater, match="not what Mixpanel documents"):
        list(connected(there).sources["mixpanel.group"].facts(["plan"]))
    assert len(there.requests(path="engage")) <= 3


def test_five_queries_run_at_once_and_never_six(start: Callable[..., StandIns]) -> None:
    there = start(seconds_per_query=0.05)
    source = connected(there).sources["mixpanel.group"]
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(list(source.facts(["plan"]))))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 8
    assert {r["status"] for r in there.requests()} == {200}  # the stand-in refuses a sixth


def test_a_place_that_never_comes_free_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.mixpanel.client.CALL_TIMEOUT", 0.01)
    queries = Queries()
    running = [queries.one() for _ in range(5)]
    for one in running:
        one.__enter__()
    with pytest.raises(TryLater, match="5 queries are running already"), queries.one():
        pass


def test_ctrl_c_inside_the_library_is_not_swallowed(
    start: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(MixpanelUtils, "request", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(connected(start()).sources["mixpanel.group"].facts(["plan"]))


def test_the_library_does_not_log_replies(
    start: Callable[..., StandIns], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    there = start()
    there.fault("mixpanel", "status", status=400, body={"error": "ana@acme.example"}, path="engage")
    with caplog.at_level(logging.DEBUG), pytest.raises(Refused):
        list(connected(there).sources["mixpanel.group"].facts(["plan"]))
    assert "ana@acme.example" not in capsys.readouterr().err + caplog.text


# --- settings and doctor ----------------------------------------------------------------------------------------------


def test_each_region_has_its_hosts() -> None:
    def hosts(region: str) -> tuple[str, str, str]:
        settings = Settings(service_account="a", secret="b", project_id=1, region=region)  # type: ignore[arg-type]
        utils = Api(settings, Queries(), Budget("exports", *EXPORTS))._utils()
        return utils.formatted_api, utils.raw_api, utils.import_api

    us, eu = "https://mixpanel.com/api", "https://eu.mixpanel.com/api"
    assert hosts("us") == (us, "https://data.mixpanel.com/api", f"{us}/query")
    assert hosts("eu") == (eu, "https://data-eu.mixpanel.com/api", f"{eu}/query")


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT", "x")
    monkeypatch.setenv("MIXPANEL_PROJECT_ID", "4001")
    with pytest.raises(NoAccess, match="MIXPANEL_SECRET: missing"):
        INTEGRATION.connected()


def test_two_connections_share_the_calls_of_one_allowance(start: Callable[..., StandIns]) -> None:
    there, clock = start(), Clock()
    world = World(Alone(clock), retry=QUICK, clock=clock)
    first, second = (connected(there, world, queries_per_hour=1).sources["mixpanel.group"] for _ in range(2))
    list(first.facts(["plan"]))
    with pytest.raises(TryLater, match="Mixpanel queries: the limit leaves no call"):
        list(second.facts(["plan"]))
    assert len(there.requests()) == 1


def test_doctor_says_what_answers_and_what_is_left_of_the_hour(start: Callable[..., StandIns]) -> None:
    findings = connected(start()).check()
    assert [(f.what, f.ok) for f in findings] == [
        ("queries answer: 1 cohort; 59 of 60 queries left", True),
        ("the raw export answers", True),
        ("the service account is in project 4001", True),
        ("Mixpanel does not tell the role in a project", True),
        ("event times are read as of UTC, the project's zone", True),
    ]


def test_doctor_names_the_remedy(start: Callable[..., StandIns]) -> None:
    findings = connected(start(), service_account="somebody").check()
    assert [(f.ok, f.mark) for f in findings] == [(False, "ok"), (False, "ok"), (True, "warning")]
    assert all("MIXPANEL_SERVICE_ACCOUNT" in (f.remedy or "") for f in findings)


def test_the_declaration_names_every_source() -> None:
    declared = INTEGRATION
    assert set(declared.sources) == {"mixpanel.export", "mixpanel.group", "mixpanel.profile", "mixpanel.cohort"}
    assert declared.sources["mixpanel.cohort"].words().gives == {"cohorts"}
    assert (declared.limits[0].calls, declared.limits[0].seconds) == (60, 3600)
