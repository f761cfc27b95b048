"""One run's decisions, from answers to firings with their steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from expansion.decide.decide import Decisions, decide
from expansion.decide.drafts import NotDecided
from expansion.evaluate.results import Answers
from expansion.language.model.models import Policy, Trigger
from expansion.records.firing import Cleared, LastEpisode, NewFiring
from tests.decide.fakes import (
    NOW,
    FakeEvaluator,
    FakeHistory,
    answers,
    catalog,
    folder,
    playbook,
    policy,
    run,
    trigger,
    unknown,
)

EARLIER = NOW - timedelta(days=40)


def decided(
    *told: Answers,
    evaluator: FakeEvaluator | None = None,
    triggers: Sequence[Trigger] = (),
    rules: Policy | None = None,
    history: FakeHistory | None = None,
    at: datetime = NOW,
) -> Decisions:
    definitions = folder(*(triggers or [trigger()]), policy=rules or policy())
    given = {each.trigger: each for each in told}
    return decide(given, definitions, evaluator or FakeEvaluator(), history or FakeHistory(), run(at), catalog())


def by_account(decisions: Decisions) -> dict[str, NewFiring]:
    return {each.account_id: each for each in decisions.firings}


def worth(**amounts: int) -> FakeEvaluator:
    facts: dict[str, dict[str, Any]] = {account: {"arr": arr} for account, arr in amounts.items()}
    return FakeEvaluator(facts)


def test_a_firing_says_all_that_the_ledger_keeps() -> None:
    evaluator = FakeEvaluator(
        {"a": {"arr": 120_000, "account_name": "Acme", "owner_email": "dana@acme.example"}},
        active={"a": ["u1"]},
    )
    (firing,) = decided(answers(yes=["a"]), evaluator=evaluator).firings
    assert (firing.trigger, firing.account_id, firing.account_name, firing.episode) == ("seat-limit", "a", "Acme", 1)
    assert (firing.fired_at, firing.watermark, firing.git_revision) == (NOW, NOW, "abc1234")
    assert (firing.decision, firing.reason) == ("acting", "starts playbook seats")
    assert firing.definition_hash == "hash of seat-limit"
    assert (firing.tier, firing.currency, firing.owner) == ("seat_upgrade", "USD", "dana@acme.example")
    assert (firing.worth, firing.likely, firing.priority) == (Decimal("24000.00"), Decimal("0.15"), Decimal("3600.00"))
    assert firing.priority_parts[2] == ("Expected a year", "$3,600")
    assert firing.playbook == "seats"
    assert [step.state for step in firing.steps] == ["due"]


def test_the_evidence_is_plain_json_with_every_line() -> None:
    evaluator = FakeEvaluator({"a": {"arr": 1}}, active={"a": ["u1"]})
    (firing,) = decided(answers(yes=["a"]), evaluator=evaluator).firings
    evidence = json.loads(json.dumps(firing.evidence))
    assert evidence["reasons"] == ["seat_usage is at least 80%: 92% (46 of 50)"]
    assert evidence["people"] == ["u1"]
    line = evidence["lines"][0]
    assert (line["answer"], line["wanted"], line["section"]) == ("yes", "80%", "when")
    event = {"event_id": "e-u1", "event": "Invited", "at": "2026-03-03T09:00:00+00:00", "user_id": "u1"}
    assert line["events"] == [event]
    assert evidence["notes"] == ["owner_email is not known, salesforce.account has no value: fallback owner"]


def test_an_account_without_a_name_goes_by_its_id() -> None:
    assert decided(answers(yes=["a-17"])).firings[0].account_name == "a-17"
    nameless = policy(account={})
    assert decided(answers(yes=["a-17"]), rules=nameless).firings[0].account_name == "a-17"


# --- episodes ---------------------------------------------------------------------------------------------------------


def test_open_episodes_stay_and_ended_ones_are_handed_over() -> None:
    last = {name: LastEpisode(2, EARLIER, None, "acting") for name in ("still", "over", "unclear")}
    told = answers(yes=["still", "new"], cleared=["over"], unknown={"unclear": "events are late"})
    decisions = decided(told, history=FakeHistory({"seat-limit": last}))
    assert [each.account_id for each in decisions.firings] == ["new"]
    assert decisions.cleared == (Cleared("seat-limit", "over"),)
    assert decisions.unknown_counts == {"seat-limit": {"events are late": 1}}


def test_a_cooling_account_is_shown_with_its_date() -> None:
    last = {"a": LastEpisode(1, NOW - timedelta(days=3), NOW - timedelta(days=1), "acting")}
    quiet = trigger(quiet_for="30 days")
    decisions = decided(answers(yes=["a"]), triggers=[quiet], history=FakeHistory({"seat-limit": last}))
    assert decisions.firings == ()
    assert [each.until for each in decisions.cooling] == [datetime(2026, 3, 29, 23, tzinfo=UTC)]


def test_a_later_episode_has_other_keys() -> None:
    last = {"a": LastEpisode(1, EARLIER, EARLIER, "acting")}
    first = decided(answers(yes=["a"])).firings[0]
    second = decided(answers(yes=["a"]), history=FakeHistory({"seat-limit": last})).firings[0]
    assert (first.episode, second.episode) == (1, 2)
    assert first.steps[0].key != second.steps[0].key


def test_the_same_answers_give_the_same_decisions() -> None:
    once, again = (decided(answers(yes=["b", "a", "c"]), evaluator=worth(a=1, b=2)) for _ in range(2))
    assert once == again


def test_a_draft_is_not_decided_about_and_a_trigger_without_answers_neither() -> None:
    draft = trigger(status="draft")
    assert decided(answers(yes=["a"]), triggers=[draft]).firings == ()
    assert decided(triggers=[trigger()]).firings == ()


# --- guard rails in their order ---------------------------------------------------------------------------------------

OPEN_DEAL = [{"reason": "an expansion deal is open", "when": [{"fact": "open_deal", "is": True}]}]
EVERYBODY = {"share": "100%", "salt": "s"}


def _with_deals(*accounts: str) -> FakeEvaluator:
    return FakeEvaluator({account: {"open_deal": account.startswith("deal")} for account in accounts})


def test_suppressed_comes_before_held_out_and_both_send_nothing() -> None:
    rules = policy(suppress=OPEN_DEAL, holdout=EVERYBODY)
    found = by_account(decided(answers(yes=["deal", "b"]), evaluator=_with_deals("deal", "b"), rules=rules))
    assert (found["deal"].decision, found["deal"].reason) == ("suppressed", "left alone: an expansion deal is open")
    assert (found["b"].decision, found["b"].reason) == ("held_out", "held out to measure lift: 100% of all accounts")
    assert all(firing.steps == () and firing.playbook is None for firing in found.values())


def test_a_suppression_that_cannot_be_told_is_in_the_evidence() -> None:
    (firing,) = decided(answers(yes=["a"]), rules=policy(suppress=OPEN_DEAL)).firings
    assert firing.decision == "acting"
    note = "it could not be told whether this suppression holds: an expansion deal is open"
    assert note in firing.evidence["notes"]


def test_parent_and_child_are_held_out_together() -> None:
    rules = policy(holdout={"share": "50%", "salt": "s"})
    children = [f"child-{i}" for i in range(20)]
    evaluator = FakeEvaluator({child: {"parent_id": "group"} for child in children})
    decisions = decided(answers(yes=[*children, "group"]), evaluator=evaluator, rules=rules)
    assert len({firing.decision for firing in decisions.firings}) == 1


def test_a_flood_holds_all_that_would_act_and_says_why() -> None:
    rules = policy(suppress=OPEN_DEAL, flood={"at_most": "2 accounts"})
    names = ["deal-1", "deal-2", "a", "b", "c"]
    found = by_account(decided(answers(yes=names), evaluator=_with_deals(*names), rules=rules))
    assert [found[each].decision for each in names] == ["suppressed", "suppressed", "flood", "flood", "flood"]
    assert found["a"].reason.startswith("flood brake: 3 new firings of seat-limit in one run")
    assert all(firing.steps == () for firing in found.values())


def test_what_is_suppressed_does_not_trip_the_brake() -> None:
    rules = policy(suppress=OPEN_DEAL, flood={"at_most": "2 accounts"})
    names = ["deal-1", "deal-2", "a", "b"]
    found = by_account(decided(answers(yes=names), evaluator=_with_deals(*names), rules=rules))
    assert found["a"].decision == found["b"].decision == "acting"


def test_the_brake_looks_at_past_runs() -> None:
    rules = policy(flood={"times_median": 2})
    held = decided(answers(yes=["a", "b", "c"]), rules=rules, history=FakeHistory(past={"seat-limit": [1, 1, 1]}))
    assert {firing.decision for firing in held.firings} == {"flood"}


def test_one_triggers_flood_does_not_hold_another() -> None:
    rules = policy(flood={"at_most": "1 accounts"})
    two = [trigger("flooding"), trigger("calm")]
    decisions = decided(answers("flooding", ["a", "b"]), answers("calm", ["c"]), triggers=two, rules=rules)
    assert [firing.decision for firing in decisions.firings] == ["flood", "flood", "acting"]


def test_a_watched_trigger_records_what_it_would_have_done_and_sends_nothing() -> None:
    rules = policy(suppress=OPEN_DEAL)
    watching = [trigger(status="watching")]
    evaluator = _with_deals("deal", "b")
    found = by_account(decided(answers(yes=["deal", "b"]), evaluator=evaluator, triggers=watching, rules=rules))
    assert {firing.decision for firing in found.values()} == {"watching"}
    assert found["b"].reason == "only watched; live, it would be: starts playbook seats"
    assert found["deal"].reason == "only watched; live, it would be: left alone: an expansion deal is open"
    assert all(firing.steps == () for firing in found.values())


def test_where_no_branch_fits_nothing_is_started() -> None:
    only = {"choose": [{"playbook": "seats", "when": [{"fact": "arr", "at_least": 100}]}]}
    (firing,) = decided(answers(yes=["a"]), evaluator=worth(a=1), triggers=[trigger(then=only)]).firings
    assert (firing.decision, firing.playbook, firing.steps) == ("no_playbook", None, ())


# --- priority and joining ---------------------------------------------------------------------------------------------


def test_firings_come_by_money_unknown_last() -> None:
    evaluator = worth(small=10, large=1000, same=10)
    evaluator.facts["nobody-knows"] = {"arr": unknown()}
    evaluator.active = {"same": ["u1", "u2"]}
    decisions = decided(answers(yes=["nobody-knows", "small", "same", "large"]), evaluator=evaluator)
    assert [firing.account_id for firing in decisions.firings] == ["large", "same", "small", "nobody-knows"]


def test_several_firings_of_one_account_are_one_piece_of_work() -> None:
    notes = playbook(
        steps=[{"id": "ask", "do": "salesforce.create_task", "with": {"subject": "x", "notes": "{{ reasons }}"}}]
    )
    two = [trigger("seat-limit"), trigger("exports", title="Exports a lot", leads_to="add_on")]
    evaluator = FakeEvaluator({"a": {"arr": 1000}, "b": {"arr": 1000}}, active={"a": ["u1"]})
    definitions = folder(*two, policy=policy(), playbooks=[notes])
    given = {"seat-limit": answers(yes=["a"]), "exports": answers("exports", ["a", "b"])}
    decisions = decide(given, definitions, evaluator, FakeHistory(), run(), catalog())
    first, second, third = decisions.firings
    assert (first.trigger, first.account_id, len(first.steps)) == ("exports", "a", 1)  # 3600 × 30% against 200 × 15%
    assert (second.trigger, second.account_id, len(second.steps)) == ("exports", "b", 1)
    assert (third.trigger, third.decision, third.steps, third.playbook) == ("seat-limit", "acting", (), None)
    assert third.reason == "joined with exports: one conversation with this account"
    assert first.steps[0].input is not None
    assert first.steps[0].input["notes"] == (
        "• seat_usage is at least 80%: 92% (46 of 50)\n• Seat limit: seat_usage is at least 80%: 92% (46 of 50)"
    )


def test_a_firing_that_does_not_act_leads_nobody() -> None:
    two = [trigger("rich", status="watching", leads_to="add_on"), trigger("seat-limit")]
    decisions = decided(answers("rich", ["a"]), answers(yes=["a"]), triggers=two, evaluator=worth(a=1))
    found = {firing.trigger: firing for firing in decisions.firings}
    assert found["rich"].decision == "watching"
    assert (found["seat-limit"].reason, len(found["seat-limit"].steps)) == ("starts playbook seats", 1)


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_one_bad_account_stops_no_other_and_is_reported() -> None:
    evaluator = FakeEvaluator(broken={"bad"})
    decisions = decided(answers(yes=["bad", "good"]), evaluator=evaluator)
    assert [firing.account_id for firing in decisions.firings] == ["good"]
    said = "it could not be explained (ValueError), so it was left out of this run"
    assert decisions.problems == (NotDecided("seat-limit", "bad", said),)


def test_a_hostile_name_is_only_a_name() -> None:
    name = "<!channel> *Acme* & <script>{{ 7*7 }}"
    evaluator = FakeEvaluator({"a": {"account_name": name}})
    (firing,) = decided(answers(yes=["a"]), evaluator=evaluator).firings
    assert firing.account_name == name
    assert firing.steps[0].input is not None
    assert firing.steps[0].input["subject"] == f"Seats: {name}"


def test_all_that_is_recorded_survives_json() -> None:
    evaluator = FakeEvaluator({"a": {"arr": Decimal("0.1")}}, active={"a": ["u1"]})
    for step in decided(answers(yes=["a"]), evaluator=evaluator).firings[0].steps:
        parts: Mapping[str, Any] = {"recipe": step.recipe, "input": step.input}
        assert json.loads(json.dumps(parts)) == parts
