"""What a change does at one moment, read off two decisions over the same accounts and the same ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from expansion.decide.decide import decide
from expansion.language.model.models import Policy, Trigger
from expansion.plan.effect import Effect, OfTrigger, Side, effect
from expansion.records.firing import LastEpisode
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
)

FACTS: dict[str, dict[str, Any]] = {
    name: {"arr": 10_000 * place, "account_name": name.title(), "owner_email": "dana@acme.example"}
    for place, name in enumerate(("acme", "beta", "cara"), 1)
}


def side(
    yes: Iterable[str] = (),
    *,
    of: Trigger | None = None,
    rules: Policy | None = None,
    cleared: Iterable[str] = (),
    history: FakeHistory | None = None,
    facts: dict[str, dict[str, Any]] = FACTS,
) -> Side:
    one = of or trigger()
    books = [playbook("seats"), playbook("big-seats")]
    definitions = folder(one, policy=rules or policy(), playbooks=books)
    told = {one.trigger: answers(one.trigger, yes=yes, cleared=cleared)} if one.status != "draft" else {}
    return Side(told, decide(told, definitions, FakeEvaluator(facts), history or FakeHistory(), run(), catalog()))


def only(found: Effect) -> OfTrigger:
    (one,) = found.triggers
    return one


def named(firings: Iterable[Any]) -> list[str]:
    return sorted(one.account_id for one in firings)


def test_who_newly_fires_and_who_no_longer_does():
    found = only(effect(side(["acme", "beta"]), side(["beta", "cara"])))
    assert (named(found.fires), named(found.stops), found.differs) == (["cara"], ["acme"], ())
    assert (found.true_before, found.true_after) == (2, 2)


def test_two_that_decide_alike_have_no_effect():
    found = effect(side(["acme"]), side(["acme"]))
    assert found == Effect((), (), ())


def test_another_playbook_owner_and_price_are_told_in_words():
    moved = FACTS | {"acme": FACTS["acme"] | {"owner_email": "lee@acme.example", "arr": 20_000}}
    found = only(effect(side(["acme"]), side(["acme"], of=trigger(then={"playbook": "big-seats"}), facts=moved)))
    assert found.differs[0].what == (
        "seats -> big-seats",
        "owner dana@acme.example -> lee@acme.example",
        "worth $2,000 -> $4,000",
        "expected $300 -> $600",
    )


def test_another_text_in_the_same_playbook_is_told_too():
    before, after = side(["acme"]), side(["acme"], facts=FACTS | {"acme": FACTS["acme"] | {"account_name": "Acme Inc"}})
    assert only(effect(before, after)).differs[0].what == ("seats: what its steps say or when they are sent",)


def test_a_draft_that_goes_live_is_asked_for_the_first_time():
    found = only(effect(side(of=trigger(status="draft")), side(["acme"], of=trigger(first_run="quiet"))))
    assert (found.true_before, found.true_after, named(found.fires)) == (None, 1, ["acme"])
    assert found.fires[0].decision == "quiet", "its first live run sends nothing"


def test_a_trigger_that_becomes_a_draft_is_not_asked_and_ends_nothing():
    inside = FakeHistory({"seat-limit": {"acme": LastEpisode(1, NOW - timedelta(days=3), None, "acting")}})
    found = only(effect(side(cleared=["acme"], history=inside), side(of=trigger(status="draft"), history=inside)))
    assert (found.true_after, found.ends, found.goes_on) == (None, frozenset(), frozenset())


def test_a_higher_threshold_ends_open_episodes():
    inside = FakeHistory({"seat-limit": {"acme": LastEpisode(1, NOW - timedelta(days=3), None, "acting")}})
    found = only(effect(side(["acme"], history=inside), side(cleared=["acme"], history=inside)))
    assert (found.ends, found.stops) == (frozenset({"acme"}), ())


def test_steps_are_counted_by_action_and_owner():
    found = effect(side(["acme"]), side(["acme", "beta", "cara"]))
    assert [(one.action, one.owner, one.before, one.after) for one in found.steps] == [
        ("salesforce.create_task", "dana@acme.example", 1, 3)
    ]
    assert found.steps_added == 2


def test_the_budget_that_an_edit_hits_is_named():
    one_a_day = policy(attention={"per_owner": "1 a day"})
    found = effect(side(["acme"], rules=one_a_day), side(["acme", "beta", "cara"], rules=one_a_day))
    (held,) = found.held
    assert (held.decision, held.before, held.after) == ("carried", 0, 2)
    assert "per_owner" in held.reason


def test_the_flood_brake_is_named_without_how_to_let_go():
    careful = policy(flood={"at_most": "2 accounts"})
    (held,) = effect(side(["acme"], rules=careful), side(["acme", "beta", "cara"], rules=careful)).held
    assert (held.decision, held.after) == ("flood", 3)
    assert "expansion approve" not in held.reason
