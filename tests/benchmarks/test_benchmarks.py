"""The benchmarks run, their two ways to the same answers agree, and a difference would be noticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.benches import BENCHES, PREPARATIONS
from benchmarks.definitions import by_hand, triggers
from benchmarks.jobs import JOBS
from benchmarks.place import Place
from benchmarks.report import bench_line, growth_line
from benchmarks.rounds import BenchmarkFailed, fired, run_job

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lines() -> dict[str, dict]:
    """The lines of a tiny run, by benchmark."""
    command = [sys.executable, "-m", "benchmarks", "--events", "20000", "--rounds", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["bench"]: line for line in found}


def test_every_benchmark_prints_one_line_with_its_ratios(lines: dict[str, dict]) -> None:
    for bench in BENCHES:
        line = lines[bench.name]
        assert line["events"] == 20_000
        assert 0 < line["min"] <= line["seconds"] <= line["max"]
        assert line["peak_mb"] > 10
        assert set(line["ratio_to"]) == set(bench.against)
        assert line["machine"]["cores"] >= 1


def test_ingest_says_how_many_events_a_second(lines: dict[str, dict]) -> None:
    assert lines["ingest"]["per_second"] > 0


def test_the_product_and_the_sql_by_hand_name_the_same_accounts(lines: dict[str, dict]) -> None:
    answers = lines["same_answers"]
    assert answers["equal"] is True
    assert answers["triggers"] == 30
    assert answers["fired"] > 30


def test_nothing_is_unclear_about_complete_events(lines: dict[str, dict]) -> None:
    assert lines["evaluate_30"]["cannot_tell"] == 0


def test_peak_memory_has_a_line_of_its_own(lines: dict[str, dict]) -> None:
    assert lines["peak_memory"]["mb"].keys() == {bench.name for bench in BENCHES}


def test_every_trigger_has_a_query_by_hand() -> None:
    assert [trigger.trigger for trigger in triggers()] == list(by_hand())
    assert len(by_hand()) == 30


def test_every_benchmark_has_a_job() -> None:
    assert set(JOBS) == {*PREPARATIONS, *(bench.name for bench in BENCHES)}


def _note(place: Place, product: dict[str, list[str]], hand: dict[str, list[str]]) -> None:
    place.fired("evaluate_30").write_text(json.dumps(product))
    place.fired("hand_sql_30").write_text(json.dumps(hand))


def test_a_different_account_fails_the_run_and_is_named(tmp_path: Path) -> None:
    _note(
        Place(tmp_path), {"seats": ["acme", "initech"], "paywall": ["acme"]}, {"seats": ["acme"], "paywall": ["acme"]}
    )
    with pytest.raises(BenchmarkFailed, match=r"seats: 1 only in the product \['initech'\], 0 only by hand") as failed:
        fired(Place(tmp_path))
    assert "paywall" not in str(failed.value)


def test_a_trigger_that_only_one_side_has_fails_the_run(tmp_path: Path) -> None:
    _note(Place(tmp_path), {"seats": []}, {"seats": [], "paywall": []})
    with pytest.raises(BenchmarkFailed, match="paywall: only one of the two has this trigger"):
        fired(Place(tmp_path))


def test_equal_accounts_are_counted(tmp_path: Path) -> None:
    _note(Place(tmp_path), {"seats": ["acme", "initech"]}, {"seats": ["initech", "acme"]})
    assert fired(Place(tmp_path)) == {"seats": 2}


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
