"""Goals are compared with what was measured; what is missing is neither met nor missed."""

from __future__ import annotations

from benchmarks.benches import BENCHES
from benchmarks.goals import GOALS, goals_line, table

TEN = 10_000_000
PRODUCT = [bench.name for bench in BENCHES if bench.kind == "product"]


def _ratios(name: str, **ratios: float) -> dict:
    return {name: {"bench": name, "seconds": 1.0, "ratio_to": ratios, "cpu_ratio_to": ratios}}


def _all() -> dict[str, dict]:
    """Every benchmark's line, each figure better than its goal."""
    lines = {bench.name: {"seconds": 1.0, "ratio_to": {}, "cpu_ratio_to": {}} for bench in BENCHES}
    for name, ratios in {
        "evaluate_30": {"group_floor": 0.5},
        "hand_sql_30": {"evaluate_30": 9},
        "history_300": {"hand_sql_30": 3.5},
        "history_loop": {"history_300": 30},
        "ingest": {"parse_floor": 5},
        "rollup_build": {"group_floor": 11},
        "rollup_refresh_one_day": {"rollup_build": 0.05},
        "evaluate_snapshots": {"hand_snapshots": 0.4},
    }.items():
        lines |= _ratios(name, **ratios)
    lines["new_column"]["built_again"] = 0
    lines["one_account"] |= {"p50_ms": 7.0, "p99_ms": 20.0}
    lines["store_snapshots"]["peak_mb"] = 500
    lines["history_300"]["peak_mb"] = 550
    lines["peak_memory"] = {"mb": dict.fromkeys([*PRODUCT, "clickhouse_30"], 400)}
    lines["growth"] = {"events": 10.0, "peak_mb": dict.fromkeys([*PRODUCT, "clickhouse_30"], 1.5)}
    return lines


def _goal(line: dict, text: str) -> dict:
    (found,) = (goal for goal in line["goals"] if goal["goal"] == text)
    return found


def test_a_good_run_meets_every_goal() -> None:
    line = goals_line(TEN, _all())
    assert (line["met"], line["missed"], line["missing"]) == (15, 0, 0)
    assert _goal(line, "evaluate_30 <= 2.5 group_floor") == {
        "goal": "evaluate_30 <= 2.5 group_floor",
        "measured": 0.5,
        "cpu_measured": 0.5,
        "met": True,
    }


def test_the_value_of_the_goal_itself_meets_it() -> None:
    at_most = goals_line(TEN, _all() | _ratios("evaluate_30", group_floor=2.5))
    at_least = goals_line(TEN, _all() | _ratios("hand_sql_30", evaluate_30=2.5))
    assert _goal(at_most, "evaluate_30 <= 2.5 group_floor")["met"] is True
    assert _goal(at_least, "hand_sql_30 >= 2.5 evaluate_30")["met"] is True


def test_a_worse_figure_misses_its_goal() -> None:
    at_most = goals_line(TEN, _all() | _ratios("evaluate_30", group_floor=2.501))
    at_least = goals_line(TEN, _all() | _ratios("hand_sql_30", evaluate_30=2.499))
    assert _goal(at_most, "evaluate_30 <= 2.5 group_floor")["met"] is False
    assert _goal(at_least, "hand_sql_30 >= 2.5 evaluate_30")["met"] is False
    assert at_most["missed"] == at_least["missed"] == 1


def test_a_hundred_million_events_have_harder_goals_and_one_million_none_for_the_triggers() -> None:
    texts = {events: [goal["goal"] for goal in goals_line(events, _all())["goals"]] for events in (TEN // 10, TEN * 10)}
    assert "evaluate_30 <= 1 group_floor" in texts[TEN * 10]
    assert "hand_sql_30 >= 8 evaluate_30" in texts[TEN * 10]
    assert not any(text.startswith(("evaluate_30", "hand_sql_30")) for text in texts[TEN // 10])


def test_what_was_not_asked_for_or_left_out_is_missing() -> None:
    lines = _all() | {"ingest": {"bench": "ingest", "left_out": "there are no JSON lines"}}
    del lines["one_account"]
    line = goals_line(TEN * 10, lines)
    assert _goal(line, "ingest <= 6 parse_floor") == {
        "goal": "ingest <= 6 parse_floor",
        "measured": None,
        "met": None,
        "missing": "ingest was left out: there are no JSON lines",
    }
    assert _goal(line, "one_account p99_ms <= 40")["missing"] == "one_account was not asked for"
    assert line["missing"] == 4  # both of one_account, ingest, and the growth of one_account


def test_memory_is_that_of_the_worst_job_of_the_product_and_not_of_a_peer() -> None:
    lines = _all()
    lines["peak_memory"]["mb"] |= {"clickhouse_30": 900, "ingest": 499}
    met = _goal(goals_line(TEN, lines), "peak_mb of each job of the product < 500")
    assert met == {
        "goal": "peak_mb of each job of the product < 500", "measured": 499, "of": "ingest", "met": True,
    }  # fmt: skip
    lines["peak_memory"]["mb"]["ingest"] = 500
    assert _goal(goals_line(TEN, lines), "peak_mb of each job of the product < 500")["met"] is False


def test_memory_has_to_grow_slower_than_the_events() -> None:
    text, lines = "peak_mb of each job of the product grows less than the events", _all()
    lines["growth"]["peak_mb"] |= {"clickhouse_30": 20.0, "evaluate_30": 9.9}
    assert _goal(goals_line(TEN, lines), text) == {
        "goal": text, "measured": 9.9, "of": "evaluate_30", "events_grew": 10.0, "met": True,
    }  # fmt: skip
    lines["growth"]["peak_mb"]["evaluate_30"] = 10.0
    assert _goal(goals_line(TEN, lines), text)["met"] is False


def test_growth_takes_two_sizes() -> None:
    lines = _all()
    del lines["growth"]
    line = goals_line(TEN, lines)
    assert line["goals"][-1]["missing"] == "it takes a smaller size to compare with"


def test_every_goal_names_benchmarks_that_there_are() -> None:
    names = {bench.name: bench for bench in BENCHES}
    for goal in GOALS:
        assert goal.to is None or goal.to in names[goal.bench].against


def test_people_read_a_table() -> None:
    lines = _all() | _ratios("rollup_build", group_floor=39.7) | {"parse_floor": {"left_out": "no JSON lines"}}
    assert table(goals_line(TEN, lines)).splitlines()[:6] == [
        "goals at 10,000,000 events",
        "  met            0.5  evaluate_30 <= 2.5 group_floor",
        "  met              9  hand_sql_30 >= 2.5 evaluate_30",
        "  missing          -  ingest <= 6 parse_floor; parse_floor was left out: no JSON lines",
        "  MISSED        39.7  rollup_build <= 12 group_floor",
        "  met           0.05  rollup_refresh_one_day <= 0.1 rollup_build",
    ]
