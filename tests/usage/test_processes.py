"""Several processes on one store, and processes that are killed: what was said to be stored is there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from expansion.usage.storage.manifest import writing
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import files_of, ids
from tests.usage.other_process import BATCH, look, write_batch

pytestmark = pytest.mark.starts

PROJECT = Path(__file__).parents[2]


@contextmanager
def process(*words: object) -> Iterator[subprocess.Popen[str]]:
    """Another process; gone at the end, whatever happens."""
    command = [sys.executable, "-m", "tests.usage.other_process", *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def finished(running: subprocess.Popen[str]) -> list[int]:
    """The numbers it said; it must have ended well."""
    out, error = running.communicate(timeout=60)
    assert running.returncode == 0, error
    return [int(line) for line in out.split()]


def killed(running: subprocess.Popen[str]) -> list[int]:
    """The numbers it said before it died."""
    out, error = running.communicate(timeout=60)
    assert running.returncode == -signal.SIGKILL, error
    return [int(line) for line in out.split()]


def check_whole(store: UsageStore, acknowledged: int) -> None:
    """Every acknowledged batch is there, at most one more, none by half; and the store can be written again."""
    stored = look(store)
    assert stored in (acknowledged * BATCH, (acknowledged + 1) * BATCH)
    write_batch(store, "after", 0)
    assert look(store) == stored + BATCH
    named = {f.file for f in store.manifest().facts}
    for segment in store.manifest().segments:
        named |= {segment.file, segment.people_file, segment.names_file, *(rollup.file for rollup in segment.rollups)}
    assert set(files_of(store)) == named  # what the dead one left was swept up


@pytest.mark.parametrize("change", [1, 3, 4, 6, 8, 9, 11, 14, 19, 27])
def test_a_kill_before_any_change_of_the_disk_loses_nothing_that_was_stored(store: UsageStore, change: int) -> None:
    with process("write_dying", store.root, "w", change) as running:
        said = killed(running)
    check_whole(store, len(said))


def test_kills_at_random_moments_lose_nothing_that_was_stored(store: UsageStore) -> None:
    rnd = random.Random(5)
    acknowledged: list[str] = []
    for round_ in range(3):
        with process("write", store.root, f"r{round_}", 1_000) as running:
            assert running.stdout is not None
            acknowledged += [f"r{round_}-{running.stdout.readline().strip()}-0" for _ in range(2)]
            time.sleep(rnd.uniform(0, 0.3))
            running.kill()
            acknowledged += [f"r{round_}-{number}-0" for number in killed(running)]
    stored = set(ids(store))
    assert [one for one in acknowledged if one not in stored] == []
    assert look(store) % BATCH == 0


def test_readers_see_whole_batches_while_one_writes(store: UsageStore) -> None:
    write_batch(store, "before", 0)
    with (
        process("write", store.root, "w", 5) as writer,
        process("read", store.root, "r1", 15) as one,
        process("read", store.root, "r2", 15) as two,
    ):
        assert finished(writer) == list(range(5))
        for reader in (one, two):
            assert BATCH <= finished(reader)[0] <= 6 * BATCH
    assert look(store) == 6 * BATCH


def test_two_writers_take_turns(store: UsageStore) -> None:
    with process("write", store.root, "a", 3) as one, process("write", store.root, "b", 3) as two:
        assert finished(one) == finished(two) == list(range(3))
    assert look(store) == 6 * BATCH


def test_a_writer_waits_for_the_one_that_writes_and_then_goes_on(store: UsageStore) -> None:
    with ExitStack() as stack:
        with writing(store.root):
            waiting = stack.enter_context(process("write", store.root, "w", 1))
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(timeout=1.5)
            assert look(store) == 0
        assert finished(waiting) == [0]
    assert look(store) == BATCH
