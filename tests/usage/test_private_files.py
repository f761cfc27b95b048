"""Small files that must not be lost: replaced whole, or left as they were; and nobody else's to read."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from expansion.contract import EventRow
from expansion.private_files import private_folder, replace_file, write_whole
from expansion.usage.import_events import import_rows
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.manifest import Manifest, Pulls, StoreError, load, save
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import MAP, import_events, lines, row, utc


@pytest.fixture
def little_room() -> Iterator[None]:
    with room_for(2_000):
        yield


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: it fails as on a full disk, without filling one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, little_room: None) -> None:
    path = tmp_path / "small.json"
    replace_file(path, b"before")
    with pytest.raises(OSError):
        replace_file(path, b"x" * 5_000)
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["small.json"]


def test_who_was_forgotten_is_known_after_a_forgetting_that_found_no_room(tmp_path: Path, little_room: None) -> None:
    listed = forgotten_people(tmp_path).save({"ana": "forgotten-1"})
    with pytest.raises(OSError):
        listed.save({f"user-{number}": f"forgotten-{number}" for number in range(100)})
    assert forgotten_people(tmp_path).pseudonym("ana") == "forgotten-1"


def test_the_manifest_is_whole_after_a_change_that_found_no_room(tmp_path: Path, little_room: None) -> None:
    before = Manifest().with_spans("files", ())
    save(tmp_path, before)
    moment = utc(2026, 3, 1)
    huge = Manifest(pulls={f"source-{number}": Pulls(moment, moment) for number in range(100)})
    with pytest.raises(OSError):
        save(tmp_path, huge)
    assert load(tmp_path) == before


def test_pushed_events_that_found_no_room_are_not_taken_and_those_before_are(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([_row("first")])
    with room_for((tmp_path / "journal.jsonl").stat().st_size + 700), pytest.raises(OSError):
        journal.append([_row(f"second-{number}") for number in range(20)])
    journal.append([_row("third")])
    assert journal.fold(UsageStore(tmp_path)).stored == 2


def test_a_write_that_is_taken_in_parts_is_written_whole() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        write_whole(writing, b"a" * 30_000)
        assert len(os.read(reading, 40_000)) == 30_000
    finally:
        os.close(reading)
        os.close(writing)


def test_nobody_else_may_read_what_is_stored(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        store = UsageStore(private_folder(tmp_path / "home" / "usage"))
        import_rows(store, "files", [_row("a"), replace(_row("b"), time="later")], None)
    finally:
        os.umask(before)
    assert store.manifest().segments
    for path in (tmp_path / "home", *(tmp_path / "home").rglob("*")):
        if path.is_dir() or path.suffix != ".lock":
            assert path.stat().st_mode & 0o077 == 0, path


def _row(event_id: str) -> EventRow:
    return EventRow(event_id, "Report Opened", "2026-03-01T09:00:00Z", "a-1", "ana", {"note": "n" * 60})


@pytest.mark.parametrize("last", ["", "broken\n"])
def test_a_full_disk_is_not_blamed_on_the_file_that_is_read(tmp_path: Path, last: str) -> None:
    rows = (row(f"{number * 7919 % 10007}-{number}", account=f"acme-{number}") for number in range(20_000))
    path = lines(tmp_path / "e.jsonl", rows)
    path.write_text(path.read_text() + last)
    store = UsageStore(tmp_path / "usage")
    with room_for(50_000), pytest.raises(StoreError, match="there is no room to write in"):
        import_events(store, path, MAP)
    assert import_events(store, path, MAP).stored == 20_000, "with room again, all of it comes in"
