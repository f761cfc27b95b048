"""Any mix of reasons not to act: the first in the plan's order counts, and floods are all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.decide.decide import decide
from expansion.decide.flood import flood_reason
from expansion.language.model.models import Flood
from expansion.records.firing import Conversation
from expansion.records.pauses import Pause
from tests.decide.fakes import NOW, FakeEvaluator, FakeHistory, answers, catalog, folder, playbook, policy, run, trigger
from tests.decide.runs import TASK

# Whom a draw of half the accounts takes under this salt: pinned so that the test does not ask the code which.
HELD_OUT, FREE = ("a2", "a5", "a7"), ("a0", "a1", "a3", "a4", "a6")
ACCOUNTS = sorted(HELD_OUT + FREE)


@dataclass(frozen=True)
class Mix:
    """Whom each reason is about; and those that are about all."""

    paused: bool
    paused_book: bool
    deals: frozenset[str]
    lately: frozenset[str]  # a conversation began with them
    large: frozenset[str]
    no_branch: frozenset[str]
    at_most: int
    first_run: bool
    watching: bool
    true: frozenset[str]


some = st.frozensets(st.sampled_from(ACCOUNTS))
rarely = st.sampled_from([False, False, False, True])
mixes = st.builds(
    Mix,
    rarely,
    rarely,
    some,
    some,
    some,
    some,
    st.integers(1, 5),
    rarely,
    rarely,
    st.frozensets(st.sampled_from(ACCOUNTS)),
)


def expected(mix: Mix, account: str) -> str:
    """The plan, written down once more: the first that says no."""
    free = [each for each in mix.true if each not in mix.deals and each not in HELD_OUT]
    said = (
        "suppressed" if account in mix.deals
        else "held_out" if account in HELD_OUT
        else "flood" if len(free) > mix.at_most
        else "quiet" if mix.first_run and not mix.watching
        else "no_playbook" if account in mix.no_branch
        else "paused" if mix.paused_book
        else "acting" if mix.watching
        else "carried" if account in mix.lately
        else "approval" if account in mix.large
        else "acting"
    )  # fmt: skip
    return "paused" if mix.paused else "watching" if mix.watching else said


@settings(max_examples=250, deadline=None)
@given(mixes)
def test_the_first_reason_in_the_plans_order_counts(mix: Mix) -> None:
    rules = policy(
        suppress=[{"reason": "a deal is open", "when": [{"fact": "open_deal", "is": True}]}],
        holdout={"share": "50%", "salt": "2026"},
        flood={"at_most": f"{mix.at_most} accounts"},
        attention={"per_account": "1 in 14 days"},
        approval=[{"reason": "Large", "when": [{"fact": "large", "is": True}]}],
    )
    facts: dict[str, dict[str, Any]] = {
        name: {"open_deal": name in mix.deals, "large": name in mix.large, "branch": name not in mix.no_branch}
        for name in ACCOUNTS
    }
    choose = {"choose": [{"playbook": "seats", "when": [{"fact": "branch", "is": True}]}]}
    one = trigger(status="watching" if mix.watching else "live", first_run="quiet", then=choose)
    history = FakeHistory(
        were_live=set() if mix.first_run else {"seat-limit"},
        paused=[
            *([Pause("trigger", "seat-limit", "dana", NOW)] if mix.paused else []),
            *([Pause("playbook", "seats", "dana", NOW)] if mix.paused_book else []),
        ],
        began=[Conversation(n, name, "x@y.example", (), NOW) for n, name in enumerate(sorted(mix.lately), 1)],
    )
    definitions = folder(one, policy=rules, playbooks=[playbook(steps=[TASK])])
    told = {"seat-limit": answers(yes=mix.true)}
    found = decide(told, definitions, FakeEvaluator(facts), history, run(), catalog()).firings
    assert {each.account_id: each.decision for each in found} == {name: expected(mix, name) for name in mix.true}
    assert len(found) == len(mix.true)
    assert all(each.reason and bool(each.steps) == (each.decision == "acting") for each in found)


# --- the flood brake --------------------------------------------------------------------------------------------------

limits = st.none() | st.integers(1, 30)
factors = st.none() | st.sampled_from([1, Decimal("1.5"), 2, 5])


@settings(max_examples=300, deadline=None)
@given(limits, limits, factors, st.lists(st.integers(0, 20), max_size=9), st.integers(0, 30))
def test_the_brake_trips_above_the_lowest_of_its_bounds_and_not_at_it(
    own: int | None, at_most: int | None, times: Any, past: Sequence[int], accounts: int
) -> None:
    brake = Flood.model_validate({"at_most": at_most and f"{at_most} accounts", "times_median": times})
    one = trigger(**({"hold_if_more_than": f"{own} accounts"} if own else {}))
    bounds = [Fraction(each) for each in (own, at_most) if each]
    fired = sorted(count for count in past if count)
    if times is not None and len(fired) >= 3:
        middle = Fraction(fired[(len(fired) - 1) // 2] + fired[len(fired) // 2], 2)
        bounds.append(Fraction(times) * middle)
    reason = flood_reason(one, brake, accounts, past)
    assert (reason is not None) == (bool(bounds) and accounts > min(bounds))
    if reason is not None:
        assert reason.startswith(f"flood brake: {accounts} new firings of seat-limit in one run, and `")
        assert flood_reason(one, brake, accounts + 1, past) is not None
