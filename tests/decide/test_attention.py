"""Attention budgets: nobody gets more than their share, and what finds no room is carried over, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.calendar.spans import span_from, span_until
from expansion.language.model.values import Span
from expansion.ledger.firings import Overtaken
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.firing import NewFiring
from tests.decide.fakes import playbook, policy, trigger
from tests.decide.runs import TASK, Town, day

DANA, ED = "dana@acme.example", "ed@acme.example"
NUDGE = {"id": "nudge", "do": "intercom.enrol_in_series", "with": {"series": "soft", "people": "admins"}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def town(ledger: Ledger, attention: dict[str, str], *triggers: Any, **owned: tuple[str, int]) -> Town:
    """`a=(DANA, 1000)`: the account's owner and its yearly value."""
    facts = {name: {"owner_email": owner, "arr": arr} for name, (owner, arr) in owned.items()}
    several = list(triggers) or [trigger()]
    return Town(ledger, several, policy(attention=attention), playbooks=[playbook(steps=[TASK])], facts=facts)


def acting(firings: tuple[NewFiring, ...]) -> list[str]:
    return [each.account_id for each in firings if each.decision == "acting"]


# --- per owner --------------------------------------------------------------------------------------------------------


def test_an_owner_gets_the_most_valuable_ones_and_the_rest_is_carried_over(
    ledger: Ledger, snapshot: SnapshotAssertion
) -> None:
    here = town(ledger, {"per_owner": "2 a day"}, a=(DANA, 100), b=(DANA, 300), c=(DANA, 200), d=(ED, 1))
    found = here.run(0, ["a", "b", "c", "d"]).firings
    assert acting(found) == ["b", "c", "d"]
    assert here.firing("a").decision == "carried"
    assert here.firing("a").reason == snapshot
    assert {step.account_id for step in ledger.steps()} == {"b", "c", "d"}


def test_what_is_carried_over_acts_on_another_day(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 100), b=(DANA, 300))
    here.run(0, ["a", "b"])
    assert here.run(0.3, ["a", "b"]).again == ()  # the same day
    here.run(1, ["a", "b"])
    assert here.decisions() == {"a": "acting", "b": "acting"}
    assert here.firing("a").fired_at == day(0)
    assert [one.decision for one in ledger.past_decisions(here.firing("a").id)] == ["carried"]


def test_what_is_carried_over_and_no_longer_true_is_not_sent(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 100), b=(DANA, 300))
    here.run(0, ["a", "b"])
    here.run(1, ["b"], cleared=["a"])
    here.run(2, ["b"])
    assert {step.account_id for step in ledger.steps()} == {"b"}


def test_what_is_carried_over_competes_by_value_with_what_is_new(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 100), b=(DANA, 300), c=(DANA, 200))
    here.run(0, ["a", "b"])
    here.run(1, ["a", "b", "c"])
    assert here.decisions() == {"a": "carried", "b": "acting", "c": "acting"}
    here.run(2, ["a", "b", "c"])
    assert here.decisions()["a"] == "acting"


def test_a_budget_holds_over_all_triggers_and_runs(ledger: Ledger) -> None:
    both = [trigger("seat-limit"), trigger("exports")]
    here = town(ledger, {"per_owner": "2 a day"}, *both, a=(DANA, 3), b=(DANA, 2), c=(DANA, 1))
    here.run(0, ["a"])
    here.run(0.2, ["b", "c"], trigger="exports")
    assert here.decisions("exports") == {"b": "acting", "c": "carried"}


def test_what_was_carried_over_passed_the_flood_brake_and_is_not_counted_again(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 3), b=(DANA, 2), c=(DANA, 1), d=(DANA, 0))
    here.rules = policy(attention={"per_owner": "1 a day"}, flood={"at_most": "3 accounts"})
    here.run(0, ["a", "b", "c"])
    here.run(1, ["a", "b", "c", "d"])
    assert here.decisions() == {"a": "acting", "b": "acting", "c": "carried", "d": "carried"}


def test_what_is_carried_over_is_left_alone_when_a_reason_comes_up(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 100), b=(DANA, 300))
    here.run(0, ["a", "b"])
    deal = [{"reason": "a deal is open", "when": [{"fact": "open_deal", "is": True}]}]
    here.rules = policy(attention={"per_owner": "1 a day"}, suppress=deal)
    here.facts["a"]["open_deal"] = True
    here.run(1, ["a", "b"])
    assert here.decisions()["a"] == "suppressed"


# --- per account, per person ------------------------------------------------------------------------------------------


def test_an_account_has_one_conversation_in_its_time(ledger: Ledger, snapshot: SnapshotAssertion) -> None:
    both = [trigger("seat-limit"), trigger("exports")]
    here = town(ledger, {"per_account": "1 in 14 days"}, *both, a=(DANA, 100))
    here.run(0, ["a"])
    here.run(5, ["a"], trigger="exports")
    assert here.firing("a", "exports").reason == snapshot
    here.run(13, ["a"], trigger="exports")
    assert here.decisions("exports") == {"a": "carried"}
    here.run(14, ["a"], trigger="exports")
    assert here.decisions("exports") == {"a": "acting"}


