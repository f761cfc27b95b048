"""Files: events and facts from JSON lines, CSV and Parquet, gzipped or not, with a map file. Nothing to connect to."""

from __future__ import annotations

from typing import ClassVar, Literal

from integrations.kit.declare import SourceBase


class Accounts(SourceBase):
    """Facts of accounts that were imported; a run has nothing to pull."""

    name: ClassVar[str] = "files.accounts"
    title: ClassVar[str] = "Facts of accounts, from `expansion import`"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})


class People(SourceBase):
    name: ClassVar[str] = "files.people"
    title: ClassVar[str] = "Fields of people, from `expansion import`"
    gives: ClassVar[frozenset[str]] = frozenset({"people"})


class Events(SourceBase):
    name: ClassVar[str] = "files.events"
    title: ClassVar[str] = "Events, from `expansion import`"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"
