"""A playbook and its firings become steps; a waiting one is rendered when its time has come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from expansion.contract import Catalog
from expansion.evaluate.results import Answer, FactValue
from expansion.records.firing import NewStep, step_key
from expansion.steps.steps import NotYet, Ready, Skip, Work, plan_steps, render_waiting
from tests.decide.fakes import NOW, FakeEvaluator, catalog, playbook, policy, unknown

TASK: dict[str, Any] = {
    "id": "ask",
    "do": "salesforce.create_task",
    "with": {"subject": "{{ account.name }}: {{ facts.arr }}"},
}
LATER = TASK | {"id": "remind", "after": "3 days", "only_if": [{"fact": "seat_usage", "at_least": "80%"}]}
NUDGE: dict[str, Any] = {
    "id": "nudge",
    "do": "intercom.enrol_in_series",
    "with": {"series": "soft", "people": "involved"},
    "can_fail": True,
}


def work(account: str = "a", **changes: Any) -> Work:
    context = {
        "account": {"id": account, "name": f"Account {account}", "owner": "dana@acme.example"},
        "reasons": ["full"],
    }
    parts: dict[str, Any] = {
        "account_id": account,
        "trigger": "seat-limit",
        "episode": 1,
        "fired_at": NOW,
        "owner": "dana@acme.example",
        "people": ("u1",),
        "context": context,
    }
    return Work(**(parts | changes))


def planned(
    evaluator: FakeEvaluator, *steps: dict[str, Any], works: list[Work] | None = None
) -> dict[str, tuple[NewStep, ...]]:
    return plan_steps(playbook(steps=steps), works or [work()], catalog(), policy(), evaluator)


def one(evaluator: FakeEvaluator, step: dict[str, Any], **changes: Any) -> NewStep:
    return planned(evaluator, step, works=[work(**changes)])["a"][0]


def test_a_step_without_a_wait_is_due_and_rendered() -> None:
    step = one(FakeEvaluator({"a": {"arr": 120}}), TASK)
    assert (step.state, step.not_before, step.reason) == ("due", None, None)
    assert (step.integration, step.action, step.position) == ("salesforce", "salesforce.create_task", 0)
    assert step.input == {
        "assign_to": "dana@acme.example",
        "subject": "Account a: 120",
        "due": "2026-03-05",
        "notes": None,
    }


def test_the_key_is_the_one_that_everybody_computes() -> None:
    step = one(FakeEvaluator(), TASK, episode=3)
    assert step.key == step_key("a", "seat-limit", 3, "seats", "ask")


def test_the_key_of_a_person_s_step_names_the_person() -> None:
    step = one(FakeEvaluator(), TASK, user_id="ana")
    assert step.key == step_key("a", "seat-limit", 1, "seats", "ask", "ana")


def test_each_part_of_a_key_counts_and_parts_do_not_run_together() -> None:
    parts = [("a", "t", 1, "p", "s"), ("b", "t", 1, "p", "s"), ("a", "u", 1, "p", "s"), ("a", "t", 2, "p", "s")]
    parts += [("a", "t", 1, "q", "s"), ("a", "t", 1, "p", "r"), ("at", "", 1, "p", "s"), ("", "at", 1, "p", "s")]
    keys = {step_key(*each) for each in parts}
    people = {step_key("a", "t", 1, "p", "s", user) for user in ("u", "v", "s")}
    assert len(keys | people) == len(parts) + 3
    # Pinned: another key here means that work in flight would be done twice after an update.
    assert step_key("acme", "seat-limit", 1, "seats", "ask").startswith("766aa843489c224e")
    assert step_key("acme", "seat-limit", 1, "seats", "ask", "ana").startswith("09b5d5415c1242ef")


def test_facts_are_asked_once_for_all_accounts_and_only_those_that_are_named() -> None:
    evaluator = FakeEvaluator({"a": {"arr": 1}, "b": {"arr": 2}})
    steps = planned(evaluator, TASK, works=[work("a"), work("b")])
    assert [steps[each][0].input["subject"] for each in "ab"] == ["Account a: 1", "Account b: 2"]  # type: ignore[index]
    assert evaluator.asked == ["arr", "arr"]  # the second is the account's value


def test_an_unknown_fact_reads_unknown() -> None:
    step = one(FakeEvaluator({"a": {"arr": unknown()}}), TASK)
    assert step.input is not None and step.input["subject"] == "Account a: unknown"


def test_only_if_is_asked_when_a_step_is_due_at_once() -> None:
    step = TASK | {"only_if": [{"fact": "seats", "at_least": 10}]}
    for seats, state, reason in [
        (10, "due", None),
        (9, "skipped", "its `only_if` no longer holds"),
        (unknown(), "skipped", "its `only_if` cannot be told now"),
    ]:
        found = one(FakeEvaluator({"a": {"seats": seats}}), step)
        assert (found.state, found.reason) == (state, reason)


def test_one_account_that_cannot_be_filled_stops_no_other() -> None:
    evaluator = FakeEvaluator(names={"u1": "Una"})
    steps = planned(evaluator, NUDGE, works=[work("a", people=()), work("b")])
    assert (steps["a"][0].state, steps["b"][0].state) == ("skipped", "due")
    assert steps["a"][0].reason == "no people in `involved` are known for this account"
    assert steps["a"][0].input is None
    assert steps["b"][0].can_fail


def test_a_text_that_cannot_be_filled_skips_its_step_with_the_reason() -> None:
    broken = TASK | {"with": {"subject": "{{ account.nam }} {{"}}
    step = one(FakeEvaluator(), broken)
    assert step.state == "skipped"
    assert step.reason is not None and "cannot be filled" in step.reason


def test_an_action_that_nobody_has_is_a_reason() -> None:
    steps = plan_steps(playbook(), [work()], Catalog(), policy(), FakeEvaluator())
    assert steps["a"][0].reason == "no integration has an action `salesforce.create_task`; run `expansion check`"


# --- later ------------------------------------------------------------------------------------------------------------


def waiting(**changes: Any) -> NewStep:
    return one(FakeEvaluator({"a": {"arr": 1, "seat_usage": 1}}), LATER, **changes)


def rendered(step: NewStep, evaluator: FakeEvaluator) -> Ready | Skip | NotYet:
    recipe = json.loads(json.dumps(step.recipe))  # as the ledger gives it back
    return render_waiting(step.action, recipe, catalog(), policy(), evaluator)


def test_a_step_with_a_wait_is_neither_asked_nor_rendered_yet() -> None:
    evaluator = FakeEvaluator()
    step = planned(evaluator, LATER)["a"][0]
    assert (step.state, step.input, step.reason) == ("waiting", None, None)
    assert step.not_before == NOW + timedelta(days=3)
    assert evaluator.asked == []


def test_days_of_waiting_keep_the_hour_on_the_clock_and_hours_are_exact() -> None:
    friday = datetime(2026, 3, 27, 9, tzinfo=UTC)  # the clocks change on Sunday
    assert waiting(fired_at=friday).not_before == datetime(2026, 3, 30, 8, tzinfo=UTC)
    exact = one(FakeEvaluator(), LATER | {"after": "72 hours"}, fired_at=friday)
    assert exact.not_before == datetime(2026, 3, 30, 9, tzinfo=UTC)


def test_a_waiting_step_is_filled_with_what_is_known_then() -> None:
    found = rendered(waiting(), FakeEvaluator({"a": {"arr": 500, "seat_usage": 1}}))
    assert isinstance(found, Ready)
    assert found.input["subject"] == "Account a: 500"


def test_its_due_date_counts_from_when_its_time_came() -> None:
    found = rendered(waiting(), FakeEvaluator({"a": {"seat_usage": 1}}))
    assert isinstance(found, Ready)
    assert found.input["due"] == "2026-03-10"  # Friday the 6th, and two working days


def test_its_only_if_is_asked_again() -> None:
    assert rendered(waiting(), FakeEvaluator({"a": {"seat_usage": 0}})) == Skip("its `only_if` no longer holds")
    assert rendered(waiting(), FakeEvaluator()) == NotYet("its `only_if` cannot be told now")


def test_texts_and_the_work_go_to_who_owns_the_account_then() -> None:
    owned = policy(account={"owner": "owner_email"})
    step = waiting()
    text = {**step.recipe["with"], "notes": "{{ account.owner }}"}
    for now, expected in [
        ({"owner_email": "sam@acme.example"}, "sam@acme.example"),
        ({"owner_email": unknown()}, "dana@acme.example"),  # nobody knows today: not the fallback owner
    ]:
        evaluator = FakeEvaluator({"a": {"seat_usage": 1, **now}})
        found = render_waiting(step.action, {**step.recipe, "with": text}, catalog(), owned, evaluator)
        assert isinstance(found, Ready)
        assert (found.input["assign_to"], found.input["notes"]) == (expected, expected)


def test_texts_name_the_account_as_it_is_called_then() -> None:
    step = waiting()
    text = {**step.recipe["with"], "subject": "{{ account.name }}"}
    was = step.recipe["context"]["account"]["name"]
    for known, expected in [({"account_name": "Acme Group"}, "Acme Group"), ({"account_name": unknown()}, was)]:
        evaluator = FakeEvaluator({"a": {"seat_usage": 1, **known}})
        found = render_waiting(step.action, {**step.recipe, "with": text}, catalog(), policy(), evaluator)
        assert isinstance(found, Ready)
        assert found.input["subject"] == expected


def test_the_people_of_the_firing_are_kept_for_later() -> None:
    step = one(FakeEvaluator(), NUDGE | {"after": "1 week"}, people=("u1", "u7"))
    found = rendered(step, FakeEvaluator(names={"u7": "Uma"}))
    assert isinstance(found, Ready)
    assert [each["user_id"] for each in found.input["people"]] == ["u1", "u7"]


def test_a_condition_that_an_older_version_wrote_is_a_reason() -> None:
    step = waiting()
    recipe = dict(step.recipe) | {"only_if": [{"factum": "seat_usage"}]}
    found = render_waiting(step.action, recipe, catalog(), policy(), FakeEvaluator())
    assert found == Skip("its `only_if` was written for another version and can no longer be read")


class ChangedVocabulary(FakeEvaluator):
    """An evaluator whose facts.yaml has lost every word since the step began to wait."""

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]:
        raise KeyError(name)

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        raise KeyError("seat_usage")

    def people(self, group: str, account_id: str) -> list[Mapping[str, str | None]]:
        raise KeyError(group)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (LATER, "its `only_if` names 'seat_usage', which facts.yaml no longer has"),
        (TASK | {"after": "1 day"}, "its text names 'arr', which facts.yaml no longer has"),
    ],
)
def test_words_that_facts_yaml_lost_while_a_step_waited_are_a_reason(step: dict[str, Any], reason: str) -> None:
    assert rendered(one(FakeEvaluator(), step), ChangedVocabulary()) == Skip(reason)


def test_people_that_facts_yaml_lost_are_a_reason_too() -> None:
    step = one(FakeEvaluator(), NUDGE | {"after": "1 day", "with": {"series": "s", "people": "admins"}})
    nobody = policy(account={})
    found = render_waiting(step.action, step.recipe, catalog(), nobody, ChangedVocabulary())
    assert found == Skip("facts.yaml no longer has people called `admins`")
