"""The maps of a folder that say for themselves where their rows are: one file, one table."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expansion.files.maps import AnyMap, EventMap, FactMap, From, map_of, text_of, words_of
from expansion.files.propose.ready import Ready, ready_maps
from expansion.files.read.found import FoundFile
from expansion.language.model.mistakes import Mistake, did_you_mean
from expansion.usage.forms.failures import MapError

_SYSTEM = "warehouse"
# Who is who comes before what they did: people before events that need them.
SOURCES = ("warehouse.merges", "warehouse.people", "warehouse.accounts", "warehouse.events")
ALWAYS = SOURCES[:2]  # pulled with any of the others, as nothing in facts.yaml names them
_NO_MAP = "docs/warehouse.md shows a map for each kind of table"
_TESTS = ("only", "leave_out", "deleted_when")


@dataclass(frozen=True)
class TableMap:
    """A map with the place of its rows."""

    name: str  # of its file: `opportunities`
    place: From
    mapping: AnyMap
    ready: Ready | None = None  # the ready map that it goes by

    @property
    def source(self) -> str:
        """What facts.yaml calls it."""
        if isinstance(self.mapping, FactMap):
            return self.mapping.source
        return f"{_SYSTEM}.events" if isinstance(self.mapping, EventMap) else f"{_SYSTEM}.merges"

    @property
    def file(self) -> FoundFile:
        """What its rows are called where one of them has to be shown, and which table they are of."""
        return FoundFile(self.name, self.name, {}, self.table)

    @property
    def table(self) -> str:
        if self.mapping.table:
            return self.mapping.table
        return self.place.table.rpartition(".")[2].strip('"`').lower() if self.place.table else self.name

    @property
    def hash(self) -> str:
        """Changes with whatever changes what is stored of a row, or which rows are read."""
        said = [self.place.model_dump(mode="json", exclude={"overlap", "whole_every"}), repr(self.mapping)]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def fitted(self, columns: Iterable[str]) -> AnyMap:
        """The map for a table of these columns: of a ready one without tests of columns that this table has not."""
        if self.ready is None:
            return self.mapping
        has = {name.strip().lower() for name in columns}
        kept = {
            word: {name: test for name, test in getattr(self.mapping, word).items() if name.strip().lower() in has}
            for word in _TESTS
            if hasattr(self.mapping, word)
        }
        return self.mapping.model_copy(update=kept)


@dataclass(frozen=True)
class Maps:
    """The maps that can be used, and for each file that cannot a sentence of what is wrong with it."""

    every: tuple[TableMap, ...] = ()
    mistakes: dict[str, str] = field(default_factory=dict)  # by the name of the file

    def of(self, source: str) -> list[TableMap]:
        return [one for one in self.every if one.source == source]

    def told(self) -> tuple[Mistake, ...]:
        """The mistakes, as `expansion check` tells them."""
        return tuple(_mistake(path, text) for path, text in self.mistakes.items())

    def named(self, name: str) -> TableMap | None:
        return next((one for one in self.every if one.name == name), None)


def _mistake(path: str, text: str) -> Mistake:
    said, _, hint = text.partition("\n\nhint: ")
    sentences = "; ".join(line.removeprefix(f"{path}: ") for line in said.splitlines() if line)
    return Mistake(path, 0, 0, sentences, hint=hint or None)


def without_a_map(maps: Maps, named: Iterable[str], folder: Path) -> list[Mistake]:
    """Warnings about sources that facts.yaml names and no map brings."""
    return [
        Mistake(str(folder), 0, 0, f"facts.yaml names `{source}`, and no map here brings it", hint=_NO_MAP)
        for source in SOURCES
        if source in set(named) and not maps.of(source)
    ]


def read_maps(folder: Path) -> Maps:
    """All maps of a folder; none where there is no such folder."""
    every: dict[str, TableMap] = {}
    mistakes: dict[str, str] = {}
    for path in sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml")):
        name = path.name.partition(".")[0]
        try:
            if name in every:
                raise MapError(f"{path}: another map here is called `{name}`, too; rename one")
            every[name] = table_map(text_of(path), name, str(path))
        except MapError as error:
            mistakes[str(path)] = str(error)
    return Maps(tuple(every.values()), mistakes)


def table_map(text: str, name: str, path: str) -> TableMap:
    """The map that a text is; raises MapError."""
    words = words_of(text, path)
    ready = _ready(words.pop("ready", None), path)
    if ready is not None:
        words = _laid_over(ready, words)
    found = map_of(words, path)
    if found.from_ is None:
        raise MapError(
            f"{path}: `from:` is missing: which `table`, `query` or `files` holds the rows\n\n"
            "hint: maps for `expansion import` lie in another folder"
        )
    mapping = found.table
    if isinstance(mapping, FactMap):
        mapping = mapping.model_copy(update={"source": f"{_SYSTEM}.{mapping.source.partition('.')[2]}"})
    return TableMap(name, found.from_, mapping, ready)


def _ready(name: object, path: str) -> Ready | None:
    if name is None:
        return None
    every = {one.name: one for one in ready_maps()}
    if name not in every:
        near = did_you_mean(str(name), every)
        hint = f"did you mean `{near}`?" if near else "`expansion map --ready` lists them"
        raise MapError(f"{path}: there is no ready map `{name}`\n\nhint: {hint}")
    return every[str(name)]


def _laid_over(ready: Ready, words: dict[str, Any]) -> dict[str, Any]:
    """A ready map, with the words that the file says otherwise."""
    kind = ready.kind
    mine = words.get(kind)
    return {**words, kind: {**ready.content[kind], **(mine if isinstance(mine, dict) else {})}}


__all__ = ["ALWAYS", "SOURCES", "Maps", "TableMap", "read_maps", "table_map", "without_a_map"]
