"""One run over any accounts and budgets: none is passed, it is filled by value, and nothing vanishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.calendar.spans import local_date
from expansion.decide.decide import Decisions, decide
from expansion.language.model.values import parse_rate
from expansion.records.firing import Conversation, NewFiring
from tests.decide.fakes import NOW, FakeEvaluator, FakeHistory, answers, catalog, folder, playbook, policy, run, trigger
from tests.decide.runs import TASK

ACCOUNTS, OWNERS, PEOPLE = "abcdef", ("dana", "ed"), ("ana", "bo", "cy")
NAMES = ("desk", "exports", "seats")  # `desk` reaches nobody of the customer
NUDGE = {"id": "nudge", "do": "intercom.enrol_in_series", "with": {"series": "soft", "people": "admins"}}
BOOKS = [playbook("both", steps=[TASK, NUDGE]), playbook("desk", steps=[TASK])]
SPANS = {"a day": 1, "in 3 days": 3, "a week": 7}  # in days
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Case:
    worth: dict[str, int]
    owner: dict[str, str]
    admins: dict[str, frozenset[str]]
    true: dict[str, frozenset[str]]  # by trigger
    budgets: dict[str, str]
    began: tuple[tuple[int, str, frozenset[str]], ...]  # hours from now, account, whom it reached
    order: Sequence[str]


accounts = st.sampled_from(ACCOUNTS)
some_people = st.frozensets(st.sampled_from(PEOPLE))
rates = st.builds("{} {}".format, st.integers(1, 3), st.sampled_from(sorted(SPANS)))
cases = st.builds(
    Case,
    worth=st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, st.integers(1, 4))),
    owner=st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, st.sampled_from(OWNERS))),
    admins=st.fixed_dictionaries(dict.fromkeys(ACCOUNTS, some_people)),
    true=st.fixed_dictionaries(dict.fromkeys(NAMES, st.frozensets(accounts, min_size=2))),
    budgets=st.fixed_dictionaries({}, optional=dict.fromkeys(["per_owner", "per_account", "per_person"], rates)).filter(
        bool
    ),
    began=st.lists(st.tuples(st.integers(-200, 100), accounts, some_people), max_size=5).map(tuple),
    order=st.permutations(ACCOUNTS),
)


def decided(case: Case, order: Sequence[str]) -> Decisions:
    """What is decided when everything is told in this order of the accounts."""
    mine = {name: f"{case.owner[name]}@acme.example" for name in order}
    began = [
        Conversation(100 + n, account, mine[account], tuple(sorted(people)), NOW + timedelta(hours=hours))
        for n, (hours, account, people) in enumerate(case.began)
    ]
    evaluator = FakeEvaluator(
        {name: {"arr": case.worth[name], "owner_email": mine[name]} for name in order},
        {("admins", name): [_person(each) for each in sorted(case.admins[name])] for name in order},
    )
    triggers = [trigger(name, then={"playbook": "desk" if name == "desk" else "both"}) for name in NAMES]
    told = {name: answers(name, [each for each in order if each in case.true[name]]) for name in NAMES}
    if order != sorted(order):
        told, triggers = dict(reversed(told.items())), triggers[::-1]
    definitions = folder(*triggers, policy=policy(attention=case.budgets), playbooks=BOOKS)
    return decide(told, definitions, evaluator, FakeHistory(began=began), run(), catalog())


def _person(name: str) -> dict[str, str | None]:
    return {"user_id": name, "email": None, "name": name}


@settings(max_examples=120, deadline=None)
@given(cases)
def test_every_firing_has_one_ruling_and_the_order_of_the_input_does_not_matter(case: Case) -> None:
    found = decided(case, sorted(ACCOUNTS))
    assert Counter((each.trigger, each.account_id) for each in found.firings) == Counter(
        (name, account) for name, true in case.true.items() for account in true
    )
    assert {each.decision for each in found.firings} <= {"acting", "carried"}
    for each in found.firings:
        # What is carried over has its reason and does nothing; of what acts, one per account starts its playbook.
        assert each.reason.startswith("carried over: ") == (each.decision == "carried")
        assert bool(each.steps) == (each.decision == "acting" and each.playbook is not None)
    for account in ACCOUNTS:
        assert len({each.decision for each in found.firings if each.account_id == account}) <= 1
        assert sum(bool(each.steps) for each in found.firings if each.account_id == account) <= 1
    assert decided(case, case.order) == found


@settings(max_examples=120, deadline=None)
@given(cases)
def test_no_budget_is_passed_and_each_is_filled_by_value(case: Case) -> None:
    found = decided(case, sorted(ACCOUNTS))
    started = [each for each in found.firings if each.steps]
    for word, rate in case.budgets.items():
        limit, days = parse_rate(rate).count, SPANS[rate.partition(" ")[2]]
        old = [(key, at) for at, keys in _began(case, word) for key in keys]
        new = [key for each in started for key in _keys(case, word, each)]
        for key, of_this_run in Counter(new).items():
            # In any span of that length that holds this run: what others had begun before, and after it.
            assert of_this_run + _most_beside(old, key, days) <= limit
    for each in found.firings:
        if each.decision == "carried" and each.playbook:  # the firing that leads its account's others
            # The limit that it names is full of what was there before, or is worth at least as much.
            word = each.reason.partition("`attention: ")[2].partition("`")[0]
            limit, days = parse_rate(case.budgets[word]).count, SPANS[case.budgets[word].partition(" ")[2]]
            old = [(key, at) for at, keys in _began(case, word) for key in keys]
            better = [one for one in started if (one.priority or 0) >= (each.priority or 0)]
            taken = Counter(key for one in better for key in _keys(case, word, one))
            assert any(taken[key] + _around(old, key, days) >= limit for key in _keys(case, word, each))


def _keys(case: Case, word: str, firing: NewFiring) -> Iterable[Hashable]:
    """Whose budgets it takes of, written down as policy.yaml words them."""
    account = firing.account_id
    if word == "per_owner":
        return [case.owner[account]]
    if word == "per_account":
        return [account]
    return [] if firing.trigger == "desk" else [(account, user) for user in case.admins[account]]


def _began(case: Case, word: str) -> list[tuple[Any, list[Hashable]]]:
    found = []
    for hours, account, people in case.began:
        whose: dict[str, list[Hashable]] = {
            "per_owner": [case.owner[account]],
            "per_account": [account],
            "per_person": [(account, user) for user in people],
        }
        found.append((local_date(NOW + timedelta(hours=hours), LONDON), whose[word]))
    return found


def _most_beside(old: Sequence[tuple[Hashable, Any]], key: Hashable, days: int) -> int:
    """The most that any span of so many days holds of a key, of the spans that hold today."""
    today = local_date(NOW, LONDON)
    starts = [today - timedelta(days=n) for n in range(days)]
    return max(sum(one == key and start <= day < start + timedelta(days=days) for one, day in old) for start in starts)


def _around(old: Sequence[tuple[Hashable, Any]], key: Hashable, days: int) -> int:
    """What counts today: less than the span away, before or after."""
    today = local_date(NOW, LONDON)
    return sum(one == key and abs((day - today).days) < days for one, day in old)
