"""What files promise as a source: the same file twice, rows twice or in another order, none at all, a file that broke.

Nobody is asked over a network, so there is nothing to be busy, to refuse a token or to send pages.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expansion.usage.facts import facts_sql
from expansion.usage.forms.failures import ImportFailed
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import Imported, import_file
from tests.usage.builders import stored as events_stored

NOW = datetime(2026, 3, 7, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
Row = dict[str, Any]


def _csv(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _lines(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns}), sink)
    return bytes(sink.getvalue())


FORMATS: dict[str, Callable[[Sequence[Row], Sequence[str]], bytes]] = {
    "csv": _csv,
    "jsonl": _lines,
    "parquet": _parquet,
    "jsonl.gz": lambda rows, columns: gzip.compress(_lines(rows, columns)),
}


@dataclass
class Desk:
    """Where files of one format are imported, into a store of its own."""

    folder: Path
    format: str
    map: str
    columns: Sequence[str]

    def __post_init__(self) -> None:
        self.store = UsageStore(self.folder / "usage")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "map.yaml").write_text(self.map)

    def bytes_of(self, rows: Sequence[Row]) -> bytes:
        return FORMATS[self.format](rows, self.columns)

    def takes(self, content: Sequence[Row] | bytes, now: datetime = NOW) -> Imported:
        path = self.folder / f"file.{self.format}"
        path.write_bytes(content if isinstance(content, bytes) else self.bytes_of(content))
        return import_file(self.store, path, self.folder / "map.yaml", now)

    def stored(self) -> list[Any]:
        """Everything that is kept: events, and of facts what became so and when; said again, it is as it was."""
        key = "source, field, account_id, user_id"
        before = f"lag(coalesce(value, '')) OVER (PARTITION BY {key} ORDER BY since, seen_at)"
        changes = (
            f"SELECT {key}, value, since FROM {facts_sql(self.store, self.store.manifest())} "
            f"QUALIFY {before} IS DISTINCT FROM coalesce(value, '') ORDER BY ALL"
        )
        return [*events_stored(self.store), *self.store.connect().execute(changes).fetchall()]

    def known(self) -> dict[Any, Any]:
        """What is known now."""
        facts = facts_sql(self.store, self.store.manifest())
        now = f"SELECT field, account_id, user_id, arg_max_null(value, (since, seen_at)) FROM {facts} GROUP BY ALL"
        found = self.store.connect().execute(now).fetchall()
        return {row[:-1]: row[-1] for row in [*events_stored(self.store), *found]}

    def marks(self) -> Any:
        """For when events are known, and when facts were read."""
        return self.store.manifest().covered, self.store.manifest().pulls


class FileContract:
    """The promises, for each format. Subclasses name the `source`, a map and some rows."""

    source: ClassVar[str]
    map: ClassVar[str]
    empty_is_refused: ClassVar[bool] = True  # a file of facts that says nothing of anybody is no answer

    def rows(self) -> list[Row]:
        raise NotImplementedError

    @pytest.fixture(params=list(FORMATS))
    def desk(self, request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
        return Desk(tmp_path / "first", request.param, self.map, list(self.rows()[0]))

    @pytest.fixture
    def again(self, desk: Desk, tmp_path: Path) -> Desk:
        return Desk(tmp_path / "again", desk.format, self.map, desk.columns)

    def test_two_imports_equal_one(self, desk: Desk) -> None:
        assert desk.takes(self.rows()).stored > 0
        once = desk.stored()
        assert desk.takes(self.rows(), LATER).stored == 0
        assert desk.stored() == once

    def test_the_order_changes_nothing(self, desk: Desk, again: Desk) -> None:
        desk.takes(self.rows())
        again.takes(self.rows()[::-1])
        assert again.stored() == desk.stored()

    def test_a_row_that_comes_twice_changes_nothing_and_is_counted(self, desk: Desk, again: Desk) -> None:
        desk.takes(self.rows())
        done = again.takes([*self.rows(), *self.rows()[:3]])
        assert again.stored() == desk.stored()
        assert done.duplicates == 3

    def test_a_file_in_two_parts_is_the_whole(self, desk: Desk, again: Desk) -> None:
        desk.takes(self.rows())
        again.takes(self.rows()[:7])
        again.takes(self.rows()[7:])
        assert again.stored() == desk.stored()

    def test_a_file_without_rows_says_so_and_ends_nothing(self, desk: Desk) -> None:
        desk.takes(self.rows())
        before = desk.stored()
        if self.empty_is_refused:
            with pytest.raises(ImportFailed, match="holds no row; is it the file that was meant"):
                desk.takes([], LATER)
        else:
            done = desk.takes([], LATER)
            assert (done.stored, done.duplicates, done.rows or 0, done.rejects) == (0, 0, 0, {})
        assert desk.stored() == before

    def test_what_the_next_file_leaves_out_stays_known(self, desk: Desk) -> None:
        """A file is a part of what a team knows: none says that it is all."""
        desk.takes(self.rows())
        before = desk.stored()
        desk.takes(self.rows()[3:], LATER)
        assert desk.stored() == before

    def test_a_web_page_in_place_of_the_file_is_refused_and_read_for_nothing(self, desk: Desk) -> None:
        page = b"<html>\n<p>Down for maintenance</p>\n</html>\n"
        desk.takes(self.rows())
        before = desk.stored(), desk.marks()
        with pytest.raises(ImportFailed, match=r"file\."):
            desk.takes(gzip.compress(page) if desk.format.endswith(".gz") else page, LATER)
        assert (desk.stored(), desk.marks()) == before

    def test_half_a_file_is_refused_or_read_as_far_as_it_goes_and_the_whole_one_mends_it(
        self, desk: Desk, again: Desk
    ) -> None:
        """As a copy that broke off leaves it: what is packed has no end then, and lines that are whole are rows."""
        again.takes(self.rows())
        content = desk.bytes_of(self.rows())
        half = content[: len(content) // 2]
        if desk.format in ("csv", "jsonl"):
            desk.takes(half)
            assert len(desk.known().items() & again.known().items()) > 1
        else:
            with pytest.raises(ImportFailed, match=r"file\."):
                desk.takes(half)
            assert (desk.stored(), desk.marks()) == ([], ({}, {}))
        desk.takes(self.rows(), LATER)
        assert desk.known().items() >= again.known().items()


def _facts_row(number: int) -> Row:
    return {"id": f"a-{number}", "seats": str(100 + number), "plan": ("free", "team")[number % 2]}


class TestAccounts(FileContract):
    source = "files.accounts"
    map = "facts: {account: id}\n"

    def rows(self) -> list[Row]:
        return [_facts_row(number) for number in range(12)]


class TestPeople(FileContract):
    source = "files.people"
    map = "facts: {source: files.people, account: id, user: who}\n"

    def rows(self) -> list[Row]:
        return [_facts_row(number // 2) | {"who": f"u-{number}", "role": "admin"} for number in range(12)]


class TestEvents(FileContract):
    source = "files.events"
    empty_is_refused = False  # a day may have none
    map = "events: {id: key, event: what, time: on, account: id, user: who}\n"

    def rows(self) -> list[Row]:
        return [
            {
                "key": f"k-{n}",
                "what": "export",
                "on": f"2026-03-0{n % 6 + 1}T10:00:00Z",
                "id": f"a-{n % 3}",
                "who": "ana",
            }
            for n in range(12)
        ]
