"""What goes to each warehouse: read by that dialect's parser, inside the portable subset, and pinned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlglot
from sqlglot import exp
from syrupy.assertion import SnapshotAssertion

from expansion.pushdown.spellings import SPELLINGS, Portable
from expansion.pushdown.table import EventTable, naive_utc
from expansion.usage.atoms import Atom, atom_of
from expansion.usage.rollup import Column, properties_of, rollup_sql
from tests.evaluate.words import trigger

TABLE = EventTable(
    table="analytics.events", id="id", event="name", time="happened", received_at="arrived", account="account",
    user="who", properties={"rows": "Rows", "feature": "feature"},
)  # fmt: skip


def atom(where: dict[str, object]) -> Atom:
    condition = trigger(when=[{"event": ["export", "it's"], "over": "7 days", "at_least": 1, "where": where}]).when[0]
    return atom_of(condition.events, condition.where)


PLAIN, ANY = atom({}), atom_of(("any event",), {})
SIDE_BY_SIDE = [
    Column(PLAIN),
    Column(ANY),
    Column(atom({"feature": {"is_not_one_of": ["s\\o", "a'b"]}, "rows": {"between": [5, 12.5]}})),
    Column(atom({"feature": {"contains": "SSO"}})),
    Column(atom({"feature": {"starts_with": "Aud"}})),
    Column(atom({"feature": {"after": "2026-02-28"}})),
    Column(atom({"feature": {"exists": False}, "rows": True})),
    *(Column(PLAIN, kind, "rows") for kind in ("sum", "max", "read", "unread")),
]
DETAILS = [Column(PLAIN, "distinct", "feature"), Column(PLAIN, "latest", "feature"), Column(PLAIN, "moments")]


def queries(spelling: Portable) -> Iterator[str]:
    moment = spelling.moment(naive_utc(datetime(2026, 3, 29, 12, tzinfo=UTC)))
    for columns in (SIDE_BY_SIDE, *([detail] for detail in DETAILS)):
        events = TABLE.events(spelling, properties_of(columns), f"ts <= {moment} AND seen_at <= {moment}")
        yield rollup_sql(events, columns, "Europe/London", spelling=spelling)
        yield rollup_sql(events, columns, "Europe/London", spelling=spelling, each_event=True)


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
def test_what_is_asked_of_a_warehouse(dialect: str, snapshot: SnapshotAssertion) -> None:
    asked = list(queries(SPELLINGS[dialect]))
    for query in asked:
        (tree,) = sqlglot.parse(query, read=dialect)
        assert tree is not None
        outside = [type(node).__name__ for node in tree.walk() if isinstance(node, OUTSIDE)]
        assert not outside, f"{outside} in {query}"
    assert "\n\n".join(asked[::2]) == snapshot


# What is spelled otherwise, or silently means something else, somewhere.
OUTSIDE = (
    exp.Filter,
    exp.Qualify,
    exp.Interval,
    exp.BitwiseAnd,
    exp.BitwiseLeftShift,
    exp.Unnest,
    exp.Struct,
    exp.Lateral,
)
