"""Held-out accounts: drawn once, the same everywhere, parents and children together."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.decide.holdout import bucket, held_out, is_drawn, topmost_parents
from tests.decide.fakes import FakeEvaluator, policy, trigger

shares = st.fractions(0, 1, max_denominator=10_000)
texts = st.text(max_size=20)


def _band(n: int, share: Fraction, missed: Fraction) -> tuple[int, int]:
    """The counts that a fair draw of n leaves with a chance of at most `missed` on each side; exact."""
    chances = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    low = high = 0
    below = above = Fraction(0)
    while below + chances[low] <= missed:
        below, low = below + chances[low], low + 1
    high = n
    while above + chances[high] <= missed:
        above, high = above + chances[high], high - 1
    return low, high


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_the_share_is_what_a_fair_draw_gives(percent: int) -> None:
    share = Fraction(percent, 100)
    drawn = sum(is_drawn(share, "global", "salt", f"account-{i}") for i in range(400))
    low, high = _band(400, share, Fraction(1, 10_000))
    assert low <= drawn <= high


@given(texts, shares, shares)
def test_a_larger_share_keeps_everybody_that_a_smaller_one_had(root: str, one: Fraction, other: Fraction) -> None:
    smaller, larger = sorted([one, other])
    assert not is_drawn(smaller, "s", root) or is_drawn(larger, "s", root)


@given(texts)
def test_nobody_is_drawn_for_nothing_and_everybody_for_all(root: str) -> None:
    assert not is_drawn(Fraction(0), root)
    assert is_drawn(Fraction(1), root)


def test_the_edge_is_exact() -> None:
    place = bucket("global", "salt", "acme")
    assert not is_drawn(Fraction(place, 2**256), "global", "salt", "acme")
    assert is_drawn(Fraction(place + 1, 2**256), "global", "salt", "acme")


def test_the_draw_is_the_same_in_every_version() -> None:
    # Pinned: another number here means that every customer's held-out accounts change overnight.
    assert bucket("global", "salt", "acme") >> 192 == 0x720AFE6596825617


@given(texts, texts, texts, texts)
def test_parts_do_not_run_into_each_other(a: str, b: str, c: str, d: str) -> None:
    assert (bucket(a, b) == bucket(c, d)) == ((a, b) == (c, d))


def _out(names: list[str], share: str | None, own: str | None, trigger_name: str = "seat-limit") -> set[str]:
    rules = policy(holdout={"share": share, "salt": "2026"}) if share else policy()
    one = trigger(trigger_name, **({"holdout": own} if own else {}))
    return set(held_out(one, rules, {name: name for name in names}))


NAMES = [f"account-{i}" for i in range(300)]


def test_the_global_draw_is_the_same_for_all_triggers_and_a_triggers_own_is_not() -> None:
    assert _out(NAMES, "10%", None, "a") == _out(NAMES, "10%", None, "b") != set()
    assert _out(NAMES, None, "10%", "a") != _out(NAMES, None, "10%", "b")


def test_a_triggers_own_share_adds_to_the_global_one() -> None:
    assert _out(NAMES, "10%", None) < _out(NAMES, "10%", "20%")


def test_without_a_share_nobody_is_held_out() -> None:
    assert _out(NAMES, None, None) == set()


def test_a_triggers_own_draw_does_not_look_at_the_global_one() -> None:
    """Of those whom the one holds out the other takes its share, too: else lift of one trigger would be skewed."""
    share = Fraction(30, 100)
    all_of_them, own = _out(NAMES, "30%", None), _out(NAMES, None, "30%")
    low, high = _band(len(own), share, Fraction(1, 10_000))
    assert low <= len(all_of_them & own) <= high
    other = _out(NAMES, None, "30%", "exports")
    assert low <= len(own & other) <= high


def test_another_salt_draws_anew() -> None:
    roots = {name: name for name in NAMES}
    one = held_out(trigger(), policy(holdout={"share": "10%", "salt": "2026"}), roots)
    other = held_out(trigger(), policy(holdout={"share": "10%", "salt": "2027"}), roots)
    assert set(one) != set(other)


def test_the_reason_says_which_share() -> None:
    everybody = policy(holdout={"share": "100%", "salt": "s"})
    assert held_out(trigger(), everybody, {"a": "a"})["a"] == "held out to measure lift: 100% of all accounts"
    own = held_out(trigger(holdout="100%"), policy(), {"a": "a"})
    assert own["a"] == "held out to measure lift: 100% of the accounts of seat-limit"


def _roots(parents: dict[str, str], *accounts: str) -> dict[str, str]:
    facts = {account: {"parent_id": parent} for account, parent in parents.items()}
    return topmost_parents(accounts, "parent_id", FakeEvaluator(facts))


def test_a_chain_of_parents_leads_to_the_topmost() -> None:
    roots = _roots({"team": "division", "division": "group"}, "team", "division", "group", "alone")
    assert roots == {"team": "group", "division": "group", "group": "group", "alone": "alone"}


def test_accounts_that_are_each_others_parents_land_together() -> None:
    roots = _roots({"b": "c", "c": "a", "a": "b", "child": "c", "self": "self"}, "a", "b", "c", "child", "self")
    assert roots == {"a": "a", "b": "a", "c": "a", "child": "a", "self": "self"}


def test_an_empty_parent_is_none() -> None:
    assert _roots({"a": "  "}, "a") == {"a": "a"}


def test_without_a_parent_fact_nothing_is_looked_up() -> None:
    evaluator = FakeEvaluator()
    assert topmost_parents(["a"], None, evaluator) == {"a": "a"}
    assert evaluator.asked == []


# --- families, in any order and batch ---------------------------------------------------------------------------------

PERCENTS = ("1%", "5%", "10%", "50%", "99%")
names = st.sampled_from("abcdefgh")
families = st.dictionaries(names, names)  # child -> parent, circles included


@st.composite
def batches(draw: st.DrawFn) -> list[list[str]]:
    """All eight accounts once, in any order, cut into any batches."""
    order = draw(st.permutations("abcdefgh"))
    cuts = sorted(draw(st.sets(st.integers(1, 7))))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, 8], strict=True)]


def _families_out(parents: dict[str, str], share: str, own: str, salt: str, batch: list[str]) -> dict[str, str]:
    rules = policy(holdout={"share": share, "salt": salt})
    return held_out(trigger(holdout=own), rules, _roots(parents, *batch))


@given(families, st.sampled_from(PERCENTS), st.sampled_from(PERCENTS), texts)
def test_a_family_shares_its_fate(parents: dict[str, str], share: str, own: str, salt: str) -> None:
    """Parent, child, grandchild: all held out for the same reason, or none. Also where each is asked about alone."""
    found = {name: _families_out(parents, share, own, salt, [name]).get(name) for name in "abcdefgh"}
    assert all(found[child] == found[parent] for child, parent in parents.items())


@given(families, st.sampled_from(PERCENTS), st.sampled_from(PERCENTS), texts, batches())
def test_the_same_account_has_the_same_answer_in_any_order_and_batch(
    parents: dict[str, str], share: str, own: str, salt: str, several: list[list[str]]
) -> None:
    apart: dict[str, str] = {}
    for batch in several:
        apart |= _families_out(parents, share, own, salt, batch)
    assert apart == _families_out(parents, share, own, salt, list("abcdefgh"))


@given(families, texts, st.permutations(PERCENTS), st.permutations(PERCENTS))
def test_shares_that_grow_keep_their_members(
    parents: dict[str, str], salt: str, shares: list[str], owns: list[str]
) -> None:
    one, other = sorted(shares[:2], key=PERCENTS.index)
    few, many = sorted(owns[:2], key=PERCENTS.index)
    everybody = list("abcdefgh")
    before = _families_out(parents, one, few, salt, everybody)
    assert before.keys() <= _families_out(parents, other, many, salt, everybody).keys()


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")))
def test_parent_and_child_always_land_together(parents: dict[str, str]) -> None:
    roots = _roots(parents, *"abcdef")
    assert all(roots[child] == roots[parent] for child, parent in parents.items())
