"""The smallest world and definition that still fail, and the text to keep them by.

Greedy: whatever can be left out or made plainer is, as long as `fails` says so; then all over again, until nothing
more goes. Each try fills a store, so that a few hundred take half a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pprint import pformat
from typing import Any

from expansion.language.check.find_conditions import deciding
from expansion.language.check.kinds import counted_misfits, misfits
from expansion.language.model.conditions import Condition
from tests.evaluate.simpler import simpler_definitions, simpler_worlds
from tests.evaluate.words import CRM, FACTS, PROFILE, Definition, trigger, vocabulary
from tests.evaluate.worlds import World

Fails = Callable[[World, Definition], bool]


def reduced(world: World, definition: Definition, fails: Fails, *, tries: int = 1500) -> tuple[World, Definition]:
    """A small world and definition that fail as well; `tries` bounds how often that is asked."""
    budget = Budget(fails, tries)
    before = None
    while before != (world, definition) and budget.left > 0:
        before = world, definition
        world = budget.fewer_rows(world, definition)
        definition = budget.plainest_definition(world, definition)
        world = budget.plainest_world(world, definition)
    return world, definition


class Budget:
    """Asks whether something fails, so many times."""

    def __init__(self, fails: Fails, tries: int) -> None:
        self.fails, self.left = fails, tries

    def __call__(self, world: World, definition: Definition) -> bool:
        self.left -= 1
        return self.left >= 0 and is_definition(definition) and self.fails(world, definition)

    def plainest_definition(self, world: World, definition: Definition) -> Definition:
        return _plainest(definition, simpler_definitions, lambda one: self(world, one))

    def plainest_world(self, world: World, definition: Definition) -> World:
        return _plainest(world, simpler_worlds, lambda one: self(one, definition))

    def fewer_rows(self, world: World, definition: Definition) -> World:
        """Without the events and changes that it fails without; large parts are tried first."""
        events = [one for batch in world.batches for one in batch]
        joined = replace(world, batches=[events] if events else [])
        if self(joined, definition):
            world = joined
        for number in range(len(world.batches)):
            world = self._fewer(
                world.batches[number], lambda rows, w=world, n=number: with_batch(w, n, rows), definition
            )
        return self._fewer(world.changes, lambda rows, w=world: replace(w, changes=rows), definition)

    def _fewer(
        self, rows: list[Definition], made: Callable[[list[Definition]], World], definition: Definition
    ) -> World:
        size = len(rows)
        while size >= 1:
            start = 0
            while start < len(rows):
                fewer = rows[:start] + rows[start + size :]
                if self(made(fewer), definition):
                    rows = fewer
                else:
                    start += size
            size //= 2
        return made(rows)


def _plainest(one: Any, simpler: Callable[[Any], Iterator[Any]], fails: Callable[[Any], bool]) -> Any:
    """The first plainer one that still fails, again and again."""
    while (plainer := next((other for other in simpler(one) if fails(other)), None)) is not None:
        one = plainer
    return one


def with_batch(world: World, number: int, rows: list[Definition]) -> World:
    batches = [rows if n == number else batch for n, batch in enumerate(world.batches)]
    return replace(world, batches=batches)


def is_definition(definition: Definition) -> bool:
    """The language takes it: leaving a word out must not make a definition that nobody can write."""
    try:
        made = trigger(**definition)
    except ValueError:
        return False
    return not any(_refused(condition, made.who) for condition, _ in deciding(made))


def _refused(condition: Condition, who: str) -> bool:
    facts = vocabulary().facts
    if condition.subject == "event":
        return any(counted_misfits(condition))
    if condition.subject != "fact":
        return False
    name = str(condition.fact)
    if who == "accounts" and facts.of_users(name):
        return True
    kind = facts.kind(name) or "text"
    if kind == "list":
        return condition.comparison()[0] not in ("contains", "exists")
    return any(misfits(condition, kind, name))


# --- as text ----------------------------------------------------------------------------------------------------------


def literal(world: World, definition: Definition) -> str:
    """An entry of kept.KEPT, to be formatted there."""
    pulls = ", ".join(f"{_pull(name)}: {_moment(at)}" for name, at in world.first_pulls.items())
    return (
        "    (\n"
        "        World(\n"
        f"            {world.zone!r}, {_moment(world.as_of)},\n"
        f"            batches={_rows([_rows(map(_event, batch), 16) for batch in world.batches], 12)},\n"
        f"            changes={_rows(map(_change, world.changes), 12)},\n"
        f"            spans={_rows([f'({_moment(first)}, {_moment(last)})' for first, last in world.spans], 12)},\n"
        f"            first_pulls={{{pulls}}},\n"
        f"            late={world.late!r},\n"
        f"            real={world.real!r},\n"
        "        ),\n"
        f"        {pformat(definition, width=100, sort_dicts=False)},\n"
        "    ),\n"
    )


def _rows(texts: Sequence[str] | Any, indent: int) -> str:
    texts = list(texts)
    inside = "".join(f"\n{' ' * (indent + 4)}{text}," for text in texts)
    return f"[{inside}\n{' ' * indent}]" if texts else "[]"


def _moment(moment: Any) -> str:
    return f'at("{moment.isoformat()}")'


def _pull(name: str) -> str:
    return {CRM: "CRM", PROFILE: "PROFILE"}.get(name, repr(name))


def _event(one: Definition) -> str:
    properties = f", **{one['properties']!r}" if one["properties"] else ""
    seen = "" if one["seen"] == one["at"] else f", seen={_moment(one['seen'])}"
    name, user = f"{one['account']!r}, {one['event']!r}", f"{one['user']!r}"
    return f"event({name}, {_moment(one['at'])}, {user}{seen}, key={one['id']!r}{properties})"


def _change(one: Definition) -> str:
    fact = next((name for name, fact in FACTS.items() if _is_of(one, fact)), None)
    seen = "" if one["seen"] == one["since"] else f", seen={_moment(one['seen'])}"
    if fact is None:
        return f"member({one['account']!r}, 'vip', {one['value'] == 'true'}, {_moment(one['since'])})"
    user = f", user={one['user']!r}" if one["user"] else ""
    return f"change({one['account']!r}, {fact!r}, {one['value']!r}, {_moment(one['since'])}{seen}{user})"


def _is_of(one: Definition, fact: Definition) -> bool:
    return (fact.get("from"), fact.get("field")) == (one["source"], one["field"])
