"""What waits for a person: because policy.yaml says so, or because the flood brake held it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.ledger.store import Ledger, open_ledger
from tests.decide.fakes import playbook, policy, trigger
from tests.decide.runs import TASK, Town, day

DEAL = [{"reason": "a deal is open", "when": [{"fact": "open_deal", "is": True}]}]
LARGE = {"reason": "A large deal", "worth_at_least": 20_000}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def town(ledger: Ledger, *rules: dict[str, Any], **more: Any) -> Town:
    """Two accounts: a large one, worth 20,000 a year, and a small one, worth 1 less."""
    facts = {"large": {"arr": 100_000, "open_deal": False}, "small": {"arr": 99_995, "open_deal": False}}
    return Town(ledger, rules=policy(approval=list(rules), **more), playbooks=[playbook(steps=[TASK])], facts=facts)


BOTH = ["large", "small"]


def test_what_is_worth_as_much_waits_with_the_reason(ledger: Ledger, snapshot: SnapshotAssertion) -> None:
    here = town(ledger, LARGE)
    here.run(0, BOTH)
    assert here.decisions() == {"large": "approval", "small": "acting"}
    assert here.firing("large").reason == snapshot
    assert {step.account_id for step in ledger.steps()} == {"small"}
    assert here.run(1, BOTH).again == ()


@pytest.mark.parametrize(
    ("rule", "waits"),
    [
        ({"tiers": ["seat_upgrade"]}, {"large", "small"}),
        ({"tiers": ["add_on"]}, set()),
        ({"triggers": ["seat-limit"], "worth_at_least": 20_000}, {"large"}),
        ({"triggers": ["exports"], "worth_at_least": 20_000}, set()),
        ({"playbooks": ["seats"], "when": [{"fact": "arr", "at_least": 100_000}]}, {"large"}),
        ({"playbooks": ["desk"]}, set()),
        ({"when": [{"fact": "nobody_knows", "is": True}]}, {"large", "small"}),
    ],
)
def test_all_that_is_written_must_fit_and_what_cannot_be_told_asks(
    ledger: Ledger, rule: dict[str, Any], waits: set[str]
) -> None:
    here = town(ledger, {"reason": "Why"} | rule)
    here.run(0, BOTH)
    assert {account for account, decision in here.decisions().items() if decision == "approval"} == waits


def test_a_worth_that_is_not_known_asks(ledger: Ledger, snapshot: SnapshotAssertion) -> None:
    here = town(ledger, LARGE)
    here.facts = {}
    here.run(0, ["large"])
    assert here.firing("large").reason == snapshot


def test_approved_it_acts_in_the_same_episode_and_says_who(ledger: Ledger, snapshot: SnapshotAssertion) -> None:
    here = town(ledger, LARGE)
    here.run(0, BOTH)
    here.run(2, BOTH, released={("seat-limit", "large"): "dana: the board knows"})
    firing = here.firing("large")
    assert firing.reason == snapshot
    assert (firing.decision, firing.fired_at, firing.approved_by) == ("acting", day(0), "dana: the board knows")
    assert len(ledger.steps()) == 2
    assert here.run(3, BOTH, released={("seat-limit", "large"): "ed"}).again == ()


def test_a_flood_that_a_person_lets_go_acts(ledger: Ledger) -> None:
    here = town(ledger, flood={"at_most": "1 accounts"})
    here.run(0, BOTH)
    assert set(here.decisions().values()) == {"flood"}
    here.run(1, BOTH, released={("seat-limit", account): "dana" for account in BOTH})
    assert set(here.decisions().values()) == {"acting"}


def test_what_is_let_go_is_still_left_alone_paused_or_carried_over(ledger: Ledger) -> None:
    here = town(ledger, flood={"at_most": "1 accounts"}, suppress=DEAL, attention={"per_owner": "1 a day"})
    here.run(0, BOTH)
    here.facts["large"]["open_deal"] = True
    let_go = {("seat-limit", account): "dana" for account in BOTH}
    here.run(1, BOTH, released=let_go)
    assert here.decisions() == {"large": "suppressed", "small": "acting"}
    here.facts["large"]["open_deal"] = False
    here.run(1.1, BOTH)  # let go before: the brake does not ask again, the budget does
    assert here.decisions()["large"] == "carried"
    here.run(2, BOTH)
    assert here.firing("large").reason == "starts playbook seats; let go by dana"


def test_where_the_trigger_is_no_longer_true_nothing_is_sent(ledger: Ledger) -> None:
    here = town(ledger, LARGE)
    here.run(0, BOTH)
    here.run(1, ["small"], released={("seat-limit", "large"): "dana"})
    assert here.decisions()["large"] == "approval"


def test_what_waits_holds_its_place_in_the_budget(ledger: Ledger) -> None:
    here = town(ledger, LARGE, attention={"per_owner": "1 a day"})
    here.run(0, BOTH)
    assert here.decisions() == {"large": "approval", "small": "carried"}
    here.run(0.1, BOTH, released={("seat-limit", "large"): "dana"})
    assert here.decisions() == {"large": "acting", "small": "carried"}


def test_declined_it_stays_so_until_its_episode_ends(ledger: Ledger) -> None:
    here = town(ledger, LARGE)
    here.run(0, BOTH)
    ids = [here.firing(account).id for account in BOTH]
    assert ledger.decline(ids, "dana: not now", 1, day(1)) == ids[:1]
    assert (here.firing("large").decision, here.firing("large").reason) == ("declined", "declined by dana: not now")
    assert here.run(2, BOTH, released={("seat-limit", "large"): "ed"}).again == ()
    here.run(3, cleared=["large"])
    assert [each.decision for each in here.run(4, ["large"]).firings] == ["approval"]


def test_two_approvals_at_once_write_the_steps_once(ledger: Ledger) -> None:
    here = town(ledger, LARGE)
    here.run(0, BOTH)
    told, let_go = {"seat-limit": {"yes": BOTH}}, {("seat-limit", "large"): "dana"}
    first, second = here.decide(1, told, let_go), here.decide(1, told, let_go)
    run_id = ledger.start_run("approval", as_of=day(1), now=day(1))
    for each in (first, second):  # even without the mark, each firing is taken by one of them
        ledger.record(run_id, (), (), day(1), again=each.again)
    assert sorted(step.account_id for step in ledger.steps()) == BOTH
    assert len(ledger.past_decisions(here.firing("large").id)) == 1


def test_all_that_is_joined_waits_together(ledger: Ledger) -> None:
    here = town(ledger, {"reason": "Exports", "triggers": ["exports"]})
    here.triggers = [trigger("seat-limit"), trigger("exports", leads_to="add_on")]
    here.playbooks = [playbook(steps=[TASK])]
    here.facts["small"]["arr"] = 10
    here.run_all(0, {"seat-limit": {"yes": ["small"]}, "exports": {"yes": ["small"]}})
    assert [here.firing("small", name).decision for name in ("exports", "seat-limit")] == ["approval", "approval"]
