"""Several rows of one account and moment: one whole row by the rule of the map, or none of them; never a mixture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from expansion.files.maps import FactMap
from expansion.usage.forms.duck import one, quote
from expansion.usage.storage.marks import mark

KEYS = ("account_id", "user_id", "since", "known")
PICK = "pick"  # the column that holds what `several_rows` compares
_LISTED = 5  # lines in a reason
Say = Callable[[int, int, str, str], None]  # file, line, reason, what is listed


@dataclass(frozen=True)
class SeveralRows:
    """Of the rows in `staged`, SQL that can be read again. `values` are its columns of values."""

    con: duckdb.DuckDBPyConnection
    staged: str
    mapping: FactMap
    values: Sequence[str]
    keys: Sequence[str] = KEYS

    def settled(self, repeats: Callable[[int, int], None], refused: Say) -> str:
        """SQL for one row of each account and moment. Tells how many rows of a file are repeats, and which rows
        contradict each other.
        """
        # Two rows that say the same are one, but where they are added up: two contracts of ten seats are twenty.
        differ = "true" if self.mapping.several_rows == "sum" else f"min({self._row}) <> max({self._row})"
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE several AS SELECT {self._named}, {differ} AS differ FROM {self.staged} "
            "GROUP BY ALL HAVING count(*) > 1"
        )
        kept = f"{self._named}, until, {', '.join(self.values)}"
        if not one(self.con, "SELECT count(*) FROM several"):
            return f"(SELECT {kept} FROM {self.staged})"
        self._tell_repeats(repeats)
        same, differing = (self._of_several(test) for test in ("NOT differ", "differ"))
        alone = f"SELECT {kept} FROM {self.staged} ANTI JOIN several USING ({self._named})"
        return f"({alone} UNION ALL {self._first(same)} UNION ALL {self._ruled(differing, refused)})"

    def _of_several(self, test: str) -> str:
        return f"(SELECT * FROM {self.staged} SEMI JOIN (FROM several WHERE {test}) USING ({self._named}))"

    def _tell_repeats(self, repeats: Callable[[int, int], None]) -> None:
        later = f"row_number() OVER (PARTITION BY {self._named} ORDER BY file, line) > 1"
        rows = f"SELECT file FROM {self._of_several('NOT differ')} QUALIFY {later}"
        for file, count in self.con.execute(f"SELECT file, count(*) FROM ({rows}) GROUP BY file").fetchall():
            repeats(file, count)

    def _ruled(self, differing: str, refused: Say) -> str:
        rule = self.mapping.several_rows
        if rule is None:
            self._refuse(differing, refused, "")
            return self._unknown(differing)
        if rule == "sum":
            added = ", ".join(f"{_sum(value)} AS {value}" for value in self.values)
            until = "CASE WHEN count(*) = count(until) THEN max(until) END AS until"
            return f"SELECT {self._named}, {until}, {added} FROM {differing} GROUP BY {self._named}"
        ((word, column),) = rule.items()
        order = f"{PICK} {'ASC' if word == 'smallest' else 'DESC'} NULLS LAST"
        best = f"SELECT * FROM {differing} QUALIFY rank() OVER (PARTITION BY {self._named} ORDER BY {order}) = 1"
        each = f"(PARTITION BY {self._named})"
        best = f"(SELECT *, min({self._row}) OVER {each} <> max({self._row}) OVER {each} AS tied FROM ({best}))"
        tied = f"(SELECT * FROM {best} WHERE tied)"
        self._refuse(tied, refused, f", with the same `{column}`")
        return f"{self._first(f'(SELECT * FROM {best} WHERE NOT tied)')} UNION ALL {self._unknown(tied)}"

    @property
    def _named(self) -> str:
        return ", ".join(self.keys)

    @property
    def _row(self) -> str:
        """SQL for what a row says, in one number."""
        return f"hash({', '.join(('until', *self.values))})"

    def _first(self, rows: str) -> str:
        """SQL for one row of each account and moment."""
        once = f"row_number() OVER (PARTITION BY {self._named} ORDER BY file, line) = 1"
        return f"SELECT {self._named}, until, {', '.join(self.values)} FROM {rows} QUALIFY {once}"

    def _unknown(self, rows: str) -> str:
        """SQL for: of these nobody knows which is meant."""
        nothing = ", ".join(f"{quote(mark('twice'))} AS {value}" for value in self.values)
        return f"SELECT {self._named}, NULL::TIMESTAMP AS until, {nothing} FROM {rows} GROUP BY {self._named}"

    def _refuse(self, rows: str, refused: Say, alike: str) -> None:
        whom = "one account" if self.mapping.user is None else "one person of an account"
        said = f"rows say different things of {whom}{alike}"
        reason = f"{said}; `several_rows` in the map says which counts"
        found = self.con.execute(
            f"SELECT file, line, count(*) OVER each, list(line) OVER each FROM {rows} "
            f"WINDOW each AS (PARTITION BY {self._named}) ORDER BY file, line"
        )
        while some := found.fetchmany(10_000):
            for file, line, count, lines in some:
                listed = ", ".join(map(str, sorted(lines)[:_LISTED])) + (", …" if count > _LISTED else "")
                refused(file, line, reason, f"{count} {said} (lines {listed})")


def _sum(value: str) -> str:
    """SQL for numbers added up; for texts that are all the same, that text; for others: not known."""
    number = f"TRY_CAST({value} AS DECIMAL(38, 9))"
    is_number = f"bool_and({value} IS NULL OR {number} IS NOT NULL) AND count({value}) > 0"
    added = f"regexp_replace(CAST(sum({number}) AS VARCHAR), '\\.?0+$', '')"
    return (
        f"CASE WHEN {is_number} THEN {added} WHEN count(DISTINCT coalesce({value}, '')) = 1 THEN min({value}) "
        f"ELSE {quote(mark('twice'))} END"
    )
