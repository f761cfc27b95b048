"""What keeps an episode open: the conditions without their dwell, or what `clears_below` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Definition = dict[str, Any]

_GROUPS = ("all_of", "any_of", "none_of")


def without_dwell(clause: Definition) -> Definition:
    """An episode stays open while the conditions hold today."""
    for word in _GROUPS:
        if word in clause:
            return {word: [without_dwell(part) for part in clause[word]]}
    if "some_of" in clause:
        some = clause["some_of"]
        return {"some_of": {**some, "of": [without_dwell(part) for part in some["of"]]}}
    return {key: value for key, value in clause.items() if key != "for"}


def clearing(clause: Definition) -> Definition | None:
    """What is left of a clause when only the lines with `clears_below` count, at that value."""
    if "none_of" in clause:
        return None
    for word in ("all_of", "any_of"):
        if word in clause:
            parts = clearing_lines(clause[word])
            return {word: parts} if parts else None
    if "some_of" in clause:
        parts = clearing_lines(clause["some_of"]["of"])
        need = min(clause["some_of"]["need"], len(parts))
        return {"some_of": {"need": need, "of": parts}} if parts else None
    if "clears_below" not in clause:
        return None
    dropped = ("for", "clears_below", "more_than", "at_least", "by_at_least", "on_at_least")
    return {**{k: v for k, v in clause.items() if k not in dropped}, "at_least": clause["clears_below"]}


def clearing_lines(clauses: Sequence[Definition]) -> list[Definition]:
    """The same of several clauses."""
    return [kept for clause in clauses if (kept := clearing(clause)) is not None]
