"""Rows under the ids that accounts and people have now, by SQL. Where nobody has another id the SQL stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from expansion.usage.forms.sql_dialect import DUCK
from expansion.usage.identity.former_ids import NOBODY, Former, FormerIds
from expansion.usage.identity.parted import WHOLE, Parted

_ACCOUNTS, _USERS = "ids_of_accounts", "ids_of_users"  # (was, now, place), with who has the id at place 0
_PARTS = "parts_of_accounts"  # (account_id, user_id, begins, ends, now)
_MANY = 1 << 20  # more former ids than anybody has


@dataclass(frozen=True)
class Renaming:
    """What a connection knows of former ids: made with `Renaming.on`."""

    ids: FormerIds = NOBODY
    parted: Parted = WHOLE

    @classmethod
    def on(cls, con: duckdb.DuckDBPyConnection, ids: FormerIds, parted: Parted = WHOLE) -> Renaming:
        """With its tables on the connection."""
        for name, formers in ((_ACCOUNTS, ids.accounts), (_USERS, ids.users)):
            if ids:
                _make(con, name, formers)
        if parted:
            _make_parts(con, parted)
        return cls(ids, parted)

    def __bool__(self) -> bool:
        return bool(self.ids)

    def rows(self, relation: str, *, users: bool = True) -> str:
        """SQL for the same rows under the ids of now; `users`: the relation has people as well."""
        renamed, joins = [], ""
        if self.ids.accounts:
            renamed.append("coalesce(a.now, r.account_id) AS account_id")
            joins += f" LEFT JOIN {_ACCOUNTS} AS a ON a.was = r.account_id"
        if users and self.ids.users:
            renamed.append("coalesce(u.now, r.user_id) AS user_id")
            joins += f" LEFT JOIN {_USERS} AS u ON u.was = r.user_id"
        return f"(SELECT r.* REPLACE ({', '.join(renamed)}) FROM {relation} AS r{joins})" if renamed else relation

    def events(self, relation: str, day_in: str | None = None) -> str:
        """The same of what happened: where an account was split, for whom it counts. `day_in`: the relation has a day
        in that zone, in place of the moment `ts`."""
        rows = self.rows(relation)
        if not self.parted:
            return rows
        of, begins, ends = "ts", "p.begins", "p.ends"
        if day_in is not None:
            of, begins, ends = "day", DUCK.local_day(begins, day_in), DUCK.local_day(ends, day_in)
        same = "p.account_id = e.account_id AND p.user_id = e.user_id"
        return (
            f"(SELECT e.* REPLACE (coalesce(p.now, e.account_id) AS account_id) FROM {rows} AS e "
            f"LEFT JOIN {_PARTS} AS p ON {same} AND e.{of} >= {begins} AND e.{of} < {ends})"
        )

    def new_parts(self, keys: str) -> str:
        """SQL for (keys, first_seen) of accounts, and people, that are there because an account was split."""
        return f"SELECT {keys}, begins AS first_seen FROM (SELECT now AS account_id, user_id, begins FROM {_PARTS})"

    def touched(self, relation: str) -> str:
        """SQL for the rows of those who had other ids, or whose id others had, under the ids of now, each with the
        `place` of its record among theirs: people first, then accounts."""
        return (
            "(SELECT r.* REPLACE (coalesce(a.now, r.account_id) AS account_id, coalesce(u.now, r.user_id) AS user_id), "
            f"coalesce(u.place, 0) * {_MANY} + coalesce(a.place, 0) AS place FROM {relation} AS r "
            f"LEFT JOIN {_ACCOUNTS} AS a ON a.was = r.account_id LEFT JOIN {_USERS} AS u ON u.was = r.user_id "
            "WHERE a.was IS NOT NULL OR u.was IS NOT NULL)"
        )

    def others(self, relation: str) -> str:
        """SQL for all the other rows."""
        return (
            f"(SELECT * FROM {relation} WHERE account_id NOT IN (SELECT was FROM {_ACCOUNTS}) "
            f"AND user_id NOT IN (SELECT was FROM {_USERS}))"
        )

    def as_told(self, users: str) -> str:
        """SQL for the ids that these people (a query that gives `user_id`) have and had."""
        return f"SELECT was AS user_id FROM {_USERS} WHERE now IN ({users}) UNION ALL {users}"


def _make_parts(con: duckdb.DuckDBPyConnection, parted: Parted) -> None:
    rows = [(one.account_id, one.user_id, one.begins, one.ends, one.id) for one in parted.parts]
    kinds = [("account_id", pa.string()), ("user_id", pa.string())]
    kinds += [("begins", pa.timestamp("us")), ("ends", pa.timestamp("us")), ("now", pa.string())]
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.register("parts_now", pa.table(columns, schema=pa.schema(kinds)))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_PARTS} AS SELECT * FROM parts_now")
    con.unregister("parts_now")


def _make(con: duckdb.DuckDBPyConnection, name: str, formers: Mapping[str, Former]) -> None:
    places = {former.id: (former.id, 0) for former in formers.values()}
    places |= {was: (former.id, former.place) for was, former in formers.items()}
    columns = [list(places), [now for now, _ in places.values()], [place for _, place in places.values()]]
    kinds = {"was": pa.string(), "now": pa.string(), "place": pa.int64()}
    con.register("ids_now", pa.table(columns, schema=pa.schema(list(kinds.items()))))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM ids_now")
    con.unregister("ids_now")
