"""Events that were taken are folded, however many processes fold at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from expansion.contract import EventRow
from expansion.usage.journal import Journal
from expansion.usage.store import UsageStore
from tests.usage.builders import ids

PROJECT = Path(__file__).parents[2]
PUSHING = """
import sys; from pathlib import Path
from expansion.contract import EventRow
from expansion.usage.journal import Journal
for number in range(60):
    Journal(Path(sys.argv[1])).append([EventRow(f"{sys.argv[2]}-{number}", "export", "2026-03-01", "acme", "ana", {})])
"""
FOLDING = """
import sys; from pathlib import Path
from expansion.usage.journal import Journal
from expansion.usage.store import UsageStore
root = Path(sys.argv[1])
print(sum(Journal(root).fold(UsageStore(root)).stored for _ in range(12)))
"""


def test_two_folds_at_once_lose_nothing_that_was_taken(tmp_path: Path) -> None:
    def start(code: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, str(tmp_path), *words]
        return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    running = [start(PUSHING, "a"), start(PUSHING, "b"), *(start(FOLDING) for _ in range(3))]
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    store = UsageStore(tmp_path)
    Journal(tmp_path).fold(store)
    assert len(ids(store)) == 120


def test_a_line_separator_inside_a_value_ends_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([EventRow("1", "export", "2026-03-01", "acme", "ana", {"note": "a\u2028b\x85c"})])
    raw = (tmp_path / "journal.jsonl").read_text()
    assert raw.count("\n") == 1
    (tmp_path / "journal.jsonl").write_text(json.dumps(json.loads(raw), ensure_ascii=False) + "\n")
    assert journal.fold(UsageStore(tmp_path)).stored == 1
