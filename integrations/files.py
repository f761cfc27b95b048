"""Files: events and facts from JSON lines, CSV and Parquet, gzipped or not, with a map file. Nothing to connect to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import duckdb
from pydantic_settings import BaseSettings

from expansion.contract import FactRecord
from expansion.evaluate.factual import read_value
from expansion.usage.facts import add_facts, user_accounts
from expansion.usage.importing import Imported, import_events
from expansion.usage.lines import ImportFailed
from expansion.usage.mapping import FactMap, load_map
from expansion.usage.reading import rows_again
from expansion.usage.scratch import scratch
from expansion.usage.store import UsageStore
from integrations.base import Allowance, Connected, Integration, SourceBase


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


def import_file(store: UsageStore, path: Path, map_path: Path, now: datetime) -> Imported:
    """Store the events or facts of one file. Raises ImportFailed or MapError where file or map cannot be used."""
    mapping = load_map(map_path)
    if mapping.events is not None:
        return import_events(store, path, mapping.events, users=user_accounts(store))
    assert mapping.facts is not None, "a map holds one of the two"
    return _import_facts(store, path, mapping.facts, now)


def _import_facts(store: UsageStore, path: Path, mapping: FactMap, now: datetime) -> Imported:
    result = Imported(path.name)
    records = list(_records(_rows(store, path, result), mapping, result))
    newest = max((record.at for record in records if record.at), default=now)
    result.stored = add_facts(store, mapping.source, records, min(now, newest))
    return result


def _rows(store: UsageStore, path: Path, result: Imported) -> list[dict[str, Any]]:
    """All rows as mappings; fact files are small. What cannot be read is counted."""
    if not path.is_file():
        raise ImportFailed(f"{path}: there is no such file; check the name")
    con = store.connect()
    try:
        with rows_again(con, path, scratch(store.root)) as rows:
            found = con.execute(f"SELECT broken, CAST(to_json(row) AS VARCHAR) FROM ({rows.sql})").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise ImportFailed(f"{path}: is not what its name says, or is cut off; write it again at its source") from error
    for broken, _ in found:
        if broken:
            result.rejects[broken] = result.rejects.get(broken, 0) + 1
    return [json.loads(row) for broken, row in found if not broken]


def _records(rows: list[dict[str, Any]], mapping: FactMap, result: Imported) -> Iterator[FactRecord]:
    taken = {mapping.account, mapping.user, mapping.at}
    for row in rows:
        account, user = row.get(mapping.account), row.get(mapping.user) if mapping.user else None
        at = row.get(mapping.at) if mapping.at else None
        since = at if isinstance(at, datetime) else read_value(None if at is None else str(at), "date")
        reason = _wrong(account, user, since, mapping)
        if reason:
            result.rejects[reason] = result.rejects.get(reason, 0) + 1
            continue
        values = {name: row.get(name) for name in mapping.fields or row.keys() - taken}
        moment = since if isinstance(since, datetime) else None
        person = None if user is None else str(user)
        # A dated value counts as known since its date: a check of any moment in the file's past may see it.
        yield FactRecord(mapping.source, str(account), values, user_id=person, at=moment, known_at=moment)


def _wrong(account: object, user: object, since: object, mapping: FactMap) -> str | None:
    if account in (None, ""):
        return "no account"
    if mapping.user and user in (None, ""):
        return "no user"
    return "no readable date" if mapping.at and since is None else None


class Settings(BaseSettings):
    """Files need none."""


def connect(*, allowance: Allowance | None = None) -> Connected:
    """Files have no limits to share."""
    return Connected(sources={kind.name: kind() for kind in (Accounts, People, Events)})


INTEGRATION = Integration(
    name="files",
    title="Files",
    settings_model=Settings,
    connect=connect,
    sources={kind.name: kind for kind in (Accounts, People, Events)},
)
