"""What is one step plainer than a definition, or than a world; the larger steps come first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.evaluate.stores import LONG_AGO
from tests.evaluate.words import CRM, PROFILE, Definition
from tests.evaluate.worlds import World

GROUPS = ("all_of", "any_of", "none_of")
_SPANS = ("1 day", "2 days", "7 days", "28 days")
_SPAN_WORDS = ("over", "for", "within", "first_within", "stopped_for", "came_back_after")


# --- definitions ------------------------------------------------------------------------------------------------------


def simpler_definitions(written: Definition) -> Iterator[Definition]:
    for word in ("accounts", "unless", "who"):
        if word in written:
            yield without(written, word)
    for section in ("when", "unless"):
        for clauses in simpler_lists(written.get(section, [])):
            yield {**written, section: clauses}


def simpler_lists(clauses: list[Definition]) -> Iterator[list[Definition]]:
    """With one clause fewer, or a plainer one."""
    for number, clause in enumerate(clauses):
        if len(clauses) > 1:
            yield clauses[:number] + clauses[number + 1 :]
        for plainer in simpler_clauses(clause):
            yield [*clauses[:number], plainer, *clauses[number + 1 :]]


def simpler_clauses(clause: Definition) -> Iterator[Definition]:
    """A part of a group in place of it, or a condition with a word less."""
    for word in GROUPS:
        if word in clause:
            yield from clause[word]
            yield from ({word: parts} for parts in simpler_lists(clause[word]))
            return
    if "some_of" in clause:
        need, parts = clause["some_of"]["need"], clause["some_of"]["of"]
        yield from parts
        yield {"any_of": parts}
        yield from ({"some_of": {"need": min(need, len(p)), "of": p}} for p in simpler_lists(parts))
        return
    yield from simpler_conditions(clause)


def simpler_conditions(condition: Definition) -> Iterator[Definition]:
    for word in condition:
        yield without(condition, word)
    for word in _SPAN_WORDS:
        spans = _SPANS[: _SPANS.index(condition[word])] if condition.get(word) in _SPANS else _SPANS
        yield from ({**condition, word: span} for span in spans if word in condition)
    if "sequence" in condition:
        yield from ({**condition, "sequence": steps} for steps in _simpler_steps(condition["sequence"]))
    for word in ("event", "not_between"):
        if word in condition:
            yield from ({**condition, word: plainer} for plainer in _plainer_event(condition[word]))


def _simpler_steps(steps: list[Any]) -> Iterator[list[Any]]:
    for number, step in enumerate(steps):
        if len(steps) > 2:
            yield steps[:number] + steps[number + 1 :]
        yield from ([*steps[:number], plainer, *steps[number + 1 :]] for plainer in _plainer_event(step))


def _plainer_event(written: Any) -> Iterator[Any]:
    """`any event`, a list and `{event, where}` are all more than a name."""
    if isinstance(written, list):
        yield from written
    elif isinstance(written, dict):
        yield written["event"]
        if written.get("where"):
            yield {**written, "where": {}}


def without(written: Definition, word: str) -> Definition:
    return {key: value for key, value in written.items() if key != word}


# --- worlds -----------------------------------------------------------------------------------------------------------


def simpler_worlds(world: World) -> Iterator[World]:
    """One step plainer: the settings first, then row by row."""
    ever = [(world.as_of - timedelta(days=400), world.as_of)]
    plain: Definition = {
        "zone": "UTC", "late": "2 days", "spans": ever, "first_pulls": {CRM: LONG_AGO, PROFILE: LONG_AGO}
    }  # fmt: skip
    yield from (replace(world, **{name: value}) for name, value in plain.items() if getattr(world, name) != value)
    yield from (replace(world, spans=spans) for spans in _one_less(world.spans) if world.spans != ever)
    for number, batch in enumerate(world.batches):
        for rows in _simpler_rows(batch):
            yield replace(world, batches=[*world.batches[:number], rows, *world.batches[number + 1 :]])
        if not batch:
            yield replace(world, batches=world.batches[:number] + world.batches[number + 1 :])
    yield from (replace(world, changes=rows) for rows in _simpler_rows(world.changes))


def _one_less(things: list[Any]) -> Iterator[list[Any]]:
    yield from (things[:number] + things[number + 1 :] for number in range(len(things)))


def _simpler_rows(rows: list[Definition]) -> Iterator[list[Definition]]:
    for number, row in enumerate(rows):
        yield from ([*rows[:number], plainer, *rows[number + 1 :]] for plainer in _simpler_row(number, row))


def _simpler_row(number: int, row: Definition) -> Iterator[Definition]:
    """Seen at once, by nobody, in a plain account, without properties, with a short id."""
    begins = "at" if "at" in row else "since"
    plain = {"seen": row[begins], "account": "acme", **({"user": ""} if begins == "at" else {})}
    if begins == "at":
        plain["id"] = f"e{number}"
        yield from ({**row, "properties": without(row["properties"], name)} for name in row["properties"])
    yield from ({**row, name: value} for name, value in plain.items() if row[name] != value)
