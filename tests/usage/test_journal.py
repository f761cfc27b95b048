"""Events that were taken are folded, however many processes fold at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from expansion.contract import EventRow
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import ids

ROUNDS, FOLDS = 5, 4


def test_folds_at_the_same_moment_lose_nothing_that_was_taken(tmp_path: Path) -> None:
    journal, store = Journal(tmp_path), UsageStore(tmp_path)
    together = Barrier(FOLDS)

    def fold(number: int) -> int:
        together.wait()
        return journal.fold(store).stored

    with ThreadPoolExecutor(FOLDS) as pool:
        for round_ in range(ROUNDS):
            journal.append([EventRow(f"{round_}-{n}", "export", "2026-03-01", "acme", "ana", {}) for n in range(5)])
            assert sum(pool.map(fold, range(FOLDS))) == 5
    assert len(ids(store)) == ROUNDS * 5


def test_a_line_separator_inside_a_value_ends_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([EventRow("1", "export", "2026-03-01", "acme", "ana", {"note": "a\u2028b\x85c"})])
    raw = (tmp_path / "journal.jsonl").read_text()
    assert raw.count("\n") == 1
    (tmp_path / "journal.jsonl").write_text(json.dumps(json.loads(raw), ensure_ascii=False) + "\n")
    assert journal.fold(UsageStore(tmp_path)).stored == 1
