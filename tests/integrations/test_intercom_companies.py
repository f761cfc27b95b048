"""Intercom: attributes of companies, and support conversations as events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from expansion.contract import Done, EventRow, Failure, Refused
from integrations.intercom import INTEGRATION
from integrations.intercom.settings import Settings
from jobs.pull import Pull
from sandbox.intercom.answers import ANSWERS
from sandbox.intercom.app import Intercom
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, ActionContract, Case, FakeClock, number_of
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import NOW, Differs, Limited, SourceCase, SourceContract, world
from tests.systems.intercom import SAMPLE, company, connect

DAY = 86_400
AT = int(NOW.timestamp())


# --- attributes -------------------------------------------------------------------------------------------------------


@pytest.fixture
def there(stand_ins: Callable[..., StandIns]) -> StandIns:
    people = [{"external_id": f"p{n}", "companies": [f"c{n}"]} for n in range(ACCOUNTS)]
    return stand_ins(Intercom, sample={"intercom": {**SAMPLE["intercom"], "contacts": people}})


def attributes(there: StandIns, account: str) -> dict[str, Any]:
    [found] = [one for one in there.state.all("intercom.companies") if one["company_id"] == account]
    return dict(found.get("custom_attributes", {}))


class TestSetCompanyAttribute(ActionContract):
    action = "intercom.set_company_attribute"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return Case(
            stand_ins=there,
            vendor="intercom",
            connect=lambda: connect(there).actions[self.action],
            good=lambda name: company(name, f"c{number_of(name)}"),
            bad=company("bad", "nobody"),
            write={"method": "POST", "path": "/companies"},
            lock_out=lambda: setattr(there.get(Intercom), "revoked", True),
            answers=ANSWERS,
            what="company",
            counted_by=lambda one: f"{one.account.account_id}|expansion_stage=ready",
            once=False,
            findable=False,
        )


@pytest.fixture
def put(there: StandIns) -> Callable[..., Any]:
    return lambda account="c1", **what: (
        connect(there).actions["intercom.set_company_attribute"].deliver([company("one", account, **what)])[0]
    )


def test_values_are_written_as_their_attribute_takes_them(there: StandIns, put: Callable[..., Any]) -> None:
    reply = put(expansion_stage="ready", seats="92")
    assert isinstance(reply, Done)
    assert attributes(there, "c1") == {"expansion_stage": "ready", "seats": 92}
    assert reply.link and reply.link.endswith(f"/companies/{reply.remote_id}")


def test_an_account_that_intercom_does_not_know_makes_no_company(there: StandIns, put: Callable[..., Any]) -> None:
    before = len(there.state.all("intercom.companies"))
    reply = put("stranger", expansion_stage="ready")
    assert isinstance(reply, Refused)
    assert "no company with this account's id" in str(reply)
    assert len(there.state.all("intercom.companies")) == before


@pytest.mark.parametrize(
    ("what", "said"), [({"stage": "x"}, "no attribute `stage`"), ({"seats": "many"}, "takes a whole number")]
)
def test_a_name_or_a_value_that_does_not_fit_is_refused_before_it_is_sent(
    there: StandIns, put: Callable[..., Any], what: dict[str, Any], said: str
) -> None:
    reply = put(**what)
    assert isinstance(reply, Refused)
    assert said in str(reply)
    assert there.requests(method="POST", path="/companies") == []


def test_what_is_so_already_is_not_written_again(there: StandIns, put: Callable[..., Any]) -> None:
    put(seats=92)
    assert put(seats="92").already
    assert len(there.requests(method="POST", path="/companies")) == 1


# --- conversations ----------------------------------------------------------------------------------------------------


def conversation(number: int, days_ago: float, **more: Any) -> dict[str, Any]:
    at = AT - int(days_ago * DAY)
    return {"id": f"c{number}", "created_at": at, "updated_at": at, "company_id": "acme", "contact": "one", **more}


QUESTIONS = [conversation(n, days) for n, days in enumerate((5, 4.2, 3, 2.5, 1, 0.1))]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(stand_ins: Callable[..., StandIns], clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    monkeypatch.setattr("integrations.intercom.client.PAGE", 2)
    sample = {"intercom": {"conversations": QUESTIONS}}
    return stand_ins(lambda state: Intercom(state, clock.monotonic), sample=sample)


def source(desk: StandIns, clock: FakeClock) -> Any:
    settings = Settings(access_token="secret-token", base_url=desk.base_url("intercom"), _env_file=None)
    return INTEGRATION.connect(settings, world(clock)).sources["intercom.conversations"]


class TestConversations(SourceContract):
    source = "intercom.conversations"
    exempt: ClassVar = {
        "test_what_a_whole_answer_no_longer_holds_is_no_longer_known": "a question that was asked has been asked",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a question that was asked has been asked",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "an event has what it has",
    }

    @pytest.fixture
    def case(self, desk: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        one_more = {"intercom": {"conversations": [conversation(99, 0.2)]}}

        def few() -> Any:
            from expansion.limits import Limit

            monkeypatch.setattr("integrations.intercom.client.LIMIT", Limit(2, 10, "a page"))
            return source(desk, clock)

        return SourceCase(
            stand_ins=desk,
            vendor="intercom",
            clock=clock,
            connect=lambda: source(desk, clock),
            pull=Pull(self.source, "events", ("company_id",)),
            pages=JsonPages("conversations/search", "conversations", "total_count"),
            holds=len(QUESTIONS),
            differs=Differs(lambda: desk.get(Intercom).load(one_more), lambda: None),
            answers=ANSWERS,
            lock_out=lambda: setattr(desk.get(Intercom), "revoked", True),
            locked_out="INTERCOM_ACCESS_TOKEN",
            forbid=lambda: desk.get(Intercom).may.discard("conversations"),
            forbidden="Developer Hub",
            limited=Limited(few, 2, 10, "conversations/search"),
            empty=lambda: [desk.state.delete("intercom.conversations", one["id"]) for one in QUESTIONS] and None,
            first_pull_days=7,
        )


def read(desk: StandIns, clock: FakeClock, since: str = "2026-03-01", account: str = "company_id") -> list[EventRow]:
    return list(source(desk, clock).events(since, "2026-03-07", account))


def load(desk: StandIns, *questions: dict[str, Any]) -> None:
    for one in desk.state.all("intercom.conversations"):
        desk.state.delete("intercom.conversations", one["id"])
    desk.get(Intercom).load({"intercom": {"conversations": list(questions)}})


def test_a_question_its_tags_and_its_topics_are_events_of_the_moment_it_was_asked(
    desk: StandIns, clock: FakeClock
) -> None:
    load(desk, conversation(1, 1, tags=["advanced", "api"], topics=["Export"], channel="email"))
    found = read(desk, clock)
    assert [(row.event_id, row.event) for row in found] == [
        ("conversation:c1", "Support Question Asked"),
        ("conversation:c1:tag:t-advanced", "Support Question Tagged"),
        ("conversation:c1:tag:t-api", "Support Question Tagged"),
        ("conversation:c1:topic:Export", "Support Question Topic"),
    ]
    assert {(row.time, row.account_id, row.user_id, row.properties["channel"]) for row in found} == {
        (AT - DAY, "acme", "one", "email")
    }
    assert [row.properties.get("tag") for row in found] == [None, "advanced", "api", None]


def test_a_tag_that_was_added_days_later_comes_with_the_next_pull(desk: StandIns, clock: FakeClock) -> None:
    load(desk, conversation(1, 20, updated_at=AT - 60, tags=["advanced"]))
    found = read(desk, clock, since="2026-03-06")
    assert [(row.event, row.time) for row in found][1] == ("Support Question Tagged", AT - 20 * DAY)


def test_the_search_knows_days_alone_and_what_is_older_is_left_out(desk: StandIns, clock: FakeClock) -> None:
    load(desk, conversation(1, 6.5), conversation(2, 6.3), conversation(3, 1))
    first = NOW.replace(hour=0) - timedelta(days=6)
    assert [row.event_id for row in read(desk, clock, since=f"{first:%Y-%m-%d}")] == [
        "conversation:c3",
        "conversation:c2",
    ]


def test_the_account_is_the_attribute_that_facts_yaml_names_else_the_company_else_the_persons(
    desk: StandIns, clock: FakeClock
) -> None:
    load(desk, conversation(1, 1, attributes={"workspace": 17}), conversation(2, 1, company_id=None))
    named = {row.event_id: row.account_id for row in read(desk, clock, account="workspace")}
    assert named == {"conversation:c1": "17", "conversation:c2": None}


def test_a_conversation_in_an_odd_shape_is_a_failure_in_words(desk: StandIns, clock: FakeClock) -> None:
    desk.fault("intercom", "status", status=200, body={"conversations": [{"id": 1}], "total_count": 1})
    with pytest.raises(Failure, match="shape nobody can read"):
        read(desk, clock)
