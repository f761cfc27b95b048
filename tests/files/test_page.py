"""docs/import.md keeps its word: each table it shows comes in by the map it shows, and is stored as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expansion.files.import_files import import_files
from expansion.usage.identity.merges import merges_said
from expansion.usage.storage.fact_relations import known_facts
from expansion.usage.storage.marks import is_mark
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import properties, stored

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each group of files, map and result: by the name of its map."""
    group: list[tuple[str, str]] = []
    for info, text in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        if info.startswith(("csv ", "json ")) or info.endswith(".map.yaml"):
            group.append((info.split(" ", 1)[1], text))
        elif info == "text stored":
            yield next(name for name, _ in group if name.endswith(".map.yaml")), [*group, ("", text)]
            group = []


SECTIONS = dict(sections())


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_table_of_the_page_is_stored_as_the_page_says(tmp_path: Path, name: str) -> None:
    *files, (_, wanted) = SECTIONS[name]
    for file, text in files:
        (tmp_path / file).write_text(text, encoding="utf-8")
    store = UsageStore(tmp_path / "usage")
    data = [str(tmp_path / file) for file, _ in files if not file.endswith(".map.yaml")]
    for one in data:
        result = import_files(store, [one], tmp_path / name, NOW)
        assert not any(file.failure for file in result.files)
    assert "\n".join([*events(store), *facts(store), *merges(store)]) == wanted.strip()


def test_the_page_has_a_table_for_each_kind() -> None:
    assert len(SECTIONS) >= 18


def merges(store: UsageStore) -> Iterator[str]:
    for one in sorted(merges_said(store, store.manifest()), key=lambda each: each.order):
        what = f"what {one.user_id} does in {one.former_id} counts for" if one.user_id else f"{one.former_id} is"
        yield f"{what} {one.id} from {one.at:%Y-%m-%d}"


def events(store: UsageStore) -> Iterator[str]:
    if not store.manifest().segments:
        return
    both = zip(stored(store, "event_id, event, ts, account_id, user_id"), properties(store), strict=True)
    for (_, event, ts, account, user), kept in sorted(both, key=lambda pair: (pair[0][2], pair[0][0])):
        said = " ".join(f"{key}={value}" for key, value in sorted(kept.items()))
        yield f"{ts:%Y-%m-%d %H:%M} {', '.join(part for part in (event, account, user, said) if part)}"


def facts(store: UsageStore) -> Iterator[str]:
    """What was said, by when it became so; what a snapshot leaves out is no longer known."""
    con, known = store.connect(), known_facts(store, store.manifest())
    wanted = "account_id, user_id, field, value, since, until"
    rows = con.execute(f"SELECT {wanted} FROM {known.changes()} ORDER BY since, account_id, user_id, field").fetchall()
    lines = [(since, _line(*row, since, until)) for *row, since, until in rows]
    snapshots = known.snapshots()
    for (at,) in con.execute(f"SELECT DISTINCT since FROM ({snapshots})").fetchall() if snapshots else ():
        there = {row[:3] for row in rows if row[4] == at}
        gone = {row[:3] for row in rows if row[4] < at} - there
        lines += [(at, f"{account} {field}: not known from {at:%Y-%m-%d %H:%M}") for account, _, field in sorted(gone)]
    yield from (line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _line(account: str, user: str, field: str, value: str | None, since: datetime, until: datetime | None) -> str:
    whose = f"{user} of {account}" if user else account
    moment = "the import" if since == NOW.replace(tzinfo=None) else f"{since:%Y-%m-%d %H:%M}"
    end = f" until {until:%Y-%m-%d %H:%M}" if until else ""
    said = "none" if value is None else "not known" if is_mark(value) else value
    return f"{whose} {field}: {said} from {moment}{end}"
