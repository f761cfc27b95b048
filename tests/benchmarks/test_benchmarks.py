"""The benchmarks run, their ways to the same answers agree, and a difference would be noticed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import by_polars, engines, events, jobs, place
from benchmarks.benches import BENCHES, NAMED, PREPARATIONS, module_of
from benchmarks.definitions import one_more, triggers
from benchmarks.place import Place
from benchmarks.queries import by_hand
from benchmarks.report import bench_line, growth_line, parts_line
from benchmarks.rounds import BenchmarkFailed, fired, run_job, ways

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lines() -> dict[str, dict]:
    """The lines of a tiny run, by benchmark."""
    command = [sys.executable, "-m", "benchmarks", "--events", "20000", "--rounds", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["bench"]: line for line in found}


MEASURED = [bench for bench in BENCHES if bench.left_out(20_000) is None]


def test_every_benchmark_prints_one_line_with_its_ratios(lines: dict[str, dict]) -> None:
    assert len(MEASURED) >= 12
    for bench in MEASURED:
        line = lines[bench.name]
        assert line["events"] == 20_000
        assert 0 < line["min"] <= line["seconds"] <= line["max"]
        assert line["peak_mb"] > 10
        assert set(line["ratio_to"]) == set(bench.against)
        assert line["machine"]["cores"] >= 1


def test_ingest_says_how_many_events_a_second(lines: dict[str, dict]) -> None:
    assert lines["ingest"]["per_second"] > 0


def test_what_is_left_out_is_said_with_its_reason(lines: dict[str, dict]) -> None:
    for bench in BENCHES:
        assert lines[bench.name].get("left_out") == bench.left_out(20_000)


def test_events_are_taken_one_by_one_and_the_loading_stands_apart(lines: dict[str, dict]) -> None:
    line = lines["one_account"]
    assert 0 < line["p50_ms"] <= line["p99_ms"]
    assert line["load_seconds"] > 0
    assert line["fsync_ms"] > 0
    assert line["accounts"] > 10


def test_a_new_column_builds_none_again(lines: dict[str, dict]) -> None:
    assert lines["new_column"]["built_again"] == 0


def test_the_product_and_its_peers_name_the_same_accounts(lines: dict[str, dict]) -> None:
    answers = lines["same_answers"]
    assert answers["equal"] is True
    assert answers["ways"][:3] == ["evaluate_30", "hand_sql_30", "polars_30"]
    assert answers["triggers"] == 30
    assert answers["fired"] > 30


def test_nothing_is_unclear_about_complete_events(lines: dict[str, dict]) -> None:
    assert lines["evaluate_30"]["cannot_tell"] == 0


def test_peak_memory_has_a_line_of_its_own(lines: dict[str, dict]) -> None:
    assert lines["peak_memory"]["mb"].keys() == {bench.name for bench in MEASURED}


def test_the_goals_come_last(lines: dict[str, dict]) -> None:
    assert list(lines)[-1] == "goals"
    assert lines["goals"]["events"] == 20_000


def test_every_trigger_is_asked_by_hand_in_sql_and_in_polars() -> None:
    names = [trigger.trigger for trigger in triggers()]
    assert len(names) == 30
    assert names == list(by_hand())
    assert names == list(by_polars.QUERIES)


def test_the_31st_trigger_is_another_one() -> None:
    assert one_more().trigger not in by_hand()


def test_every_benchmark_has_a_job() -> None:
    names = [*PREPARATIONS, *NAMED]
    modules = {module_of(name) for name in names}
    assert sorted(name for module in modules for name in import_module(module).JOBS) == sorted(names)


# --- many events come in parts ----------------------------------------------------------------------------------------


@pytest.fixture
def in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """20,000 events made as 100 million are: in several Parquet files, without JSON lines."""
    monkeypatch.setattr(place, "LINES_UP_TO", 10_000)
    monkeypatch.setattr(events, "MOST_IN_A_PART", 8_000)
    made = Place(tmp_path)
    jobs.JOBS["make_events"](made, 20_000)
    return made


def test_parts_follow_each_other_and_hold_all_the_days() -> None:
    parts = events.parts_of(25_000_001)
    assert sum(part.events for part in parts) == 25_000_001
    assert max(part.events for part in parts) <= 10_000_000
    assert [part.days for part in parts] == [100, 100, 100]
    assert parts[0].first == events.FIRST_DAY
    assert parts[1].first == events.FIRST_DAY.replace(month=6, day=15)  # a hundred days later


def test_up_to_ten_million_events_are_one_part() -> None:
    assert len(events.parts_of(10_000_000)) == 1
    assert len(events.parts_of(10_000_001)) == 2


def test_events_in_parts_give_the_same_answers_and_say_how_long_each_took(in_parts: Place) -> None:
    assert not in_parts.lines.exists()
    assert len(in_parts.parts) == 3
    took, found = jobs.JOBS["make_stores"](in_parts, 20_000)
    assert len(found["part_seconds"]) == 3
    for name in ("evaluate_30", "hand_sql_30", "polars_30"):
        import_module(module_of(name)).JOBS[name](in_parts, 20_000)
    assert sum(fired(in_parts, ["evaluate_30", "hand_sql_30", "polars_30"]).values()) > 30
    line = parts_line(20_000, {"make_stores": {"seconds": took.seconds, "peak_mb": 199.6, **found}})
    assert line == {
        "bench": "ingest_in_parts", "events": 20_000, "part_seconds": found["part_seconds"], "peak_mb": 200,
    }  # fmt: skip


def test_old_parts_do_not_stay_among_new_ones(in_parts: Place) -> None:
    jobs.JOBS["make_events"](in_parts, 8_000)
    assert len(in_parts.parts) == 1


def test_without_json_lines_what_reads_them_is_left_out() -> None:
    reason = "above 20,000,000 events there are no JSON lines"
    assert NAMED["ingest"].left_out(100_000_000) == reason
    assert NAMED["parse_floor"].left_out(100_000_000) == reason
    assert NAMED["evaluate_30"].left_out(100_000_000) is None
    assert NAMED["ingest"].left_out(20_000_000) is None


# --- peers with an environment of their own ---------------------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the second environment's Python would be."""
    monkeypatch.setattr(engines, "ENGINES", tmp_path / "python")
    engines.version_of.cache_clear()
    yield tmp_path / "python"
    engines.version_of.cache_clear()


