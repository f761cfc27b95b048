"""What Gainsight PX's action and source promise as all do, and what is their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from expansion.contract import AccountRef, Done, NotThere, Piece, Refused
from expansion.follow.inputs import TakeBack
from integrations.kit.declare import SourceBase
from jobs.pull import Pull
from sandbox.gainsight_px.answers import ANSWERS
from sandbox.gainsight_px.app import GainsightPx, match
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, FIRED_AT, ActionContract, Case, FakeClock, key_of, number_of
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import NOW, Differs, Limited, SourceCase, SourceContract, world
from tests.systems.gainsight_px import SEGMENT, add, connect, sample

Start = Callable[..., StandIns]
AT = int(NOW.timestamp() * 1000)
DAY = 86_400_000


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found: StandIns = stand_ins(GainsightPx, sample=sample(ACCOUNTS))
    found.get(GainsightPx).per_second = 100_000  # the clock of the test does not wait for the server's
    return found


def case(there: StandIns, name: str, **changes: Any) -> Case:
    given: dict[str, Any] = {
        "stand_ins": there,
        "vendor": "gainsight_px",
        "connect": lambda: connect(there).actions[name],
        "good": lambda name: add(f"u-{number_of(name)}", key=name),
        "bad": add("nobody", key="bad"),
        "write": {"method": "POST", "path": "update_membership"},
        "lock_out": lambda: setattr(there.get(GainsightPx), "key", "another"),
        "answers": ANSWERS,
        "what": "add",
        "counted_by": lambda one: f"{one.input.people[0].user_id}|{SEGMENT}",
        "once": False,
        "findable": False,
    }
    return Case(**(given | changes))


class TestAddToSegment(ActionContract):
    action = "gainsight_px.add_to_segment"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(there, self.action)


def take_back(who: str, key: str = "one", segment: str = SEGMENT) -> Piece:
    made = {"segment": segment, "people": [{"user_id": who}]}
    what = TakeBack(step=key_of(key), remote_id=who, made=made)
    return Piece(key_of(f"back {key}"), AccountRef("acme", "Acme"), what, FIRED_AT, "seat-limit", "seats")


class TestTakeBack(ActionContract):
    action = "gainsight_px.take_back"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case(
            there,
            self.action,
            good=lambda name: take_back(f"u-{number_of(name)}", name),
            bad=take_back("u-1", "bad", segment=" "),
            what="remove",
            counted_by=lambda one: f"{one.input.remote_id}|{SEGMENT}",
        )


class TestSegment(SourceContract):
    source = "gainsight_px.segment"
    exempt: ClassVar = {
        "test_where_nothing_is_there_it_is_said": "a segment may be empty: then nobody has matched it",
        "test_where_nothing_is_there_any_more_nothing_is_taken_as_gone": "a segment may be empty",
        "test_a_field_that_is_not_there_is_not_known_any_more_and_the_others_are_read": "a segment has no fields",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "an empty page is asked for "
        "again, and then it is there; what stays away is tested below",
    }

    @pytest.fixture
    def case(self, stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("integrations.gainsight_px.client.EVENTS", 2)
        clock = FakeClock()
        there = matched(stand_ins, clock)
        stand_in, state = there.get(GainsightPx), there.state
        second = state.get("gainsight_px.matches", "m-1") or {}

        def of_this(**changes: Any) -> SourceBase:
            return connect(there, world(clock), **changes).sources[self.source]

        def empty() -> None:
            for one in state.all("gainsight_px.matches"):
                state.delete("gainsight_px.matches", one["eventId"])

        return SourceCase(
            stand_ins=there,
            vendor="gainsight_px",
            clock=clock,
            connect=of_this,
            pull=Pull(self.source, "cohort", ("Struggling",)),
            pages=JsonPages("segment_match", "featureMatchEvents", "totalHits"),
            holds=5,
            differs=Differs(
                lambda: state.delete("gainsight_px.matches", "m-1"),
                lambda: state.put("gainsight_px.matches", "m-1", second),
            ),
            answers=ANSWERS,
            lock_out=lambda: setattr(stand_in, "key", "another"),
            locked_out="GAINSIGHT_PX_API_KEY",
            forbid=lambda: stand_in.may.discard("Read"),
            forbidden="Administration > REST API",
            limited=Limited(lambda: of_this(requests_per_second=2), 2, 1, "gainsight_px/"),
            empty=empty,
        )


def matched(stand_ins: Start, clock: FakeClock, days_ago: int = 1) -> StandIns:
    """Five accounts whose people matched a segment so many days ago."""
    part = {
        "segments": [{"id": f"seg-{n}", "name": name} for n, name in enumerate(["Struggling", "Others"])],
        "matches": [match(f"m-{n}", "seg-0", f"acct-{n}", AT - days_ago * DAY) for n in range(5)],
    }
    found: StandIns = stand_ins(
        lambda state: GainsightPx(state, clock.monotonic, NOW.timestamp), sample={"gainsight_px": part}
    )
    return found


# --- what is their own ------------------------------------------------------------------------------------------------


def members(there: StandIns) -> list[str]:
    return [one["key"] for one in there.state.all("gainsight_px.members")]


def test_who_is_unknown_is_left_out_and_counted_and_nobody_is_made_up(there: StandIns) -> None:
    [reply] = connect(there).actions["gainsight_px.add_to_segment"].deliver([add("u-1", "nobody", "u-2")])
    assert isinstance(reply, Done), reply
    assert reply.remote_id == "u-1,u-2"
    assert reply.note == (
        f"2 people eligible for engagements that ask for the segment {SEGMENT}; 1 of 3 people is not in Gainsight PX"
    )
    assert members(there) == [f"u-1|{SEGMENT}", f"u-2|{SEGMENT}"]


def test_where_nobody_is_known_no_segment_is_made(there: StandIns) -> None:
    [reply] = connect(there).actions["gainsight_px.add_to_segment"].deliver([add("nobody")])
    assert isinstance(reply, Refused)
    assert "in the same case" in str(reply)
    assert there.state.all("gainsight_px.external") == []


def test_a_segment_is_made_once_whoever_comes(there: StandIns) -> None:
    connect(there).actions["gainsight_px.add_to_segment"].deliver([add("u-1"), add("u-2", key="two")])
    assert [one["name"] for one in there.state.all("gainsight_px.external")] == [SEGMENT]


def test_who_was_put_in_is_taken_out_and_the_others_stay(there: StandIns) -> None:
    actions = connect(there).actions
    actions["gainsight_px.add_to_segment"].deliver([add("u-1"), add("u-2", key="two")])
    [reply] = actions["gainsight_px.take_back"].deliver([take_back("u-1")])
    assert isinstance(reply, Done), reply
    assert members(there) == [f"u-2|{SEGMENT}"]


def test_a_key_that_may_only_read_is_told_what_it_lacks(there: StandIns) -> None:
    there.get(GainsightPx).may = {"Read"}
    [reply] = connect(there).actions["gainsight_px.add_to_segment"].deliver([add("u-1")])
    assert "lacks the permission; give it Read and Write in Administration > REST API" in str(reply)


def cohort(there: StandIns, name: str = "Struggling", **changes: Any) -> frozenset[str]:
    return connect(there, world(FakeClock()), **changes).sources["gainsight_px.segment"].cohort(name).account_ids


def test_who_matched_in_the_days_that_are_asked_for_counts(stand_ins: Start) -> None:
    there = matched(stand_ins, FakeClock(), days_ago=20)
    assert len(cohort(there)) == 5
    assert cohort(there, segment_days=10) == frozenset()
    assert cohort(there, "Others") == frozenset()


def test_where_fewer_came_than_are_announced_nobody_is_taken_to_have_left(stand_ins: Start) -> None:
    there = matched(stand_ins, FakeClock())
    page = {"featureMatchEvents": [match("m-0", "seg-0", "acct-0", AT)], "totalHits": 9, "scrollId": None}
    there.fault("gainsight_px", "status", path="segment_match", status=200, body=page)
    found = connect(there, world(FakeClock())).sources["gainsight_px.segment"].cohort("Struggling")
    assert found.account_ids == {"acct-0"}
    assert "1 came of 9 announced" in str(found.less)


def test_a_segment_that_is_not_there_is_named_with_those_that_are(stand_ins: Start) -> None:
    there = matched(stand_ins, FakeClock())
    with pytest.raises(NotThere, match="no segment called `Nope`; it has `Others`, `Struggling`"):
        cohort(there, "Nope")


def test_segments_are_looked_for_on_every_page(stand_ins: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.gainsight_px.client.SEGMENTS", 1)
    assert cohort(matched(stand_ins, FakeClock()), "Others") == frozenset()


def test_doctor_writes_nothing_and_says_what_is_untold(there: StandIns) -> None:
    taken, untold = connect(there).check()
    assert (taken.ok, untold.mark) == (True, "note")
    assert {request["method"] for request in there.requests()} == {"GET"}
    there.get(GainsightPx).key = "another"
    [one] = connect(there).check()
    assert "GAINSIGHT_PX_API_KEY" in str(one.remedy)


def test_the_inbox_shows_who_is_eligible(there: StandIns) -> None:
    connect(there).actions["gainsight_px.add_to_segment"].deliver([add("u-1")])
    [item] = there.get(GainsightPx).inbox()
    assert (item.to, item.title, item.account) == ("u-1", f"In the segment {SEGMENT}", "acct-1")
