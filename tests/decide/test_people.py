"""A trigger about people: an episode for each of them, one conversation with their account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from expansion.decide.decide import Decisions, decide
from expansion.decide.drafts import NotDecided
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import UserOf
from expansion.language.model.models import Policy, Trigger
from expansion.records.firing import Cleared, LastEpisode, NewFiring, step_key
from tests.decide.fakes import NOW, FakeEvaluator, FakeHistory, answers, catalog, folder, playbook, policy, run, trigger

ANA, BO, CY = (UserOf("a", user) for user in ("ana", "bo", "cy"))
SEATS = "seat_usage is at least 80%: 92% (46 of 50)"
PAYWALL = "Paywall Viewed at least 3 times"
TELL = playbook(
    steps=[
        {
            "id": "ask",
            "do": "salesforce.create_task",
            "with": {"subject": "{{ people }} ({{ people_count }})", "notes": "{{ reasons }}"},
        },
        {"id": "nudge", "do": "intercom.enrol_in_series", "with": {"series": "s", "people": "involved"}},
    ]
)


def person(name: str = "paywall", **changes: Any) -> Trigger:
    return trigger(name, who="users", **changes)


def decided(
    *told: Answers,
    evaluator: FakeEvaluator | None = None,
    triggers: Sequence[Trigger] = (),
    rules: Policy | None = None,
    history: FakeHistory | None = None,
) -> Decisions:
    definitions = folder(*(triggers or [person()]), policy=rules or policy(), playbooks=[TELL])
    given = {each.trigger: each for each in told}
    return decide(given, definitions, evaluator or FakeEvaluator(), history or FakeHistory(), run(), catalog())


def sent(firing: NewFiring) -> tuple[str, str]:
    """The subject and the notes of the task."""
    task = firing.steps[0].input
    assert task is not None
    return task["subject"], task["notes"]


# --- episodes ---------------------------------------------------------------------------------------------------------


def test_a_firing_says_whose_it_is() -> None:
    evaluator = FakeEvaluator({"a": {"account_name": "Acme", "arr": 1000}}, names={"ana": "Ana Moss"})
    (firing,) = decided(answers("paywall", [ANA]), evaluator=evaluator).firings
    assert (firing.account_id, firing.user_id, firing.user_name, firing.episode) == ("a", "ana", "Ana Moss", 1)
    assert (firing.subject, firing.called) == (ANA, "Ana Moss of Acme")
    assert firing.worth == Decimal("200.00")
    assert firing.steps[0].key == step_key("a", "paywall", 1, "seats", "ask", "ana")


def test_each_person_has_an_episode_of_their_own() -> None:
    last = {ANA: LastEpisode(3, NOW - timedelta(days=9), None, "acting"), BO: LastEpisode(1, NOW, None, "acting")}
    told = answers("paywall", yes=[BO, CY], cleared=[ANA])
    decisions = decided(told, history=FakeHistory({"paywall": {**last}}))
    assert [(firing.user_id, firing.episode) for firing in decisions.firings] == [("cy", 1)]
    assert decisions.cleared == (Cleared("paywall", "a", "ana"),)


def test_a_person_cools_down_by_themselves() -> None:
    last = {ANA: LastEpisode(1, NOW - timedelta(days=3), NOW - timedelta(days=1), "acting")}
    decisions = decided(
        answers("paywall", [ANA, BO]),
        triggers=[person(quiet_for="30 days")],
        history=FakeHistory({"paywall": {**last}}),
    )
    assert [firing.user_id for firing in decisions.firings] == ["bo"]
    assert [(each.account_id, each.user_id) for each in decisions.cooling] == [("a", "ana")]


def test_people_of_one_account_who_cannot_be_told_for_one_cause_are_one_account() -> None:
    unknown = {ANA: "events are late", BO: "events are late", CY: "no role", UserOf("b", "eve"): "events are late"}
    assert decided(answers("paywall", unknown={**unknown})).unknown_counts == {
        "paywall": {"events are late": 2, "no role": 1}
    }


# --- guard rails are about the account --------------------------------------------------------------------------------


def test_thirty_people_of_one_account_are_no_flood_and_three_accounts_are() -> None:
    rules = policy(flood={"at_most": "2 accounts"})
    crowd = [UserOf("a", f"u{n}") for n in range(30)]
    calm = decided(answers("paywall", [*crowd, UserOf("b", "eve")]), rules=rules)
    assert {firing.decision for firing in calm.firings} == {"acting"}
    flood = decided(answers("paywall", [ANA, UserOf("b", "eve"), UserOf("c", "fay")]), rules=rules)
    assert {firing.decision for firing in flood.firings} == {"flood"}
    assert flood.firings[0].reason.startswith("flood brake: 3 accounts with new firings of paywall in one run")


def test_an_account_that_is_left_alone_is_so_with_all_its_people() -> None:
    rules = policy(suppress=[{"reason": "an expansion deal is open", "when": [{"fact": "open_deal", "is": True}]}])
    evaluator = FakeEvaluator({"a": {"open_deal": True}, "b": {"open_deal": False}})
    found = decided(answers("paywall", [ANA, BO, UserOf("b", "eve")]), evaluator=evaluator, rules=rules).firings
    assert {(each.account_id, each.user_id): each.decision for each in found} == {
        ("a", "ana"): "suppressed",
        ("a", "bo"): "suppressed",
        ("b", "eve"): "acting",
    }
    assert evaluator.asked.count("owner_email") == 1


def test_people_of_one_account_are_held_out_together() -> None:
    rules = policy(holdout={"share": "50%", "salt": "s"})
    people = [UserOf(f"account-{n}", user) for n in range(20) for user in ("ana", "bo")]
    sides: dict[str, set[str]] = {}
    for firing in decided(answers("paywall", people), rules=rules).firings:
        sides.setdefault(firing.account_id, set()).add(firing.decision)
    assert all(len(side) == 1 for side in sides.values())
    assert {"held_out"} in sides.values() and {"acting"} in sides.values()


# --- one conversation -------------------------------------------------------------------------------------------------


def test_people_of_one_account_are_one_conversation() -> None:
    evaluator = FakeEvaluator(
        {"a": {"arr": 1000}, "b": {"arr": 10}},
        names={"ana": "Ana Moss", "bo": "bo@acme.example"},
        more={ANA: ["5 times"], BO: ["3 times"], CY: ["3 times"], UserOf("b", "eve"): ["9 times"]},
    )
    told = answers("paywall", [CY, BO, ANA, UserOf("b", "eve")])
    leader, *joined, other = decided(told, evaluator=evaluator).firings
    assert (leader.user_id, len(leader.steps)) == ("ana", 2)
    assert [(each.user_id, each.decision, each.playbook, each.steps) for each in joined] == [
        ("bo", "acting", None, ()),
        ("cy", "acting", None, ()),
    ]
    assert joined[0].reason == "joined with paywall for Ana Moss: one conversation with this account"
    assert sent(leader) == (
        "Ana Moss, bo, cy (3)",
        f"• Ana Moss: {PAYWALL}: 5 times\n• bo and cy: {PAYWALL}: 3 times\n• Ana Moss, bo and cy: {SEATS}",
    )
    assert leader.steps[1].input is not None
    assert [each["user_id"] for each in leader.steps[1].input["people"]] == ["ana", "bo", "cy"]
    assert joined[0].evidence["reasons"] == [f"{PAYWALL}: 3 times", SEATS]
    assert sent(other) == ("eve (1)", f"• eve: {PAYWALL}: 9 times\n• eve: {SEATS}")


def test_a_person_and_their_account_are_one_conversation_whoever_leads() -> None:
    evaluator = FakeEvaluator({"a": {"arr": 1000}}, names={"ana": "Ana"}, active={"a": ["bo", "ana"]})
    both = [person("paywall", title="Meets a paywall"), trigger("exports", title="Exports a lot", leads_to="add_on")]
    told = answers("paywall", [ANA]), answers("exports", ["a"])
    leader, joined = decided(*told, evaluator=evaluator, triggers=both).firings
    assert (leader.trigger, joined.reason) == ("exports", "joined with exports: one conversation with this account")
    assert sent(leader) == ("bo, Ana (2)", f"• {SEATS}\n• Meets a paywall, Ana: {SEATS}")

    both = [person("paywall", leads_to="add_on"), trigger("exports", title="Exports a lot")]
    leader, joined = decided(*told, evaluator=evaluator, triggers=both).firings
    assert (leader.user_id, joined.reason) == (
        "ana",
        "joined with paywall for Ana: one conversation with this account",
    )
    assert sent(leader) == ("Ana, bo (2)", f"• Ana: {SEATS}\n• Exports a lot: {SEATS}")


def test_a_person_s_firing_is_theirs_whoever_is_behind_a_fact_of_the_account() -> None:
    evaluator = FakeEvaluator({"a": {"arr": 1}}, active={"a": ["bo", "ana", "cy"]})
    (firing,) = decided(answers("paywall", [ANA]), evaluator=evaluator).firings
    assert firing.steps[1].input is not None
    assert [each["user_id"] for each in firing.steps[1].input["people"]] == ["ana"]


def test_of_a_crowd_ten_are_told_and_the_others_counted() -> None:
    crowd = [UserOf("a", f"u{n:02}") for n in range(12)]
    evaluator = FakeEvaluator(more={each: [f"{n + 3} times"] for n, each in enumerate(crowd)})
    leader = decided(answers("paywall", crowd), evaluator=evaluator).firings[0]
    lines = sent(leader)[1].splitlines()
    assert lines[0] == f"• u00: {PAYWALL}: 3 times"
    assert lines[9:] == [
        f"• u09: {PAYWALL}: 12 times",
        f"• u00, u01, u02 and 7 more: {SEATS}",
        "• 2 more people like these",
    ]


def test_an_address_is_no_name() -> None:
    (firing,) = decided(answers("paywall", [UserOf("a", "ana@acme.example")])).firings
    assert (firing.user_id, firing.user_name) == ("ana@acme.example", "ana")
    assert "@" not in sent(firing)[0] + sent(firing)[1]


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_one_bad_person_stops_no_other_of_the_account() -> None:
    decisions = decided(answers("paywall", [ANA, BO]), evaluator=FakeEvaluator(broken={ANA}))
    assert [(each.user_id, len(each.steps)) for each in decisions.firings] == [("bo", 2)]
    said = "it could not be explained (ValueError), so it was left out of this run"
    assert decisions.problems == (NotDecided("paywall", "a", said, "ana"),)


def test_the_same_answers_give_the_same_decisions() -> None:
    once, again = (decided(answers("paywall", people)) for people in ([ANA, BO, CY], [CY, ANA, BO]))
    assert once == again
