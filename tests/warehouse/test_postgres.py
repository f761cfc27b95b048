"""PostgreSQL rolls up, and the answers are those of the embedded engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.evaluate.relations import StoreRelations
from expansion.usage.storage.store import UsageStore
from expansion.warehouse.source import WarehouseSource
from expansion.warehouse.table import EventTable
from tests.evaluate.trying import examples
from tests.evaluate.words import Definition, event
from tests.evaluate.worlds import World
from tests.warehouse import same
from tests.warehouse.filling import COLUMNS, PostgresStage, Row

AS_OF = datetime.fromisoformat("2026-03-29T12:00:00+00:00")


@examples(40)
@given(seed=st.integers(0, 2**24 - 1))
def test_the_warehouse_answers_as_the_embedded_engine(stage: PostgresStage, seed: int) -> None:
    same.assert_same_answers(stage, *same.a_question(f"pushed {seed}"))


@pytest.mark.parametrize("seed", [f"explained {n}" for n in range(6)])
def test_explanations_show_the_same(stage: PostgresStage, seed: str) -> None:
    same.assert_same_explanations(stage, seed)


@pytest.mark.parametrize("seed", [f"merged {n}" for n in range(6)])
def test_accounts_and_people_who_had_other_ids_are_one(stage: PostgresStage, seed: str) -> None:
    same.assert_same_answers_for_merged(stage, seed)


@examples(20)
@given(seed=st.integers(0, 2**24 - 1))
def test_events_of_the_warehouse_and_of_the_store_count_together_and_the_same_one_once(
    stage: PostgresStage, seed: int
) -> None:
    same.assert_same_answers_of_both(stage, f"both {seed}")


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(hours=24, microseconds=1), timedelta(days=20)])
@pytest.mark.parametrize("seed", [f"known {n}" for n in range(4)])
def test_the_events_say_for_when_they_are_known_as_an_import_of_them_does(
    stage: PostgresStage, seed: str, late: timedelta
) -> None:
    same.assert_same_spans(stage, seed, late)


def test_texts_are_numbers_days_and_letters_there_as_here(stage: PostgresStage) -> None:
    same.assert_texts_read_alike(stage, 3000)


def test_days_are_those_of_the_zone(stage: PostgresStage) -> None:
    same.assert_days_are_those_of_the_zone(stage)


def test_nothing_that_an_import_rejects_counts(stage: PostgresStage) -> None:
    same.assert_nothing_that_an_import_rejects_counts(stage)


def test_sums_are_exact(stage: PostgresStage) -> None:
    same.assert_sums_are_exact(stage)


# --- by hand ----------------------------------------------------------------------------------------------------------


def world(*events: Definition) -> World:
    ever = (AS_OF - timedelta(days=400), AS_OF)
    return World("Europe/London", AS_OF, [list(events)], [], [ever])


def ago(hours: float, **more: Any) -> Definition:
    return event("acme", at=AS_OF - timedelta(hours=hours), **more)


@pytest.mark.parametrize(
    ("events", "asks", "fires"),
    [
        ([ago(1), ago(2.99)], {"over": "3 hours", "is": 2}, True),
        ([ago(1), ago(3)], {"over": "3 hours", "is": 1}, True),  # open at the start
        ([ago(1), ago(2, seen=AS_OF + timedelta(seconds=1))], {"over": "3 hours", "is": 1}, True),  # not there yet
        ([ago(30, seen=AS_OF)], {"over": "2 days", "is": 1}, True),  # late, and just in time
        ([ago(1, rows="9.5"), ago(2, rows=" 1e1 ")], {"over": "1 day", "sum": "rows", "is": 19.5}, True),
        ([ago(1, rows="12"), ago(2, rows="many")], {"over": "1 day", "sum": "rows", "at_least": 1}, None),
        ([ago(1, rows="a"), ago(2, rows="b"), ago(3, rows="a")], {"over": "1 day", "distinct": "rows", "is": 2}, True),
        ([ago(1, rows="3"), ago(2, rows="8")], {"over": "1 day", "latest": "rows", "is": 3}, True),
        ([ago(1, rows="3"), ago(2, rows="8")], {"over": "3 hours", "max": "rows", "is": 8}, True),
        ([ago(1, user="ana"), ago(2, user="ben"), ago(3)], {"over": "1 day", "count": "people", "is": 2}, True),
        ([ago(1), ago(25)], {"over": "7 days", "on_at_least": "2 days"}, True),
        ([ago(1), ago(24 * 40)], {"came_back_after": "28 days", "over": "7 days"}, True),
    ],
)
def test_each_thing_that_is_counted(
    stage: PostgresStage, tmp_path: Path, events: list[Definition], asks: Definition, fires: bool | None
) -> None:
    there = _asked(stage, tmp_path, world(*events), {"event": "export", **asks})
    assert there == {True: "yes", False: "no", None: "cannot tell"}[fires]


def test_a_sequence_is_walked_to_the_microsecond(stage: PostgresStage, tmp_path: Path) -> None:
    steps = [ago(3, name="paywall", user="ana"), ago(2, name="export", user="ana")]
    asks = {"sequence": ["paywall", "export"], "over": "7 days", "same_user": True}
    assert _asked(stage, tmp_path, world(*steps), {**asks, "within": "60 minutes"}) == "yes"
    assert _asked(stage, tmp_path / "less", world(*steps), {**asks, "within": "59 minutes"}) == "no"


def _asked(stage: PostgresStage, folder: Path, world: World, condition: Definition) -> str:
    stage.fill(same.rows_of(world))
    found = same.pushed(stage, world, same.without_events(world).store(folder)).answers(
        same.asked([{"when": [condition]}])
    )["t0"]
    return "yes" if "acme" in found.yes else "cannot tell" if "acme" in found.unknown else "no"


# --- what is asked ----------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """Notes what is asked, and of what that is."""

    stage: PostgresStage
    asked: list[str] = field(default_factory=list)
    table: EventTable = field(init=False)
    dialect: str = "postgres"

    def __post_init__(self) -> None:
        self.table = self.stage.table

    def rows(self, query: str) -> Iterable[Sequence[Any]]:
        self.asked.append(query)
        return self.stage.rows(query)

    def fill(self, rows: Sequence[Row]) -> None:
        self.stage.fill(rows)


def test_many_accounts_are_asked_about_some_at_a_time(
    stage: PostgresStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expansion.warehouse.source.ACCOUNTS_AT_ONCE", 2)
    names = ["a", "b", "c", "d", "e"]
    everybody = world(*(event(name, at=AS_OF - timedelta(hours=1)) for name in names))
    watched = Watched(stage)
    watched.fill(same.rows_of(everybody))
    asking = same.pushed(watched, everybody, same.without_events(everybody).store(tmp_path))
    (trigger,) = same.asked([{"when": [{"event": "export", "over": "1 day", "is": 1}]}])
    answers = asking.holds(trigger.when, names)
    assert [answers[name].value for name in names] == ["yes"] * 5
    # The first asks which names ever came.
    assert [query.count("account_id IN") for query in watched.asked] == [0, 1, 1, 1]
    asking.holds(trigger.when, names)
    assert len(watched.asked) == 4, "what came back is kept"


def test_a_table_by_days_is_read_only_for_those_that_are_asked(stage: PostgresStage, tmp_path: Path) -> None:
    stage.fill([])
    stage.writing.execute("ALTER TABLE analytics.events ADD COLUMN day date")
    rows = same.rows_of(world(ago(1), ago(24 * 3), ago(24 * 30)))
    for row in rows:
        marks = ", ".join(["%s"] * (len(COLUMNS) + 1))
        stage.writing.execute(f"INSERT INTO analytics.events VALUES ({marks})", [*row, row[2].date()])
    by_days = Watched(replace(stage, table=stage.table.model_copy(update={"partition": "day"})))
    there = same.pushed(by_days, world(), same.without_events(world()).store(tmp_path))
    (trigger,) = same.asked([{"when": [{"event": "export", "over": "7 days", "is": 2}]}])
    assert set(there.answers([trigger])["t0"].yes) == {"acme"}
    # A week in London: the clocks change on its last day, and it begins at midnight there, which is midnight in UTC.
    assert [query for query in by_days.asked if "BETWEEN DATE '2026-03-23' AND DATE '2026-03-29'" in query]


def test_each_source_knows_its_own_events_where_a_column_says_which(stage: PostgresStage, tmp_path: Path) -> None:
    stage.fill(same.rows_of(world(ago(24 * 9, feature="web"), ago(1, feature="mobile"))))
    table = stage.table.model_copy(update={"source": "feature"})
    there = WarehouseSource.of(stage, table, StoreRelations.of(UsageStore(tmp_path)), AS_OF)
    moments = {name: [first for first, _ in there.spans(name)] for name in ("web", "mobile", "desktop", None)}
    web, mobile = AS_OF - timedelta(days=9), AS_OF - timedelta(hours=1)
    assert moments == {"web": [web], "mobile": [mobile], "desktop": [], None: [web, mobile]}
