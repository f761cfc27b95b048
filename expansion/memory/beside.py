"""What ends a statement from beside it: a snapshot of all there is that does not have it, another account's person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from expansion.evaluate.fact_states import Order, snapshots_of
from expansion.evaluate.moves import Moves
from expansion.usage.storage.fact_relations import FactRelations, Field


@dataclass(frozen=True)
class Beside:
    """Of all accounts; read once."""

    of_accounts: Mapping[Field, Order] = field(default_factory=dict)
    of_people: Mapping[Field, Order] = field(default_factory=dict)
    moves: Moves = field(default_factory=lambda: Moves({}))

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, facts: FactRelations) -> Beside:
        return cls(
            snapshots_of(con, facts, of_people=False), snapshots_of(con, facts, of_people=True), Moves.of(con, facts)
        )

    def is_gone(self, where: Field, order: tuple[int, int, int], by: int, known_by: int, *, of_people: bool) -> bool:
        """Whether a newer snapshot was known, at a moment, than a statement that it would have instead."""
        snapshots = (self.of_people if of_people else self.of_accounts).get(where)
        if snapshots is None:
            return False
        rows = zip(*(part.tolist() for part in snapshots), strict=True)
        return any(row > order and row[0] <= by and row[1] <= known_by for row in rows)

    def moved(self, source: str, account: str, user: str, moment: datetime, known_by: datetime) -> bool:
        """Whether a person belonged to another account by a moment."""
        return bool(user) and self.moves.is_elsewhere(source, account, user, moment, known_by)
