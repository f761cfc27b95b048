"""Tables of warehouses, and files, that a pull reads by a map of its own; see docs/warehouse.md."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from integrations.kit.declare import SourceBase

if TYPE_CHECKING:
    from expansion.tables.maps import Maps, TableMap
    from integrations.warehouse.tables import ReadTable


@dataclass
class Tables(SourceBase):
    """What the maps of a folder name. `urls` are the addresses of the connections, by their names."""

    folder: Path
    urls: Mapping[str, str]

    def maps(self) -> Maps:
        """As they are now."""
        from expansion.tables.maps import read_maps  # who only wants names does not wait for what reads

        return read_maps(self.folder)

    def open(self, one: TableMap) -> AbstractContextManager[ReadTable]:
        """Its table, for as long as it is read."""
        from integrations.warehouse.opening import opened

        return opened(one.place, self.urls)


class Accounts(Tables):
    name: ClassVar[str] = "warehouse.accounts"
    title: ClassVar[str] = "Facts of accounts, from tables that the maps in `sources/` name"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})


class People(Tables):
    name: ClassVar[str] = "warehouse.people"
    title: ClassVar[str] = "Fields of people, from tables that the maps in `sources/` name"
    gives: ClassVar[frozenset[str]] = frozenset({"people"})


class Events(Tables):
    """A read that breaks off stores nothing; it says `what was read` as all events do, for each is true alone."""

    name: ClassVar[str] = "warehouse.events"
    title: ClassVar[str] = "Events, from tables that the maps in `sources/` name"
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    keeps: ClassVar[Literal["what was read", "nothing"]] = "what was read"


class Merges(Tables):
    name: ClassVar[str] = "warehouse.merges"
    title: ClassVar[str] = (
        "Accounts and people that have another id since, from tables that the maps in `sources/` name"
    )
    gives: ClassVar[frozenset[str]] = frozenset({"merges"})


EVERY: tuple[type[Tables], ...] = (Accounts, People, Events, Merges)

__all__ = ["EVERY", "Tables"]
