"""Suppression, the flood brake, the choice of a playbook, owners: each leaves a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from expansion.accounts.owners import OwnedBy, owners
from expansion.contract import Disposition
from expansion.decide.choose import Chosen, choose
from expansion.decide.flood import flood_reason, per_day, usual_count
from expansion.decide.suppression import suppressed
from expansion.language.model.models import Flood, Suppression
from expansion.ledger.store import open_ledger
from tests.decide.fakes import NOW, FakeEvaluator, policy, trigger, unknown
from tests.decide.runs import Town


def suppression(reason: str, fact: str) -> Suppression:
    return Suppression.model_validate({"reason": reason, "when": [{"fact": fact, "is": True}]})


RULES = [suppression("open deal", "open_deal"), suppression("do not contact", "do_not_contact")]


def test_the_first_suppression_that_holds_gives_the_reason() -> None:
    facts = {
        "both": {"open_deal": True, "do_not_contact": True},
        "second": {"open_deal": False, "do_not_contact": True},
        "none": {"open_deal": False, "do_not_contact": False},
    }
    found = suppressed(RULES, facts, FakeEvaluator(facts))
    assert found.reasons == {"both": "open deal", "second": "do not contact"}
    assert found.notes == {}


def test_a_suppression_that_cannot_be_told_is_noted_and_does_not_suppress() -> None:
    facts = {"a": {"open_deal": False, "do_not_contact": unknown()}}
    found = suppressed(RULES, facts, FakeEvaluator(facts))
    assert found.reasons == {}
    assert found.notes == {"a": ["it could not be told whether this suppression holds: do not contact"]}


def test_a_suppression_whose_source_did_not_answer_holds_the_account() -> None:
    facts = {name: {"open_deal": False, "do_not_contact": unknown()} for name in ("a", "b")}
    asked = FakeEvaluator(facts, silent={"a": "salesforce.account was never pulled"})
    found = suppressed(RULES, facts, asked)
    assert found.reasons == {}
    assert found.held == {
        "a": "nobody can tell whether this holds: do not contact (salesforce.account was never pulled)"
    }


def test_what_certainly_holds_is_the_reason_though_a_source_was_silent() -> None:
    facts = {"a": {"open_deal": unknown(), "do_not_contact": True}}
    found = suppressed(RULES, facts, FakeEvaluator(facts, silent={"a": "hubspot.company was never pulled"}))
    assert (found.reasons, found.held) == ({"a": "do not contact"}, {})


def test_the_strict_reading_can_be_written() -> None:
    clause = {"any_of": [{"fact": "do_not_contact", "is": True}, {"fact": "do_not_contact", "exists": False}]}
    strict = Suppression.model_validate({"reason": "nobody said we may", "when": [clause]})
    facts = {"a": {"do_not_contact": unknown()}, "b": {"do_not_contact": False}}
    assert suppressed([strict], facts, FakeEvaluator(facts)).reasons == {"a": "nobody said we may"}


def test_without_accounts_nothing_is_asked() -> None:
    assert suppressed(RULES, [], FakeEvaluator()).reasons == {}


# --- flood ------------------------------------------------------------------------------------------------------------

BRAKE = Flood.model_validate({"at_most": "100 accounts", "times_median": 3})


@pytest.mark.parametrize(("firings", "held"), [(25, False), (26, True)])
def test_the_triggers_own_limit_is_reached_not_passed(firings: int, held: bool) -> None:
    reason = flood_reason(trigger(hold_if_more_than="25 accounts"), None, firings, [])
    assert (reason is not None) is held


def test_of_a_trigger_about_people_the_accounts_are_counted() -> None:
    reason = flood_reason(trigger(who="users", hold_if_more_than="25 accounts"), None, 31, [])
    assert reason is not None
    assert reason.startswith("flood brake: 31 accounts with new firings of seat-limit in one run, and `hold_if_more")


@pytest.mark.parametrize(("firings", "held"), [(100, False), (101, True)])
def test_the_policys_limit_serves_every_trigger(firings: int, held: bool) -> None:
    assert (flood_reason(trigger(), BRAKE, firings, []) is not None) is held


@pytest.mark.parametrize(("firings", "held"), [(12, False), (13, True)])
def test_three_times_the_usual_number_is_too_many(firings: int, held: bool) -> None:
    assert (flood_reason(trigger(), BRAKE, firings, [4, 0, 90, 2]) is not None) is held


def test_of_a_trigger_that_reacts_the_day_counts() -> None:
    reacts = trigger(check="on_event", hold_if_more_than="3 accounts")
    fired = [("a", at) for at in (NOW, NOW - timedelta(hours=1))] + [("b", NOW)]
    fired += [(name, NOW - timedelta(days=days)) for days, names in ((1, "abcd"), (3, "ab")) for name in names]
    assert per_day(fired, NOW, ZoneInfo("Europe/London"), {"b"}) == (1, [4, 2]), "b is decided about now"
    assert flood_reason(reacts, None, 2, [], 1) is None
    reason = flood_reason(reacts, None, 2, [], 2)
    assert reason is not None
    assert reason.startswith("flood brake: 4 new firings of seat-limit in one day, and `hold_if_more_than` allows 3")


def test_the_median_waits_for_three_runs_with_firings() -> None:
    assert flood_reason(trigger(), BRAKE, 90, [1, 1, 0, 0, 0]) is None
    assert usual_count([2, 0, 5]) is None
    assert usual_count([2, 0, 5, 6, 4]) == Fraction(9, 2)


def test_the_strictest_limit_is_named() -> None:
    reason = flood_reason(trigger(hold_if_more_than="20 accounts"), BRAKE, 500, [4, 4, 4])
    assert reason is not None
    assert "`flood: times_median` in policy.yaml allows 3 times the usual 4" in reason


def test_the_reason_says_how_many_the_limit_and_what_to_do() -> None:
    assert flood_reason(trigger(hold_if_more_than="25 accounts"), None, 31, []) == (
        "flood brake: 31 new firings of seat-limit in one run, and `hold_if_more_than` allows 25; all of them are "
        "held. Look at one with `expansion explain seat-limit ACCOUNT`: if the data are wrong, mend them; if they are "
        "right, `expansion approve --trigger seat-limit` lets all of them go (with `--decline`: none). They stay held "
        "until a person says so; a higher limit is for the next time"
    )


def test_a_brake_without_limits_never_trips() -> None:
    assert flood_reason(trigger(), None, 10**6, [1, 1, 1]) is None
    assert flood_reason(trigger(), Flood.model_validate({"times_median": "many"}), 10**6, [1, 1, 1]) is None


# --- choose -----------------------------------------------------------------------------------------------------------

BRANCHES = {
    "choose": [
        {"playbook": "enterprise", "when": [{"fact": "arr", "at_least": 100_000}]},
        {"playbook": "growth", "when": [{"fact": "seats", "at_least": 50}]},
        {"playbook": "everybody"},
    ]
}


def test_the_first_branch_that_fits_is_taken() -> None:
    facts = {"big": {"arr": 100_000, "seats": 900}, "mid": {"arr": 10, "seats": 50}, "small": {"arr": 10, "seats": 1}}
    chosen = choose(trigger(then=BRANCHES), facts, FakeEvaluator(facts))
    assert {each: it.playbook for each, it in chosen.items()} == {
        "big": "enterprise",
        "mid": "growth",
        "small": "everybody",
    }
    assert all(it.notes == () for it in chosen.values())


def test_a_branch_that_cannot_be_told_is_passed_over_and_noted() -> None:
    facts = {"a": {"arr": unknown(), "seats": 50}}
    chosen = choose(trigger(then=BRANCHES), facts, FakeEvaluator(facts))
    assert chosen["a"] == Chosen("growth", ("it could not be told whether playbook enterprise fits; passed over",))


def test_where_no_branch_fits_there_is_no_playbook() -> None:
    facts = {"a": {"arr": 1}}
    only = {"choose": BRANCHES["choose"][:1]}
    assert choose(trigger(then=only), facts, FakeEvaluator(facts))["a"] == Chosen(None)


# --- owners -----------------------------------------------------------------------------------------------------------


def test_the_accounts_owner_receives_the_work() -> None:
    evaluator = FakeEvaluator({"a": {"owner_email": " dana@acme.example "}})
    assert owners(policy(), ["a"], evaluator)["a"] == OwnedBy("dana@acme.example")


def test_the_fallback_owner_has_a_reason() -> None:
    evaluator = FakeEvaluator({"name": {"owner_email": "Dana Smith"}, "none": {}})
    found = owners(policy(), ["name", "none"], evaluator)
    assert found["name"] == OwnedBy("deals@acme.example", "owner_email holds no e-mail address: fallback owner")
    why = "owner_email is not known, salesforce.account has no value: fallback owner"
    assert found["none"] == OwnedBy("deals@acme.example", why)


def test_a_policy_without_an_owner_fact_sends_all_to_the_fallback() -> None:
    found = owners(policy(account={}), ["a"], FakeEvaluator())
    assert found["a"].email == "deals@acme.example"
    assert found["a"].note == "policy.yaml names no fact for the account's owner: fallback owner"


# --- what lies ahead, and what was done lately ------------------------------------------------------------------------


def test_a_date_that_comes_up_suppresses_from_its_first_day_to_its_last() -> None:
    rule = Suppression.model_validate({"reason": "the renewal", "coming_up": "renewal", "within": "30 days"})
    days = {"yesterday": 2, "today": 3, "last": 33, "after": 34}  # from 3 March on
    facts = {
        name: {"renewal": datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day - 1)} for name, day in days.items()
    }
    found = suppressed([rule], [*facts, "nobody-knows"], FakeEvaluator(facts), ZoneInfo("Europe/London"))
    assert set(found.reasons) == {"today", "last"}
    assert set(found.notes) == {"nobody-knows"}


def test_what_was_acted_on_lately_is_left_alone_by_every_trigger_and_acts_later(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    lately = [{"reason": "we are talking already", "acted_on_within": "14 days"}]
    here = Town(ledger, [trigger("seats"), trigger("exports")], policy(suppress=lately), facts={"a": {"arr": 1}})
    here.run(0, ["a"], trigger="seats")
    here.run(5, ["a"], trigger="exports")
    assert here.firing("a", "exports").reason == "left alone: we are talking already"
    here.run(13, ["a"], trigger="exports")
    assert here.decisions("exports") == {"a": "suppressed"}
    here.run(14, ["a"], trigger="exports")
    assert here.decisions("exports") == {"a": "acting"}
    ledger.close()


def test_what_waits_for_approval_does_not_hold_itself_back(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    lately = [{"reason": "we are talking already", "acted_on_within": "14 days"}]
    asks = [{"reason": "Large", "tiers": ["seat_upgrade"]}]
    here = Town(ledger, [trigger("seats")], policy(suppress=lately, approval=asks), facts={"a": {"arr": 1}})
    here.run(0, ["a"], trigger="seats")
    here.run(1, ["a"], trigger="seats", released={("seats", "a"): "dana"})
    assert here.decisions("seats") == {"a": "acting"}
    ledger.close()


def test_an_account_that_somebody_snoozed_is_left_alone_until_then_and_decided_again(tmp_path: Path) -> None:
    town = Town(open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))
    town.run(0, ["a", "b"])
    asked = next(step.key for step in town.ledger.steps() if step.account_id == "a" and step.step_id == "ask")
    until = NOW + timedelta(days=7)
    said = Disposition("slack.buttons", asked, "snoozed", "U0ANA", NOW, "click", until=until, called="ana")
    town.ledger.dispose(said, NOW)
    town.run(1, [], cleared=["a", "b"])
    town.run(40, ["a", "b"])
    assert [town.firing(name).decision for name in ("a", "b")] == ["acting", "acting"], "the snooze is long over"

    town.ledger.dispose(
        replace(said, at=NOW + timedelta(days=41), remote_id="two", until=NOW + timedelta(days=90)), NOW
    )
    town.run(41, [], cleared=["a", "b"])
    town.run(80, ["a", "b"])
    assert [town.firing(name).decision for name in ("a", "b")] == ["suppressed", "acting"]
    assert town.firing("a").reason == "left alone: ana snoozed it until 1 June 2026"
    town.run(91, ["a", "b"])
    assert town.firing("a").decision == "acting"
    town.ledger.close()
