"""Segment: traits of accounts, read from their profiles and set on their groups."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from expansion.contract import Done, FactRecord, NoAccess, NotAll, Refused, TryLater, Wanted
from expansion.usage.facts import add_facts
from integrations.kit.declare import SourceBase
from integrations.segment.settings import PROFILES, Settings
from integrations.segment.sources import Profile
from jobs.pull import Pull
from sandbox.segment.answers import ANSWERS
from sandbox.segment.app import Segment
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case, FakeClock
from tests.integrations.pulling import Run
from tests.integrations.replies import Row
from tests.integrations.source_contract import NOW, Differs, Limited, Lost, SourceCase, SourceContract, world
from tests.systems.segment import COMPANIES, connect, sample
from tests.systems.traits import case, setting, taking_back

SET, BACK = "segment.set_group_traits", "segment.take_back"
EACH = "each account has answers of its own"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def space(stand_ins: Callable[..., StandIns], clock: FakeClock) -> StandIns:
    return stand_ins(lambda state: Segment(state, clock.monotonic), sample=sample())


def wanted(*accounts: str, fields: Sequence[str] = ("plan",)) -> Wanted:
    return Wanted(dict.fromkeys(fields, frozenset({"text"})), NOW, accounts=accounts or COMPANIES)


def read(there: StandIns, *accounts: str, **how: Any) -> list[FactRecord]:
    return list(connect(there, **how).sources["segment.profile"].wanted(wanted(*accounts)))


# --- the contract of the source ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TraitPages:
    """The traits of one reply."""

    path: str = "/traits"

    def rows(self, body: bytes) -> list[Row] | None:
        return list(json.loads(body)["traits"].items())

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        return json.dumps(json.loads(body) | {"traits": dict(rows)}).encode()


class Knowing(SourceBase):
    """The source, in a store that knows these accounts."""

    name, title, gives, full = Profile.name, Profile.title, Profile.gives, Profile.full

    def __init__(self, source: SourceBase) -> None:
        self._source = source

    def wanted(self, wanted: Wanted) -> Any:
        return self._source.wanted(replace(wanted, accounts=COMPANIES))


class TestProfile(SourceContract):
    source = "segment.profile"
    exempt: ClassVar = {
        "test_a_record_that_comes_again_with_the_next_page_changes_nothing": EACH,
        "test_an_empty_page_in_the_middle_is_not_the_end": EACH,
        "test_a_page_that_names_itself_as_the_next_is_not_read_for_ever": f"{EACH}; see test_a_cursor_that_leads_back",
        "test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole": "no number is announced",
    }

    @pytest.fixture
    def case(self, space: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        there, state = space.get(Segment), space.state
        second = state.get("segment.profiles", "globex") or {}

        def of_this() -> SourceBase:
            return Knowing(connect(space, world(clock)).sources[self.source])

        def of_two() -> SourceBase:
            monkeypatch.setattr("integrations.segment.client.PROFILES", replace(PROFILES, calls=2))
            return of_this()

        def change_each(change: Callable[[str], object]) -> None:
            for account, _ in state.items("segment.profiles"):
                change(account)

        return SourceCase(
            stand_ins=space,
            vendor="segment",
            clock=clock,
            connect=of_this,
            pull=Pull(self.source, "facts", ("plan", "seats")),
            kinds={"seats": "number"},
            pages=TraitPages(),
            holds=5,
            differs=Differs(
                lambda: state.delete("segment.profiles", "globex"),
                lambda: state.put("segment.profiles", "globex", second),
            ),
            answers=ANSWERS,
            lock_out=lambda: monkeypatch.setitem(there.credentials, "SEGMENT_PROFILE_TOKEN", "another"),
            locked_out="SEGMENT_PROFILE_TOKEN",
            forbid=lambda: space.fault("segment", "status", status=403, times=100),
            forbidden="SEGMENT_SPACE_ID",
            limited=Limited(of_two, 2, 1, "/traits"),
            empty=lambda: change_each(lambda account: state.delete("segment.profiles", account)),
            lost=Lost(lambda: change_each(lambda a: state.put("segment.profiles", a, {"seats": 5})), "plan", None),
        )


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_an_account_is_found_by_its_id_in_small_letters_whatever_signs_it_has(space: StandIns) -> None:
    space.state.put("segment.profiles", "a/b c?d", {"plan": "team"})
    records = read(space, "ACME", "A/B c?d")
    assert [(record.account_id, dict(record.values)) for record in records] == [
        ("ACME", {"plan": "team"}),
        ("A/B c?d", {"plan": "team"}),
    ]


def test_an_account_without_a_profile_is_left_out_and_none_with_one_is_a_wrong_setting(space: StandIns) -> None:
    assert [record.account_id for record in read(space, "acme", "nobody")] == ["acme"]
    with pytest.raises(Refused, match="check SEGMENT_SPACE_ID"):
        read(space, "nobody")


def test_traits_are_read_to_the_last_page(space: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.segment.client.MOST_TRAITS", 1)
    source = connect(space).sources["segment.profile"]
    [record] = source.wanted(wanted("acme", fields=("plan", "seats", "gone")))
    assert record.values == {"plan": "team", "seats": 5}


def test_a_cursor_that_leads_back_is_given_up(space: StandIns) -> None:
    again = {"traits": {}, "cursor": {"has_more": True, "next": "1"}}
    space.fault("segment", "status", status=200, body=again, times=99)
    with pytest.raises(TryLater, match="the same page again and again"):
        read(space, "acme")
    assert len(space.requests()) < 5


def test_an_id_that_segment_trips_over_keeps_no_other_from_being_read(space: StandIns) -> None:
    """Its page warns of 500 to ids with other signs than letters and digits."""
    space.get(Segment).trips_over = {"ac-me"}
    seen: list[str] = []
    with pytest.raises(NotAll, match="1 of 3 profiles cannot be read there"):
        for record in connect(space).sources["segment.profile"].wanted(wanted("acme", "ac-me", "globex")):
            seen.append(record.account_id)
    assert seen == ["acme", "globex"]
    space.get(Segment).trips_over = {"acme"}
    with pytest.raises(TryLater, match="trouble at Segment's side"):
        read(space, "acme", "globex")


def test_a_pull_asks_for_the_accounts_that_the_store_knows(space: StandIns, tmp_path: Path) -> None:
    run = Run(tmp_path / "run", Pull("segment.profile", "facts", ("plan",)))
    source = connect(space).sources["segment.profile"]
    assert run.pulled(source, NOW).problem is None
    assert run.known() == {}, "nobody is known yet"
    assert space.requests() == []
    known = [FactRecord("salesforce.account", name, {"Name": name}) for name in ("acme", "nobody")]
    add_facts(run._open().store, "salesforce.account", known, NOW)
    assert run.pulled(source, NOW).problem is None
    assert run.known()[("plan", "acme", "")] == "team"
    assert len(space.requests()) == 2


def test_what_is_not_set_is_named(space: StandIns) -> None:
    with pytest.raises(NoAccess, match="set SEGMENT_PROFILE_TOKEN and SEGMENT_SPACE_ID"):
        read(space, "acme", space_id=None)
    [reply] = connect(space, write_key=None).actions[SET].deliver([setting()])
    assert isinstance(reply, NoAccess)
    assert "set SEGMENT_WRITE_KEY" in str(reply)


# --- groups -----------------------------------------------------------------------------------------------------------


class _Both:
    action: ClassVar[str]
    exempt: ClassVar = {
        "test_a_token_that_is_never_taken_is_a_matter_for_a_person": "Segment answers 200 to a write key that is wrong"
    }

    @pytest.fixture
    def case(self, space: StandIns) -> Case:
        return case(
            space,
            "segment",
            lambda: connect(space).actions[self.action],
            back=self.action == BACK,
            answers=ANSWERS,
            write={"method": "POST", "path": "v1/group"},
            lock_out=lambda: None,
        )


class TestSetGroupTraits(_Both, ActionContract):
    action = SET


class TestTakeBack(_Both, ActionContract):
    action = BACK


def groups(there: StandIns) -> dict[str, Any]:
    return {one["id"]: one["properties"] for one in there.state.all("segment.accounts")}


def test_what_is_set_is_set_back(space: StandIns) -> None:
    actions = connect(space).actions
    assert all(isinstance(reply, Done) for reply in actions[SET].deliver([setting()]))
    assert groups(space) == {"acct-0": {"expansion_play": "seats"}}
    actions[BACK].deliver([taking_back("back", afterwards={"expansion_play": "none"})])
    assert groups(space) == {"acct-0": {"expansion_play": "none"}}


def test_a_call_that_is_sent_twice_is_one_for_segment(space: StandIns) -> None:
    action = connect(space).actions[SET]
    for _ in range(2):
        assert isinstance(action.deliver([setting()])[0], Done)
    assert list(space.applied("set").values()) == [1]


def test_a_call_that_segment_would_drop_is_refused(space: StandIns) -> None:
    [reply] = connect(space).actions[SET].deliver([setting(properties={f"n{n}": "x" * 7_000 for n in range(5)})])
    assert isinstance(reply, Refused)
    assert "Segment would drop it without a word" in str(reply)
    assert space.requests() == []


# --- settings and doctor ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "hosts"),
    [
        ("us", ("https://profiles.segment.com", "https://api.segment.io")),
        ("eu", ("https://profiles.euw1.segment.com", "https://events.eu1.segmentapis.com")),
    ],
)
def test_each_region_has_its_hosts(region: Any, hosts: tuple[str, str]) -> None:
    settings = Settings(_env_file=None, region=region)
    assert (settings.profiles, settings.tracking) == hosts


def test_doctor_asks_for_a_profile_and_says_what_nobody_can_tell(
    space: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(finding.what, finding.ok) for finding in connect(space).check()] == [
        ("the Profile API answers", True),
        ("Segment does not tell whether the write key is good", True),
    ]
    monkeypatch.setitem(space.get(Segment).credentials, "SEGMENT_PROFILE_TOKEN", "another")
    assert not connect(space).check()[0].ok
    [finding] = connect(space, profile_token=None, space_id=None, write_key=None).check()
    assert finding.ok