def test_what_is_joined_is_one_conversation_and_is_carried_over_as_one(ledger: Ledger) -> None:
    both = [trigger("seat-limit"), trigger("exports", leads_to="add_on")]
    here = town(ledger, {"per_account": "1 in 14 days"}, *both, a=(DANA, 100))
    here.run_all(0, {"seat-limit": {"yes": ["a"]}, "exports": {"yes": ["a"]}})
    assert [here.firing("a", name).decision for name in ("seat-limit", "exports")] == ["acting", "acting"]
    third = trigger("third")
    fourth = trigger("fourth", leads_to="add_on")
    here.triggers = [*both, third, fourth]
    here.run_all(1, {"third": {"yes": ["a"]}, "fourth": {"yes": ["a"]}})
    assert [here.firing("a", name).decision for name in ("third", "fourth")] == ["carried", "carried"]
    here.run_all(14, {"third": {"yes": ["a"]}, "fourth": {"yes": ["a"]}})
    assert here.firing("a", "fourth").reason == "starts playbook seats"
    assert here.firing("a", "third").reason == "joined with fourth: one conversation with this account"


def test_a_person_is_counted_in_the_playbooks_that_reach_them(ledger: Ledger, snapshot: SnapshotAssertion) -> None:
    three = [trigger("first"), trigger("second"), trigger("desk", then={"playbook": "desk"})]
    here = town(ledger, {"per_person": "1 in 30 days"}, *three, a=(DANA, 100))
    here.playbooks = [playbook(steps=[TASK, NUDGE]), playbook("desk", steps=[TASK])]
    ana: dict[str, str | None] = {"user_id": "ana", "email": None, "name": None}
    here.groups = {("admins", "a"): [ana]}
    here.run(0, ["a"], trigger="first")
    assert here.firing("a", "first").evidence["reaches"] == ["ana"]
    here.run(1, ["a"], trigger="second")
    assert here.firing("a", "second").reason == snapshot
    here.run(1, ["a"], trigger="desk")
    assert here.decisions("desk") == {"a": "acting"}  # it reaches nobody of theirs
    here.groups = {("admins", "a"): [ana | {"user_id": "bo"}]}
    here.run(2, ["a"], trigger="second")
    assert here.decisions("second") == {"a": "acting"}


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_day_is_one_of_the_policys_zone(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, a=(DANA, 2), b=(DANA, 1))
    here.run(14.9 / 24, ["a"])  # 23:54 in London
    here.run(15.1 / 24, ["b"])  # 00:06
    assert here.decisions() == {"a": "acting", "b": "acting"}


def test_a_run_over_an_earlier_day_counts_what_came_after_it(ledger: Ledger) -> None:
    here = town(ledger, {"per_account": "1 in 14 days"}, trigger("seat-limit"), trigger("exports"), a=(DANA, 1))
    here.run(10, ["a"])
    assert [each.decision for each in here.run(5, ["a"], trigger="exports").firings] == ["carried"]


@pytest.mark.parametrize(
    ("span", "since", "until"),
    [
        (Span(1, "days"), datetime(2026, 3, 29, 0), datetime(2026, 3, 29, 23)),  # 23 hours: the clocks change
        (Span(7, "days"), datetime(2026, 3, 23, 0), datetime(2026, 4, 4, 23)),
        (Span(1, "months"), datetime(2026, 3, 1, 0), datetime(2026, 4, 28, 23)),
        (Span(2, "hours"), datetime(2026, 3, 29, 7), datetime(2026, 3, 29, 11)),
    ],
)
def test_a_span_ends_today_and_may_not_hold_too_many_that_come_after(
    span: Span, since: datetime, until: datetime
) -> None:
    london, now = ZoneInfo("Europe/London"), datetime(2026, 3, 29, 9, tzinfo=UTC)
    assert span_from(now, span, london) == since.replace(tzinfo=UTC)
    assert span_until(now, span, london) == until.replace(tzinfo=UTC)


# --- two at once ------------------------------------------------------------------------------------------------------


def test_two_runs_cannot_fill_one_budget_twice(ledger: Ledger) -> None:
    here = town(ledger, {"per_owner": "1 a day"}, trigger("seat-limit"), trigger("exports"), a=(DANA, 2), b=(DANA, 1))
    first, second = here.decide(0, {"seat-limit": {"yes": ["a"]}}), here.decide(0, {"exports": {"yes": ["b"]}})
    here.record(first, 0)
    with pytest.raises(Overtaken):
        here.record(second, 0)
    here.run(0, ["b"], trigger="exports")
    assert here.decisions("exports") == {"b": "carried"}
    assert {step.account_id for step in ledger.steps()} == {"a"}


def test_the_same_runs_decide_the_same(tmp_path: Path) -> None:
    said = []
    for name in ("one", "two"):
        opened = open_ledger(f"sqlite:///{tmp_path / name}.db")
        here = town(opened, {"per_owner": "1 a day"}, a=(DANA, 2), b=(DANA, 2), c=(ED, 1))
        said.append([here.run(at, ["c", "b", "a"]) for at in (0, 0.5, 1)])
        opened.close()
    assert said[0] == said[1]


def test_without_budgets_nothing_is_counted(ledger: Ledger) -> None:
    here = Town(ledger, rules=policy(), facts={"a": {"arr": 1}})
    here.run(0, ["a"])
    assert "reaches" not in here.firing("a").evidence
