"""Lift as it is read from the ledger: sides, denominators, and a holdout that was changed in the middle."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from expansion.decide.holdout import is_drawn
from jobs.lift import Compared, NoOutcomes, compare, share_of
from jobs.lift_words import told
from tests.measure.folder import DAY, START, Past

NAMES = [f"ac-{n:03}" for n in range(200)]
HELD = {salt: [one for one in NAMES if is_drawn(Fraction(1, 10), "global", salt, one)] for salt in ("spring", "autumn")}
WHY = "held out to measure lift: 10% of all accounts"
LATER = START + 60 * DAY


@pytest.fixture
def past(tmp_path: Path) -> Any:
    past = Past(tmp_path)
    past.holds_out()
    past.accounts(NAMES)
    yield past
    past.place.close()


def fires(past: Past, names: list[str], day: float = 0, salt: str = "spring", trigger: str = "paywall") -> None:
    """As a run decides: held out by the draw, and acted on otherwise."""
    held = [(one, "held_out") for one in names if one in HELD[salt]]
    free = [(one, "acting") for one in names if one not in HELD[salt]]
    past.fired(*held, day=day, trigger=trigger, tier="plan_change", reason=WHY)
    past.fired(*free, day=day, trigger=trigger, tier="plan_change")


def by_name(found: list[Compared]) -> dict[str | None, Compared]:
    return {one.trigger: one for one in found}


def test_all_that_could_fire_fired_were_acted_on_and_bought_more_are_counted_by_side(past: Past):
    fires(past, NAMES[:100])
    past.sells(NAMES[0], NAMES[1], *HELD["spring"][:1], day=10)
    found = by_name(compare(past.place, LATER))
    held = len([one for one in NAMES[:100] if one in HELD["spring"]])
    for name in (None, "paywall"):
        lift = found[name].lift
        assert lift is not None
        assert (lift.held_out.eligible, lift.held_out.fired, lift.held_out.acted) == (len(HELD["spring"]), held, 0)
        assert (lift.treated.eligible, lift.treated.fired) == (200 - len(HELD["spring"]), 100 - held)
        assert lift.treated.acted == 100 - held
        assert lift.treated.converted + lift.held_out.converted == 3


@pytest.mark.parametrize("decision", ["flood", "approval", "declined", "carried", "no_playbook"])
def test_what_kept_anybody_from_acting_after_the_draw_moves_nobody_to_another_side(past: Past, decision: str):
    past.fired(("ac-000", decision), trigger="paywall", tier="plan_change")
    past.sells("ac-000", day=3)
    lift = by_name(compare(past.place, LATER))["paywall"].lift
    assert lift and (lift.treated.fired, lift.treated.acted, lift.treated.converted) == (1, 0, 1)


@pytest.mark.parametrize("decision", ["suppressed", "watching", "quiet"])
def test_what_was_decided_before_the_draw_is_on_no_side(past: Past, decision: str):
    past.fired(("ac-000", decision), trigger="paywall", tier="plan_change")
    past.sells("ac-000", day=3)
    lift = by_name(compare(past.place, LATER))["paywall"].lift
    assert lift and lift.verdict == "nothing"


def test_a_paused_playbook_is_after_the_draw_and_a_paused_trigger_before(past: Past):
    past.fired(("ac-000", "paused"), trigger="paywall", tier="plan_change", reason="playbook call is paused by dana")
    past.fired(("ac-001", "paused"), trigger="paywall", tier="plan_change", reason="trigger paywall is paused by dana")
    past.sells("ac-000", "ac-001", day=3)
    lift = by_name(compare(past.place, LATER))["paywall"].lift
    assert lift and lift.treated.fired == 1


def test_the_held_out_of_a_quiet_first_run_have_nobody_to_be_compared_with(past: Past):
    """After it nobody is acted on, so on the other side nobody counts either."""
    held = HELD["spring"][0]
    past.fired((held, "held_out"), ("ac-000", "quiet"), trigger="paywall", tier="plan_change", reason=WHY)
    past.sells(held, day=3)
    lift = by_name(compare(past.place, LATER))["paywall"].lift
    assert lift and lift.held_out.fired == 0


def test_accounts_of_one_parent_are_one(tmp_path: Path):
    past = Past(tmp_path)
    parent = "parent_account: {from: salesforce.account, field: ParentId, kind: text}\n"
    facts = past.root / "playbooks/shared/facts.yaml"
    facts.write_text(facts.read_text().replace("  plan: {from", f"  {parent}  plan: {{from"))
    past.holds_out()
    policy = past.root / "playbooks/shared/policy.yaml"
    policy.write_text(policy.read_text().replace("owner: owner_email}", "owner: owner_email, parent: parent_account}"))
    from expansion.contract import FactRecord
    from expansion.usage.facts import add_facts

    known = [
        FactRecord("salesforce.account", one, {"ParentId": "ac-900"}, at=START - DAY) for one in ("ac-000", "ac-001")
    ]
    add_facts(past.place.store, "salesforce.account", known, START - DAY, asked=["ParentId"])
    past.accounts(["ac-900"])
    past.fired(("ac-000", "acting"), ("ac-001", "acting"), trigger="paywall", tier="plan_change")
    past.sells("ac-000", "ac-001", day=4)
    lift = by_name(compare(past.place, LATER))["paywall"].lift
    past.place.close()
    assert lift and (lift.treated.fired, lift.treated.converted) == (1, 1)


def test_an_account_that_fires_for_two_triggers_counts_once_in_all_and_once_in_each(past: Past):
    past.fired(("ac-000", "acting"), day=0, trigger="paywall", tier="plan_change")
    past.fired(("ac-000", "acting"), day=1, trigger="big", tier="plan_change")
    past.sells("ac-000", day=9)
    found = by_name(compare(past.place, LATER))
    assert [one.lift.treated.converted for one in found.values() if one.lift] == [1, 1, 1]
    assert [one.lift.treated.fired for one in found.values() if one.lift] == [1, 1, 1]


def test_a_moment_in_the_past_knows_nothing_of_what_came_later(past: Past):
    fires(past, NAMES[:50])
    past.sells("ac-000", day=10)
    before = compare(past.place, START + 20 * DAY)
    fires(past, NAMES[50:], day=25)
    past.sells("ac-001", day=30)
    assert compare(past.place, START + 20 * DAY) == before


# --- a holdout that was changed ---------------------------------------------------------------------------------------


def test_a_new_salt_is_noticed_and_only_what_fired_since_is_compared(past: Past):
    fires(past, NAMES, day=0)
    past.sells(*NAMES[:30], day=5)
    past.holds_out(salt="autumn")
    fires(past, NAMES, day=20, salt="autumn", trigger="big")
    past.sells(*NAMES[:40], day=25)
    found = by_name(compare(past.place, LATER))[None]
    assert found.lift and found.lift.since == START + 20 * DAY
    assert "the holdout was changed after 5 January 2026" in found.notes[0]
    assert "changed sides" in found.notes[0]
    moved = set(HELD["spring"]) ^ set(HELD["autumn"])
    assert found.lift.treated.fired + found.lift.held_out.fired == len(NAMES) - len(moved)


def test_another_share_is_noticed_by_the_reasons_that_were_written_down(past: Past):
    fires(past, NAMES, day=0)
    past.holds_out(share="20%")
    past.sells("ac-000", day=5)
    found = by_name(compare(past.place, LATER))["paywall"]
    assert found.notes and found.lift and found.lift.verdict == "nothing"


def test_one_account_that_changed_its_parent_is_no_change_of_the_holdout(past: Past):
    fires(past, NAMES, day=0)
    past.fired(("ac-000", "held_out"), day=2, trigger="big", tier="plan_change", reason=WHY)
    past.sells("ac-001", day=5)
    assert all(not one.notes for one in compare(past.place, LATER))


def test_a_holdout_that_was_taken_away_is_said(past: Past):
    fires(past, NAMES, day=0)
    past.sells("ac-000", day=5)
    past.policy()
    found = by_name(compare(past.place, LATER))["paywall"]
    assert found.lift is None
    assert told(found) == [
        "accounts were held out until 5 January 2026, and none is now: put `holdout` back as it was to go on measuring"
    ]


# --- what is missing --------------------------------------------------------------------------------------------------


def test_without_a_holdout_it_is_said_how_to_have_one(past: Past):
    past.policy()
    past.fired(("ac-000", "acting"), trigger="paywall", tier="plan_change")
    past.sells("ac-000", day=5)
    found = compare(past.place, LATER)
    assert all(one.lift is None for one in found)
    assert "add `holdout: {share: 10%, salt: spring-2026}` to policy.yaml" in told(found[0])[0]


def test_without_outcomes_there_is_no_lift(past: Past):
    fires(past, NAMES)
    with pytest.raises(NoOutcomes, match="no expansion is known"):
        compare(past.place, LATER)


def test_both_draws_together_hold_out_a_tenth_and_a_tenth_of_the_rest(past: Past):
    trigger = past.place.definitions.workspace.triggers["paywall"]
    policy = past.place.definitions.workspace.policy
    own = trigger.model_copy(update={"holdout": policy.holdout.share if policy.holdout else None})
    assert share_of(own, policy) == Fraction(19, 100)
    assert share_of(trigger, policy) == Fraction(1, 10)


# --- what is said -----------------------------------------------------------------------------------------------------


def _history(past: Past, treated: int, held: int, weeks: int = 12) -> Compared:
    """Of 5 % and more of 200 accounts, a few buy."""
    fires(past, NAMES)
    free = [one for one in NAMES if one not in HELD["spring"]]
    for names in (free[:treated], HELD["spring"][:held]):
        for place, name in enumerate(names):
            past.sells(name, day=1 + place * (weeks * 7 - 2) / len(names))
    return by_name(compare(past.place, START + timedelta(weeks=weeks)))["paywall"]


@pytest.mark.parametrize(("treated", "held"), [(0, 1), (20, 1), (60, 5), (150, 4), (12, 14)], ids=str)
def test_each_verdict_in_words(past: Past, snapshot, treated: int, held: int):
    assert "\n".join(told(_history(past, treated, held))) == snapshot
