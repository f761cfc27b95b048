"""Ready maps: the tables that connectors write, known by their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ruamel.yaml import YAML

from expansion.files.propose.looking import Table

# What the columns begin with that a connector adds for itself.
_MARKS = {"fivetran": "_fivetran_", "airbyte": "_airbyte_", "dlt": "_dlt_", "singer": "_sdc_"}
_HEAD = re.compile(r"^# (?P<word>known by|columns from|beside): (?P<said>.+(?:\n#   .+)*)$", re.M)
_SAID = re.compile(r"^  (?P<word>\w+):.*?  # (?P<said>.+)$", re.M)


@dataclass(frozen=True)
class Ready:
    """A ready map: what it is for, by which columns its table is known, and the map as it stands in its file."""

    name: str  # fivetran/hubspot-company-property-history
    title: str
    known_by: tuple[str, ...]  # in small letters
    is_beside: bool  # a second map of a table that has another: never proposed, only listed
    content: Mapping[str, Any]
    text: str

    @property
    def connector(self) -> str:
        return self.name.partition("/")[0]

    @property
    def kind(self) -> str:
        return next(iter(self.content))

    @property
    def said(self) -> dict[str, str]:
        """The comment at the end of a word's line."""
        return {found["word"]: found["said"] for found in _SAID.finditer(self.text)}


@cache
def ready_maps() -> tuple[Ready, ...]:
    """All of them, by name."""
    return tuple(sorted(_read(files("expansion.files.propose") / "maps"), key=lambda one: one.name))


def _read(folder: Traversable) -> Iterator[Ready]:
    for connector in folder.iterdir():
        if not connector.is_dir():
            continue
        for file in connector.iterdir():
            if file.name.endswith(".yaml"):
                yield _ready(f"{connector.name}/{file.name.removesuffix('.yaml')}", file.read_text(encoding="utf-8"))


def _ready(name: str, text: str) -> Ready:
    head = {found["word"]: found["said"] for found in _HEAD.finditer(text)}
    known = tuple(column.strip("# \n").lower() for column in head["known by"].split(","))
    title = text.partition("\n")[0].removeprefix("# ")
    return Ready(name, title, known, "beside" in head, YAML(typ="safe").load(text), text)


def matching(table: Table) -> Ready | None:
    """The ready map of this table; of several the one that asks for the most of its columns.

    A connector leaves its mark on a table: with one, only the maps of that connector are meant.
    """
    has = {name.lower() for name in table.columns}
    by = next((folder for folder, mark in _MARKS.items() if any(name.startswith(mark) for name in has)), None)
    fits = [one for one in ready_maps() if not one.is_beside and has.issuperset(one.known_by)]
    meant = [one for one in fits if by is None or one.connector == by]
    return max(meant, key=lambda one: (len(one.known_by), one.name), default=None)
