"""Rows under the ids that accounts and people have now, by SQL. Where nobody has another id the SQL stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from expansion.usage.former_ids import NOBODY, Former, FormerIds

_ACCOUNTS, _USERS = "ids_of_accounts", "ids_of_users"  # (was, now, place), with who has the id at place 0
_MANY = 1 << 20  # more former ids than anybody has


@dataclass(frozen=True)
class Renaming:
    """What a connection knows of former ids: made with `Renaming.on`."""

    ids: FormerIds = NOBODY

    @classmethod
    def on(cls, con: duckdb.DuckDBPyConnection, ids: FormerIds) -> Renaming:
        """With its tables on the connection."""
        for name, formers in ((_ACCOUNTS, ids.accounts), (_USERS, ids.users)):
            if ids:
                _make(con, name, formers)
        return cls(ids)

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


def _make(con: duckdb.DuckDBPyConnection, name: str, formers: Mapping[str, Former]) -> None:
    places = {former.id: (former.id, 0) for former in formers.values()}
    places |= {was: (former.id, former.place) for was, former in formers.items()}
    columns = [list(places), [now for now, _ in places.values()], [place for _, place in places.values()]]
    kinds = {"was": pa.string(), "now": pa.string(), "place": pa.int64()}
    con.register("ids_now", pa.table(columns, schema=pa.schema(list(kinds.items()))))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM ids_now")
    con.unregister("ids_now")