def test_without_the_second_environment_its_peer_is_left_out(engine: Path) -> None:
    reason = "chdb lives in .venv-engines, which is not there; `make test-engines` makes it"
    assert NAMED["clickhouse_30"].left_out(1000) == reason
    assert engines.version_of("chdb") is None


def test_a_second_environment_without_the_package_is_no_use(engine: Path) -> None:
    engine.symlink_to(sys.executable)  # knows itself by where it is, so it has no packages of ours
    reason = "chdb is not in .venv-engines; `make test-engines` installs it"
    assert NAMED["clickhouse_30"].left_out(1000) == reason


def test_the_second_environment_runs_its_peer_and_no_other_job(engine: Path) -> None:
    assert engines.interpreter("chdb") == str(engine)
    assert engines.interpreter(None) == sys.executable


def test_what_the_second_environment_runs_needs_nothing_of_the_first() -> None:
    bare = "import sys; sys.path.insert(0, '.'); from benchmarks import child, by_clickhouse; child.module_of('ingest')"
    done = subprocess.run([sys.executable, "-S", "-c", bare], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- a difference is noticed ------------------------------------------------------------------------------------------

BOTH = ["evaluate_30", "hand_sql_30"]


def _note(place: Place, product: dict[str, list[str]], hand: dict[str, list[str]]) -> None:
    place.fired("evaluate_30").write_text(json.dumps(product))
    place.fired("hand_sql_30").write_text(json.dumps(hand))


def test_a_different_account_fails_the_run_and_is_named(tmp_path: Path) -> None:
    _note(
        Place(tmp_path), {"seats": ["acme", "initech"], "paywall": ["acme"]}, {"seats": ["acme"], "paywall": ["acme"]}
    )
    with pytest.raises(
        BenchmarkFailed, match=r"seats: 1 only in the product \['initech'\], 0 only in hand_sql_30"
    ) as failed:
        fired(Place(tmp_path), BOTH)
    assert "paywall" not in str(failed.value)


def test_a_trigger_that_only_one_side_has_fails_the_run(tmp_path: Path) -> None:
    _note(Place(tmp_path), {"seats": []}, {"seats": [], "paywall": []})
    with pytest.raises(BenchmarkFailed, match="paywall: only one of the product and hand_sql_30 has this trigger"):
        fired(Place(tmp_path), BOTH)


def test_equal_accounts_are_counted(tmp_path: Path) -> None:
    _note(Place(tmp_path), {"seats": ["acme", "initech"]}, {"seats": ["initech", "acme"]})
    assert fired(Place(tmp_path), BOTH) == {"seats": 2}


def test_a_third_way_is_compared_too(tmp_path: Path) -> None:
    _note(Place(tmp_path), {"seats": ["acme"]}, {"seats": ["acme"]})
    Place(tmp_path).fired("polars_30").write_text(json.dumps({"seats": ["acme", "initech"]}))
    with pytest.raises(BenchmarkFailed, match=r"seats: 0 only in the product \[\], 1 only in polars_30 \['initech'\]"):
        fired(Place(tmp_path), [*BOTH, "polars_30"])


def test_only_ways_that_were_gone_are_compared_and_always_with_the_product() -> None:
    assert ways({"polars_30", "evaluate_30", "ingest"}) == ["evaluate_30", "polars_30"]
    assert ways({"evaluate_30"}) == []
    assert ways({"hand_sql_30", "polars_30"}) == []


def test_a_job_that_breaks_says_what_broke(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match=r"(?s)parse_floor with 5 events ended with 1:.*events\.jsonl"):
        run_job("parse_floor", Place(tmp_path), 5)


def _sample(seconds: float, peak: float = 100) -> dict:
    return {"seconds": seconds, "cpu_seconds": seconds * 2, "peak_mb": peak, "counted": 1000}


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    ingest = next(bench for bench in BENCHES if bench.name == "ingest")
    samples = {
        "ingest": [_sample(4), _sample(30), _sample(5)],
        "parse_floor": [_sample(1), _sample(10), _sample(1)],
    }
    line = bench_line(ingest, 1000, samples)
    assert line["seconds"] == 5
    assert line["per_second"] == 200
    assert line["ratio_to"] == {"parse_floor": 4}  # 4, 3 and 5


def test_growth_is_shown_for_what_both_sizes_measured() -> None:
    small = [{"bench": "ingest", "seconds": 2.0, "peak_mb": 100}, {"bench": "same_answers"}]
    large = [{"bench": "ingest", "seconds": 18.0, "peak_mb": 150}, {"bench": "same_answers"}]
    line = growth_line((1000, small), (10_000, large))
    assert line["events"] == 10
    assert line["seconds"] == {"ingest": 9}
    assert line["peak_mb"] == {"ingest": 1.5}
