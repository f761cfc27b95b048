"""Rows that could not be stored, in a file beside the store: each once, with line and reason, up to a number."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from expansion.private_files import private_folder, write_whole
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.forgotten import forgotten_people

MOST = 10_000  # rows of one report: a source that sends nothing else would fill the disk
_ROW = 300  # characters of a row that are kept
_FULL = f"the list ends here, after {MOST:,} rows; mend these, remove this file, and read the source again"

Reject = tuple[int | None, str, str | None]  # line, reason, the row as it came


@dataclass
class Rejects:
    """What was refused of one file or pull. `new`: those that no earlier one had listed; `report` lists them all."""

    counts: dict[str, int] = field(default_factory=dict)
    new: int = 0
    report: Path | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def list_rejects(root: Path, source: str, rejects: Iterable[Reject], *, by_line: bool) -> Rejects:
    """Count these, and write down those that are not listed yet.

    `by_line`: the same text on another line is another row, as in a file. What a source sends has no lines that stay.
    """
    found = Rejects()
    path = root / "rejects" / f"{source.replace('/', '_')}.jsonl"
    with manifests.writing(root):
        said = {_key(line, by_line) for line in _listed(path)}
        before = len(said)
        new = list(_unsaid(_without_forgotten(root, rejects), said, found, by_line))
        if found.counts:
            found.report = path
            found.new = len(new)
            _append(root, path, _lines(source, new, before))
    return found


def _without_forgotten(root: Path, rejects: Iterable[Reject]) -> Iterator[Reject]:
    listed = forgotten_people(root)
    for line, reason, row in rejects:
        if listed.names_one(reason):
            reason = reason.partition("; it says ")[0]
        yield line, reason, "a person in it was forgotten" if row and listed.names_one(row) else row


def _unsaid(rejects: Iterable[Reject], said: set[str], found: Rejects, by_line: bool) -> Iterator[Reject]:
    for line, reason, row in rejects:
        found.counts[reason] = found.counts.get(reason, 0) + 1
        kept = line, reason, row[:_ROW] if row else row
        key = _key(kept, by_line)
        if key not in said:
            said.add(key)
            yield kept


def _key(reject: Reject, by_line: bool) -> str:
    return json.dumps(reject if by_line else reject[1:])


def _listed(path: Path) -> Iterator[Reject]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            try:
                raw = json.loads(line)
                yield raw["line"], raw["reason"], raw["row"]
            except (ValueError, KeyError, TypeError):
                continue  # half a line of a process that died: the row is listed again


def _lines(source: str, new: Iterable[Reject], before: int) -> Iterator[str]:
    for number, (line, reason, row) in enumerate(new, before + 1):
        if number > MOST:
            if number == MOST + 1:
                yield _line(source, None, _FULL, None)
            return
        yield _line(source, line, reason, row)


def _line(source: str, line: int | None, reason: str, row: str | None) -> str:
    return json.dumps({"source": source, "line": line, "reason": reason, "row": row}) + "\n"


def _append(root: Path, path: Path, lines: Iterable[str]) -> None:
    private_folder(root / "rejects")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        write_whole(handle, "".join(lines).encode())
    finally:
        os.close(handle)
