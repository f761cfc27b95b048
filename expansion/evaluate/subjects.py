"""Who is asked: accounts, or people of accounts, each with its place in the arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from expansion.evaluate.numbers import Array, scaled


class UserOf(NamedTuple):
    """A person of an account."""

    account_id: str
    user_id: str


Subject = str | UserOf  # an account's id, or a person


def account_of(subject: Subject) -> str:
    """The account of a subject."""
    return subject.account_id if isinstance(subject, UserOf) else subject


def user_of(subject: Subject) -> str:
    """The person of a subject; empty for an account."""
    return subject.user_id if isinstance(subject, UserOf) else ""


@dataclass(frozen=True, eq=False)
class Chosen(Set[Subject]):
    """Some of those who are asked, told by an array: nobody has to list the millions that a trigger left alone."""

    subjects: Subjects
    flags: npt.NDArray[np.bool_]

    def __contains__(self, subject: object) -> bool:
        place = self.subjects.index.get(subject)  # type: ignore[call-overload]  # whatever is asked for
        return place is not None and bool(self.flags[place])

    def __iter__(self) -> Iterator[Subject]:
        ids = self.subjects.ids
        return (ids[place] for place in np.flatnonzero(self.flags).tolist())

    def __len__(self) -> int:
        return int(self.flags.sum())

    def __repr__(self) -> str:
        return repr(set(self))

    @classmethod
    def _from_iterable(cls, subjects: Iterable[Subject]) -> frozenset[Subject]:  # type: ignore[override]
        return frozenset(subjects)


@dataclass(frozen=True)
class Subjects:
    """Those who are asked, in the order of the arrays. SQL finds them in `asked(idx, account_id[, user_id])`."""

    con: duckdb.DuckDBPyConnection
    ids: Sequence[Subject]
    of_users: bool = False

    @property
    def size(self) -> int:
        return len(self.ids)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell them apart."""
        return ("account_id", "user_id") if self.of_users else ("account_id",)

    @cached_property
    def index(self) -> dict[Subject, int]:
        return {subject: place for place, subject in enumerate(self.ids)}

    def register(self) -> None:
        """Make the table `asked`."""
        columns = {
            "idx": pa.array(range(self.size), pa.int64()),
            "account_id": pa.array([account_of(one) for one in self.ids], pa.string()),
        }
        if self.of_users:
            columns["user_id"] = pa.array([user_of(one) for one in self.ids], pa.string())
        self.con.register("asked_now", pa.table(columns))
        self.con.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT * FROM asked_now")
        self.con.unregister("asked_now")

    def aligned(self, query: str, width: int) -> list[Array]:
        """The columns `o0`, `o1`, … of a query in the order of the arrays: whole numbers, decimals as whole numbers of
        their last digit, texts. Where it has no row, 0; for texts None.

        They are put in order here: to sort all columns in the query took half as long again (measured).
        """
        names = ", ".join(f"o{i}" for i in range(width))
        table = self.con.sql(
            f"SELECT idx, {names} FROM ({query}) AS found JOIN asked USING ({', '.join(self.keys)})"
        ).to_arrow_table()
        assert table is not None, "a SELECT gives a table"
        places = np.asarray(table["idx"].combine_chunks())
        return [self._placed(places, column.combine_chunks()) for column in table.columns[1:]]

    def _placed(self, places: Array, column: Any) -> Array:
        # Not with pyarrow.compute: to import it takes a tenth of a second.
        if pa.types.is_string(column.type):
            values = np.array(column.to_pylist(), dtype=object)
            placed: Array = np.full(self.size, None, dtype=object)
        else:
            values = scaled(column) if pa.types.is_decimal(column.type) else np.asarray(column)
            placed = np.zeros(self.size, dtype=values.dtype)
        placed[places] = values
        return placed


def everybody(con: duckdb.DuckDBPyConnection, known: str, *, of_users: bool) -> Subjects:
    """All of those that the query `known` gives, in the order of their ids, with their table `asked`."""
    keys = "account_id, user_id" if of_users else "account_id"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE asked AS SELECT row_number() OVER (ORDER BY {keys}) - 1 AS idx, {keys} "
        f"FROM (SELECT DISTINCT {keys} FROM ({known}))"
    )
    found = con.execute(f"SELECT {keys} FROM asked ORDER BY idx").fetchnumpy()
    accounts = list(found["account_id"])
    ids: list[Subject] = list(map(UserOf, accounts, found["user_id"])) if of_users else accounts
    return Subjects(con, ids, of_users)
