"""From the rows of a file to what it says of accounts and people; every row that says nothing sure gets a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from expansion.contract import FactRecord
from expansion.evaluate.fact_values import read_value
from expansion.usage.cells import NOTHING, as_id, is_nothing
from expansion.usage.mapping import FactMap
from expansion.usage.rejects import Reject

_LINES = 5  # named in a reason


@dataclass(frozen=True)
class FileRow:
    line: int | None
    cells: Mapping[str, Any]
    text: str | None = None


@dataclass(frozen=True)
class _Told:
    """What one row says."""

    row: FileRow
    account: str
    user: str | None
    at: datetime | None
    values: Mapping[str, Any]

    @property
    def whose(self) -> tuple[str, str | None, datetime | None]:
        return self.account, self.user, self.at


@dataclass
class FactRows:
    """Reads the rows of one file by its map. A day without a zone begins in `zone`."""

    mapping: FactMap
    columns: Sequence[str]
    zone: tzinfo
    rejects: list[Reject] = field(default_factory=list)
    repeats: int = 0
    as_nothing: Counter[str] = field(default_factory=Counter)  # words that were taken for an empty cell

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that are facts."""
        named = {self.mapping.account, self.mapping.user, self.mapping.at}
        given = [one for one in self.columns if one not in named]
        return tuple(
            given if self.mapping.fields is None else (one for one in self.mapping.fields if one in self.columns)
        )

    def records(self, rows: Iterable[FileRow]) -> Iterator[FactRecord]:
        """What the file says. Rows that contradict each other leave nothing known: both are left out."""
        alike: dict[tuple[str, str | None, datetime | None], list[_Told]] = {}
        for row in rows:
            if told := self._told(row):
                alike.setdefault(told.whose, []).append(told)
        for several in alike.values():
            first = several[0]
            is_twice = any(one.values != first.values for one in several)
            if is_twice:
                self._refuse_all(several)
            else:
                self.repeats += len(several) - 1
            # A dated value counts as known since its date: a check of any moment in the file's past may see it.
            yield FactRecord(
                self.mapping.source,
                first.account,
                first.values,
                user_id=first.user,
                # With nothing known of a person but the account, that account is what is kept.
                remote_id=None if first.values else first.user,
                at=first.at,
                known_at=first.at,
                is_twice=is_twice,
            )

    def _told(self, row: FileRow) -> _Told | None:
        mapping = self.mapping
        account, user = self._cell(row, mapping.account), self._cell(row, mapping.user)
        at = self._moment(row) if mapping.at else None
        reason = "no account" if account is None else None
        reason = reason or ("no user" if mapping.user and user is None else None)
        reason = reason or ("no readable date" if mapping.at and at is None else None)
        if reason:
            self.rejects.append((row.line, reason, row.text))
            return None
        names = (one for one in self.fields if mapping.fields is not None or one in row.cells)
        values = {name: self._cell(row, name) for name in names}
        return _Told(row, as_id(account), None if user is None else as_id(user), at, values)

    def _moment(self, row: FileRow) -> datetime | None:
        said = self._cell(row, self.mapping.at)
        read = (
            said if isinstance(said, datetime) else read_value(None if said is None else str(said), "date", self.zone)
        )
        return read if isinstance(read, datetime) else None

    def _cell(self, row: FileRow, name: str | None) -> Any:
        """A cell's value; None where it says that there is nothing."""
        value = row.cells.get(name) if name else None
        words = NOTHING if self.mapping.empty is None else self.mapping.empty
        if not is_nothing(value, words):
            return value
        if isinstance(value, str) and value.strip() in words:
            self.as_nothing[value.strip()] += 1
        return None

    def _refuse_all(self, several: Sequence[_Told]) -> None:
        whom = "one account" if several[0].user is None else "one person of an account"
        lines = [str(one.row.line) for one in several if one.row.line is not None]
        listed = ", ".join(lines[:_LINES]) + (", …" if len(lines) > _LINES else "")
        reason = f"{len(several)} rows say different things of {whom} (lines {listed})"
        self.rejects += [(one.row.line, reason, one.row.text) for one in several]
