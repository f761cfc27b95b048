"""A replay decides as runs do: the same days through the real ledger end the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expansion.ledger.store import Ledger, open_ledger
from expansion.measure.replay import Day, Replayed, replay
from expansion.records.ledger import FiringFilter, FiringRecord
from expansion.usage.identity.former_ids import Former, FormerIds
from tests.decide.fakes import FakeEvaluator, answers, policy, trigger
from tests.decide.runs import Town, day

ACCOUNTS = ("a", "b", "c", "d")
NAMES = ("seats", "exports")


@dataclass(frozen=True)
class Played:
    """A day: who is asked with what answer, who has a deal open."""

    hours: int
    answers: dict[str, dict[str, str]]  # trigger -> account -> yes | no | cannot tell
    deals: frozenset[str]


@dataclass(frozen=True)
class Story:
    quiet_for: str | None
    flood: int
    share: str
    alone: str | None
    days: Sequence[Played] = field(default_factory=list)


told = st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, st.sampled_from(["yes", "yes", "no", "cannot tell"])))
played = st.builds(
    Played,
    hours=st.integers(1, 60),
    answers=st.fixed_dictionaries(dict.fromkeys(NAMES, told)),
    deals=st.frozensets(st.sampled_from(ACCOUNTS), max_size=2),
)
stories = st.builds(
    Story,
    quiet_for=st.sampled_from([None, "2 days", "1 week"]),
    flood=st.integers(2, 5),
    share=st.sampled_from(["0%", "30%"]),
    alone=st.sampled_from([None, "3 days"]),
    days=st.lists(played, min_size=1, max_size=8),
)


def rules(story: Story) -> Any:
    suppress: list[dict[str, Any]] = [{"reason": "A deal is open", "when": [{"fact": "deal", "is": True}]}]
    if story.alone:
        suppress.append({"reason": "We spoke", "acted_on_within": story.alone})
    holdout = {"share": story.share, "salt": "x"} if story.share != "0%" else None
    return policy(suppress=suppress, holdout=holdout, flood={"at_most": f"{story.flood} accounts", "times_median": 2})


def triggers(story: Story) -> list[Any]:
    return [trigger(name, **({"quiet_for": story.quiet_for} if story.quiet_for else {})) for name in NAMES]


def facts(one: Played) -> dict[str, dict[str, Any]]:
    return {"deal": {account: account in one.deals for account in ACCOUNTS}}


def of(said: dict[str, str], answer: str) -> list[str]:
    return [account for account, given in said.items() if given == answer]


NOBODY_YET = Played(0, {name: dict.fromkeys(ACCOUNTS, "no") for name in NAMES}, frozenset())


def through_the_ledger(ledger: Ledger, story: Story) -> list[tuple[Any, ...]]:
    town, at = Town(ledger, triggers(story), rules(story)), 0.0
    for one in (NOBODY_YET, *story.days):
        at += one.hours / 24
        town.facts = facts(one)
        said = {
            name: {
                "yes": of(given, "yes"),
                "cleared": of(given, "no"),
                "unknown": dict.fromkeys(of(given, "cannot tell"), "late"),
            }
            for name, given in one.answers.items()
        }
        town.run_all(at, said)
    found = ledger.firings(FiringFilter())
    rows = [(f.trigger, f.account_id, f.episode, f.fired_at, f.decision, *why(f), f.cleared_at) for f in found]
    return sorted(rows, key=str)


def why(firing: FiringRecord) -> tuple[str | None, str | None]:
    """Which of two that are one conversation leads is the matter of a run: a replay asks of each by itself."""
    if firing.reason.startswith("joined with "):
        return "starts playbook seats", "seats"
    return firing.reason, firing.playbook


def played_days(story: Story) -> Iterator[Day]:
    at = 0.0
    for one in (NOBODY_YET, *story.days):
        at += one.hours / 24
        moment = day(at)
        given = {
            name: answers(
                name,
                of(said, "yes"),
                of(said, "no"),
                dict.fromkeys(of(said, "cannot tell"), "late"),
                as_of=moment,
            )
            for name, said in one.answers.items()
        }
        evaluator = FakeEvaluator(facts(one), {}, as_of=moment)
        yield Day(moment, given, lambda evaluator=evaluator: evaluator)


def as_rows(replayed: Replayed) -> list[tuple[Any, ...]]:
    rows = [
        (o.trigger, o.account_id, o.episode, o.at, o.decision, o.reason, o.playbook, o.cleared_at)
        for o in replayed.onsets
    ]
    return sorted(rows, key=str)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


@given(story=stories)
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_replay_ends_as_the_same_days_through_the_ledger(story: Story, empty: Path, tmp_path: Path):
    shutil.copy(empty, tmp_path / "ledger.db")
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    try:
        assert as_rows(replay(triggers(story), rules(story), played_days(story))) == through_the_ledger(ledger, story)
    finally:
        ledger.close()


def one_day(at: float, yes: Sequence[str] = (), cleared: Sequence[str] = (), **more: Any) -> Day:
    moment = day(at)
    given = {"seats": answers("seats", yes, cleared, as_of=moment)}
    return Day(moment, given, lambda: FakeEvaluator({"deal": {}}, {}, as_of=moment), **more)


def test_what_is_true_on_the_first_day_counts_nowhere():
    replayed = replay([trigger("seats")], policy(), [one_day(0, ["a"]), one_day(1, ["a", "b"])])
    assert [one.account_id for one in replayed.of("seats")] == ["b"]
    assert [one.account_id for one in replayed.true_at_first("seats")] == ["a"]


def test_days_on_are_one_firing_and_a_second_spell_is_another():
    days = [one_day(0), one_day(1, ["a"]), one_day(2, ["a"]), one_day(3, [], ["a"]), one_day(4, ["a"])]
    replayed = replay([trigger("seats")], policy(), days)
    assert [(one.account_id, one.episode, one.at) for one in replayed.of("seats")] == [
        ("a", 1, day(1)),
        ("a", 2, day(4)),
    ]


def test_a_draft_is_played_as_if_it_were_live():
    replayed = replay([trigger("seats", status="draft")], policy(), [one_day(0), one_day(1, ["a"])])
    assert [one.decision for one in replayed.of("seats")] == ["acting"]


def test_nobody_is_asked_about_guard_rails_on_a_day_without_a_firing():
    def refuse() -> Any:
        raise AssertionError("nobody fired")

    quiet = Day(day(1), {"seats": answers("seats", as_of=day(1))}, refuse)
    assert replay([trigger("seats")], policy(), [one_day(0), quiet]).onsets == ()


def test_days_come_in_order():
    with pytest.raises(ValueError, match="does not come after"):
        replay([trigger("seats")], policy(), [one_day(1), one_day(1)])


def test_an_open_episode_follows_its_account_to_the_new_id():
    merged = FormerIds({"a": Former("z", 1, day(2).replace(tzinfo=None))})
    days = [one_day(0), one_day(1, ["a"]), one_day(2, ["z"], ids=merged), one_day(3, [], ["z"], ids=merged)]
    (onset,) = replay([trigger("seats")], policy(), days).of("seats")
    assert (onset.account_id, onset.began_as, onset.at, onset.cleared_at) == ("z", "a", day(1), day(3))


def test_of_two_accounts_that_became_one_the_episode_of_the_id_of_now_goes_on():
    merged = FormerIds({"a": Former("z", 1, day(3).replace(tzinfo=None))})
    days = [one_day(0), one_day(1, ["a"]), one_day(2, ["z"]), one_day(3, ["z"], ids=merged)]
    found = replay([trigger("seats")], policy(), days).of("seats")
    assert [(one.account_id, one.cleared_at) for one in found] == [("a", day(3)), ("z", None)]
