"""The columns of a file of facts, compared with what its map and facts.yaml ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from expansion.evaluate.untold import meant
from expansion.files.fact_rows import FactRows
from expansion.language.model.models import Facts, SourcedFact
from expansion.usage.lines import ImportFailed
from expansion.usage.mapping import FactMap


def refuse_missing(path: Path, mapping: FactMap, columns: Sequence[str]) -> None:
    """A file without the columns that its map needs, or without any of its facts, is not the file that is meant."""
    needed = {"account": mapping.account, "user": mapping.user, "at": mapping.at}
    for word, name in needed.items():
        if name is not None and name not in columns:
            has = ", ".join(columns)
            hint = meant(name, columns)
            raise ImportFailed(f"{path}: has no column `{name}`, which the map gives as `{word}`{hint}; it has: {has}")
    if mapping.fields and not any(name in columns for name in mapping.fields):
        wanted, has = ", ".join(f"`{name}`" for name in mapping.fields), ", ".join(columns)
        hints = "".join(meant(name, columns) for name in mapping.fields[:1])
        raise ImportFailed(
            f"{path}: has none of the columns that the map gives as `fields`: {wanted}{hints}; it has: {has}"
        )


def notes(said: FactRows, facts: Facts | None) -> Iterator[str]:
    """What may not be as it was meant: columns that are missing, facts that nothing gives, words taken for nothing."""
    for name in said.mapping.fields or ():
        if name not in said.columns:
            yield f"there is no column `{name}`, which the map gives under `fields`{meant(name, said.columns)}"
    given = set(said.fields)
    for name, fact in facts.facts.items() if facts else ():
        if not isinstance(fact, SourcedFact) or fact.from_ != said.mapping.source or fact.field in given:
            continue
        if fact.field in (said.mapping.fields or ()):
            continue  # said already
        where = f"the fact `{name}` is the field `{fact.field}` of {fact.from_}"
        if fact.field in said.columns:
            yield f"{where}: the file has it, and the map leaves it out of `fields`"
        else:
            yield f"{where}, which this file does not give{meant(fact.field, said.columns)}"
    if said.as_nothing:
        words = ", ".join(f"`{word}` ({count:,})" for word, count in said.as_nothing.most_common())
        yield f"cells that say nothing, taken as empty: {words}; `empty:` in the map says which texts do"
