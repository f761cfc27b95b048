"""Engine and oracle asked the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, account_of, user_of
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Trigger
from tests.evaluate.oracle import Oracle, Who
from tests.evaluate.words import Definition, trigger
from tests.evaluate.worlds import World


@dataclass(frozen=True)
class Said:
    """What a trigger is answered: for whom yes, for whom it cannot be told, whose episode ends, of how many."""

    yes: frozenset[Who]
    unknown: frozenset[Who]
    cleared: frozenset[Who]
    asked: int

    def of(self, who: Who) -> str:
        answer = "yes" if who in self.yes else "cannot tell" if who in self.unknown else "no"
        return f"{answer}, and over" if who in self.cleared else answer

    def differs(self, other: Said) -> str:
        """Who is answered otherwise; empty where nobody is."""
        everybody = sorted(self.yes | self.unknown | self.cleared | other.yes | other.unknown | other.cleared)
        differ = [f"{who}: {self.of(who)} / {other.of(who)}" for who in everybody if self.of(who) != other.of(who)]
        return "; ".join([*differ, *([f"{self.asked} / {other.asked} asked"] if self.asked != other.asked else [])])


def asked(definitions: Sequence[Definition]) -> list[Trigger]:
    """Triggers as the engine takes them, named by their place."""
    return [trigger(f"t{number}", **definition) for number, definition in enumerate(definitions)]


@contextmanager
def somewhere() -> Iterator[Path]:
    """A folder for a while; in memory where there is such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def oracle_says(oracle: Oracle, definition: Definition) -> Said:
    of_users = definition.get("who") == "users"
    everybody = oracle.users() if of_users else {Who(account) for account in oracle.accounts()}
    answers = {who: oracle.fires(definition, who.account, who.user) for who in everybody}
    return Said(
        frozenset(who for who, answer in answers.items() if answer == "yes"),
        frozenset(who for who, answer in answers.items() if answer == "cannot tell"),
        frozenset(who for who in everybody if oracle.cleared(definition, who.account, who.user)),
        len(everybody),
    )


def engine_says(world: World, definitions: Sequence[Definition], *, quick: bool = True) -> list[Said]:
    """What the engine says to all definitions at once."""
    with somewhere() as folder:
        store = world.quick_store(folder) if quick else world.store(folder)
        found = evaluator(store, world.vocabulary, world.as_of).answers(asked(definitions))
    return [said(found[f"t{number}"]) for number in range(len(definitions))]


def said(found: Answers) -> Said:
    return Said(_everybody(found.yes), _everybody(found.unknown), _everybody(found.cleared), found.asked)


def _everybody(subjects: Iterable[Subject]) -> frozenset[Who]:
    return frozenset(Who(account_of(one), user_of(one) or None) for one in subjects)


def differences(world: World, definitions: Sequence[Definition], *, quick: bool = True) -> list[tuple[Definition, str]]:
    """The definitions that engine (said first) and oracle answer otherwise, and how."""
    oracle = world.oracle()
    pairs = zip(definitions, engine_says(world, definitions, quick=quick), strict=True)
    told = [(definition, engine.differs(oracle_says(oracle, definition))) for definition, engine in pairs]
    return [(definition, how) for definition, how in told if how]
