"""What goes to each warehouse: read by that dialect's parser, inside the portable subset, and pinned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import exp
from syrupy.assertion import SnapshotAssertion

from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.usage.storage.atoms import Atom, atom_of
from expansion.usage.storage.rollup import Column
from expansion.usage.storage.store import UsageStore
from expansion.warehouse.dialects import SPELLINGS
from expansion.warehouse.source import WarehouseSource
from expansion.warehouse.table import EventTable
from tests.evaluate.words import trigger

AS_OF = datetime(2026, 3, 29, 12, tzinfo=UTC)
TABLE = EventTable(
    table="analytics.events", id="id", event="name", time="happened", received_at="arrived", account="account",
    user="user", source="came_from", partition="day", properties={"rows": "Rows", "feature": "feature"},
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
    Column(atom({"unheard of": "x"})),
    *(Column(PLAIN, kind, "rows") for kind in ("sum", "max", "read", "unread")),
]
DETAILS = [Column(PLAIN, "distinct", "feature"), Column(PLAIN, "latest", "feature"), Column(PLAIN, "moments")]

# What is spelled otherwise, or silently means something else, somewhere.
OUTSIDE = (
    exp.Filter, exp.Qualify, exp.Interval, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseLeftShift, exp.Unnest, exp.Struct,
    exp.Lateral, exp.ArgMax, exp.ApproxDistinct, exp.DateTrunc, exp.TimestampTrunc, exp.Pivot, exp.Hint, exp.Command,
)  # fmt: skip

VISIBLE = {place: 0x2400 + place for place in range(32)}  # ␉ for a tab: a snapshot is a file of lines


@dataclass
class Empty:
    """A warehouse with nothing in it; notes what it is asked."""

    dialect: str
    asked: list[str] = field(default_factory=list)

    def rows(self, query: str) -> Iterable[Sequence[Any]]:
        self.asked.append(query)
        return []


def everything_asked(dialect: str, folder: Path) -> dict[str, str]:
    """Each kind of query, by what it is for."""
    warehouse, calendar = Empty(dialect), Calendar(AS_OF, ZoneInfo("Europe/London"))
    source = WarehouseSource.of(warehouse, TABLE, StoreRelations.of(UsageStore(folder)), AS_OF)
    rows, few = source.rows(calendar, None), source.rows(calendar, ["acme", "o'hara"])
    month, hour = (date(2026, 3, 1), date(2026, 3, 29)), datetime(2026, 3, 29, 11, tzinfo=UTC)
    asks = {
        "counts, sums and what fits": lambda: rows.by_day(SIDE_BY_SIDE, *month),
        **{one.kind: lambda one=one: few.by_day([one], *month) for one in DETAILS},
        "single events": lambda: few.by_moment([Column(PLAIN), Column(PLAIN, "sum", "rows")], hour),
        "for when events are known": lambda: source.spans("segment.events"),
        "who there is": source.users,
        "events of one account": lambda: source.events_of("o'hara", [Column(PLAIN, "sum", "rows")], hour),
    }
    for ask in asks.values():
        ask()
    return dict(zip(asks, warehouse.asked, strict=True))


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
def test_what_is_asked_of_a_warehouse(dialect: str, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    asked = everything_asked(dialect, tmp_path)
    for query in asked.values():
        outside = [type(node).__name__ for node in _parsed(query, dialect).walk() if isinstance(node, OUTSIDE)]
        assert not outside, f"{outside} in {query}"
    assert "\n\n".join(f"-- {title}\n{query.translate(VISIBLE)}" for title, query in asked.items()) == snapshot


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
def test_every_column_of_a_query_has_a_name_and_groups_are_named(dialect: str, tmp_path: Path) -> None:
    for query in everything_asked(dialect, tmp_path).values():
        tree = _parsed(query, dialect)
        for select in tree.find_all(exp.Select):
            unnamed = [one.sql() for one in select.expressions if not one.alias_or_name and not one.is_star]
            assert not unnamed, query
            group = select.args.get("group")
            assert group is None or group.expressions, f"GROUP BY ALL in {query}"


@pytest.mark.parametrize("dialect", sorted(SPELLINGS))
@pytest.mark.parametrize(
    "text", ["it's", "a\\b", "\\", "\\'", "'; DROP TABLE x; --", "ö 😀", "a\nb", "%s", "", '"', "`"]
)
def test_a_text_stays_what_it_is_inside_a_literal(dialect: str, text: str) -> None:
    tree = _parsed(f"SELECT {SPELLINGS[dialect].text(text)} AS v", dialect)
    (literal,) = tree.find_all(exp.Literal)
    assert literal.this == text


def test_spark_finds_no_variable_in_a_text() -> None:
    """Its `${x}` is replaced by a setting before anything is parsed, even inside a literal."""
    assert SPELLINGS["spark"].text("${x}") == "'$\\u007bx}'"


@pytest.mark.parametrize(
    ("dialect", "name", "written"),
    [
        ("postgres", "analytics.Events", '"analytics"."Events"'),
        ("snowflake", "analytics.events", '"ANALYTICS"."EVENTS"'),  # what Snowflake makes of it where nobody quotes
        ("snowflake", "EventId", '"EventId"'),
        ("snowflake", '"event_id"', '"event_id"'),
        ("bigquery", "my-project.analytics.events", "`my-project`.`analytics`.`events`"),
        ("spark", "a`b", "`a``b`"),
        ("redshift", 'a"b', '"a""b"'),
    ],
)
def test_names_are_those_of_the_warehouse(dialect: str, name: str, written: str) -> None:
    assert SPELLINGS[dialect].identifier(name) == written


def _parsed(query: str, dialect: str) -> exp.Expression:
    (tree,) = sqlglot.parse(query, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(tree, exp.Expression)
    return tree
