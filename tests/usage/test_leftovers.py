"""What a dead process leaves behind goes at the next start, and forgetting covers it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from expansion.contract import EventRow
from expansion.forgetting import forget
from expansion.ledger.store import Ledger
from expansion.usage.import_events import import_rows
from expansion.usage.storage.manifest import writing
from expansion.usage.storage.scratch import scratch
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import files_of, utc

pytestmark = pytest.mark.starts
PROJECT = Path(__file__).parents[2]
DYING = """
import os, signal, sys
from pathlib import Path
from tests.usage.builders import import_events
from expansion.files.maps import EventMap
from expansion.usage.storage.batch import Batch
from expansion.usage.storage.store import UsageStore

def dying(self, *given):
    os.kill(os.getpid(), signal.SIGKILL)
Batch.repeated = Batch.count = dying
mapping = EventMap(id="id", event="event", time="time", account="account", user="user")
import_events(UsageStore(Path(sys.argv[1])), Path(sys.argv[2]), mapping)
"""


def killed_import(store: UsageStore, folder: Path) -> None:
    """An import of a file with a row that is none, killed when its working copy is written."""
    file = folder / "people.csv"
    rows = "".join(f"{n},export,2026-03-01T10:00:00Z,acme,ana@acme.example\n" for n in range(6))
    file.write_text(f"id,event,time,account,user\n{rows}7,broken\n")
    done = subprocess.run([sys.executable, "-c", DYING, str(store.root), str(file)], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    file.unlink()


def working_copies(store: UsageStore) -> list[str]:
    return [name for name in files_of(store) if name.startswith("scratch") or name.endswith(".staged")]


def test_the_working_copy_of_a_killed_import_goes_with_the_next_writer(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    killed_import(store, tmp_path)
    assert working_copies(store)
    with writing(store.root):
        assert not working_copies(store)


def test_forgetting_reaches_the_working_copy_of_a_killed_import(tmp_path: Path, ledger: Ledger) -> None:
    store = UsageStore(tmp_path / "home" / "usage")
    import_rows(store, "files", [EventRow("1", "export", utc(2026, 3, 1), "acme", "ana@acme.example", {})], None)
    killed_import(store, tmp_path)
    told = forget(store, ledger, tmp_path / "home", "ana@acme.example", "dana", utc(2026, 3, 2))
    assert told.left == ()
    for path in (tmp_path / "home").rglob("*"):
        assert not path.is_file() or b"ana@acme.example" not in path.read_bytes()


def test_the_working_copies_of_living_processes_stay(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    mine = scratch(store.root) / "mine.parquet"
    mine.write_bytes(b"at work")
    code = (
        "import sys; from pathlib import Path; from expansion.usage.storage.manifest import writing\n"
        "with writing(Path(sys.argv[1])): pass"
    )
    subprocess.run([sys.executable, "-c", code, str(store.root)], cwd=PROJECT, check=True)
    assert mine.read_bytes() == b"at work"


def test_a_process_that_ends_takes_its_working_copies_along(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from expansion.usage.storage.scratch import scratch\n"
        "(scratch(Path(sys.argv[1])) / 'mine').write_text('at work')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT, check=True)
    assert not list((tmp_path / "scratch").iterdir())


def test_files_that_a_dead_process_was_about_to_put_in_place_go(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    import_rows(store, "files", [EventRow("1", "export", "later", "acme", "ana", {})], None)
    half = [store.root / "manifest.json.new", store.root / "rejects" / "files.jsonl.new"]
    for path in half:
        path.write_text("half")
    with writing(store.root):
        assert not any(path.exists() for path in half)


def test_a_store_that_may_only_be_read_can_be_looked_at(tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage")
    import_rows(store, "files", [EventRow("1", "export", utc(2026, 3, 1), "acme", "ana", {})], None)
    code = (
        "import os, sys; from pathlib import Path\n"
        "real = os.access\n"
        "os.access = lambda path, mode: False if mode == os.W_OK else real(path, mode)\n"
        "from expansion.usage.storage.store import UsageStore; from tests.usage.builders import ids\n"
        "print(ids(UsageStore(Path(sys.argv[1]))))"
    )
    before = sorted(path for path in store.root.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.root)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "['1']\n", done.stderr
    assert sorted(path for path in store.root.rglob("*")) == before
