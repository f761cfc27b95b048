"""Random days of a small town: no budget is ever passed, nothing is lost on the way, and the same days end the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expansion.calendar.spans import local_date
from expansion.ledger.store import Ledger, open_ledger
from expansion.records.ledger import FiringFilter
from tests.decide.fakes import playbook, policy, trigger
from tests.decide.runs import TASK, Town, day

ACCOUNTS = {"a": ("dana", 50), "b": ("dana", 40), "c": ("dana", 40), "d": ("ed", 10)}
NAMES = ("seats", "exports")
NUDGE = {"id": "nudge", "do": "intercom.enrol_in_series", "with": {"series": "soft", "people": "admins"}}
LONDON = ZoneInfo("Europe/London")
SPANS = {"a day": 1, "in 3 days": 3, "a week": 7}  # in days


@dataclass(frozen=True)
class Day:
    """One run: for whom each trigger is true, whose episodes end, who has a deal open, what a person does."""

    hours: int  # since the run before
    true: dict[str, frozenset[str]]
    deals: frozenset[str]
    paused: bool
    let_go: bool


@dataclass(frozen=True)
class World:
    owner: tuple[int, str]
    account: tuple[int, str]
    person: tuple[int, str]
    flood: int
    quiet: bool
    days: Sequence[Day] = field(default_factory=list)


accounts = st.frozensets(st.sampled_from(sorted(ACCOUNTS)))
rates = st.tuples(st.integers(1, 3), st.sampled_from(sorted(SPANS)))
mostly = st.frozensets(st.sampled_from(sorted(ACCOUNTS)), min_size=2)
days = st.builds(
    Day,
    hours=st.integers(1, 40),
    true=st.fixed_dictionaries(dict.fromkeys(NAMES, mostly)),
    deals=accounts,
    paused=st.booleans(),
    let_go=st.booleans(),
)
worlds = st.builds(World, rates, rates, rates, st.integers(2, 5), st.booleans(), st.lists(days, min_size=2, max_size=8))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


def lived(world: World, path: Path) -> Iterator[tuple[Ledger, Day, datetime]]:
    """Run after run; gives the ledger after each."""
    ledger = open_ledger(f"sqlite:///{path}")
    rules = policy(
        attention={
            "per_owner": f"{world.owner[0]} {world.owner[1]}",
            "per_account": f"{world.account[0]} {world.account[1]}",
            "per_person": f"{world.person[0]} {world.person[1]}",
        },
        flood={"at_most": f"{world.flood} accounts"},
        suppress=[{"reason": "a deal is open", "when": [{"fact": "open_deal", "is": True}]}],
        approval=[{"reason": "Large", "worth_at_least": 10}],  # account a
    )
    first_run = "quiet" if world.quiet else "act"
    town = Town(
        ledger,
        [trigger("seats", first_run=first_run), trigger("exports", first_run="act")],
        rules,
        playbooks=[playbook(steps=[TASK, NUDGE])],
        groups={("admins", name): [_person("ana"), _person("bo")] for name in ACCOUNTS},
    )
    at = 0.0
    for today in world.days:
        at += today.hours / 24
        town.facts = {
            name: {"owner_email": f"{owner}@acme.example", "arr": arr, "open_deal": name in today.deals}
            for name, (owner, arr) in ACCOUNTS.items()
        }
        (ledger.pause if today.paused else ledger.resume)("trigger", "exports", "dana", "", day(at))
        everybody = frozenset(ACCOUNTS)
        told: dict[str, dict[str, Any]] = {
            name: {"yes": sorted(true), "cleared": sorted(everybody - true)} for name, true in today.true.items()
        }
        released = {(name, account): "dana" for name in NAMES for account in ACCOUNTS} if today.let_go else {}
        town.run_all(at, told, released)
        yield ledger, today, day(at)
    ledger.close()


def _person(name: str) -> dict[str, str | None]:
    return {"user_id": name, "email": None, "name": name}


_few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_fewer = settings(_few, max_examples=3)  # each of them lives through seven weeks


@_few
@given(world=worlds)
def test_no_budget_is_passed_in_any_window_and_nothing_is_lost(world: World, template: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(template, tmp_path / "ledger.db"))
    for ledger, today, _ in lived(world, path):
        still = {(each.trigger, each.account_id): each for each in ledger.firings(FiringFilter(open_only=True))}
        for name, true in today.true.items():
            # Whoever is true has an episode that says what is decided; whoever is not has none that could still act.
            assert {account for of, account in still if of == name} >= true
        for (name, account), firing in still.items():
            if account in today.deals and firing.decision == "carried":
                raise AssertionError(f"{name}, {account}: carried over while it is left alone")
            if firing.decision == "paused":
                assert today.paused and name == "exports"
        began = [each for each in ledger.firings() if each.decision == "acting" and each.playbook]
        assert {(step.trigger, step.account_id, step.episode) for step in ledger.steps()} == {
            (each.trigger, each.account_id, each.episode) for each in began
        }
        by_owner = [(each.owner, each.decided_at) for each in began]
        by_account = [(each.account_id, each.decided_at) for each in began]
        by_person = [((each.account_id, user), each.decided_at) for each in began for user in each.evidence["reaches"]]
        for rate, found in ((world.owner, by_owner), (world.account, by_account), (world.person, by_person)):
            assert _most(found, SPANS[rate[1]]) <= rate[0]


@_fewer
@given(world=worlds)
def test_what_is_carried_over_acts_once_there_is_room(world: World, template: Path, tmp_path: Path) -> None:
    """After the last day all stays as it is, nobody new comes, and time passes: nothing is carried over for ever."""
    calm = Day(48, world.days[-1].true, frozenset(), paused=False, let_go=True)
    path = Path(shutil.copy(template, tmp_path / "ledger.db"))
    longer = World(world.owner, world.account, world.person, world.flood, world.quiet, [*world.days, *[calm] * 24])
    for ledger, _, _ in lived(longer, path):
        left = [each for each in ledger.firings(FiringFilter(open_only=True)) if each.decision == "carried"]
    assert left == []


@_few
@given(world=worlds)
def test_the_same_days_end_the_same(world: World, template: Path, tmp_path: Path) -> None:
    told = []
    for name in ("one.db", "two.db"):
        path = Path(shutil.copy(template, tmp_path / name))
        for ledger, _, _ in lived(world, path):
            told.append([(each.id, each.decision, each.reason, each.decided_at) for each in ledger.firings()])
    assert told[: len(told) // 2] == told[len(told) // 2 :]


def _most(found: list[tuple[Any, datetime]], days_long: int) -> int:
    """The most of one key in any span of so many calendar days."""
    dated = [(key, local_date(at, LONDON)) for key, at in found]
    most = 0
    for key, first in dated:
        last = first + timedelta(days=days_long)
        most = max(most, sum(one == key and first <= on < last for one, on in dated))
    return most
