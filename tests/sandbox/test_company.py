"""The made-up company: the same seed makes the same history, and what is planted in it can be counted in its files."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2

from sandbox.company.__main__ import main
from sandbox.company.asked import Asked
from sandbox.company.behaviours import PLANTED
from sandbox.company.write import write

SMALL = Asked(accounts=120, days=200, seed=3)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough for every planted behaviour to be seen in its ratio."""
    out = tmp_path_factory.mktemp("company") / "out"
    write(out, Asked(accounts=1_200))
    return out


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small") / "out"
    write(out, SMALL)
    return out


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def truth(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    return told


def bytes_of(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()
    }


def between(seen: int, share: float = 0.99) -> tuple[float, float]:
    """The exact interval of a Poisson mean (Garwood)."""
    low = chi2.ppf((1 - share) / 2, 2 * seen) / 2 if seen else 0.0
    return float(low), float(chi2.ppf((1 + share) / 2, 2 * seen + 2) / 2)


# --- a seed -----------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_bytes(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", SMALL)
    assert bytes_of(tmp_path / "again") == bytes_of(small)


def test_another_seed_makes_another_history(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "other", Asked(accounts=120, days=200, seed=4))
    other, mine = bytes_of(tmp_path / "other"), bytes_of(small)
    assert {name for name in mine if other.get(name) == mine[name]} <= {n for n in mine if n.startswith("maps/")}


def test_lines_of_json_say_the_same_as_parquet(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "lines", Asked(accounts=120, days=200, seed=3, form="jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "lines/events/events-0000.jsonl").open(encoding="utf-8")]
    table = pq.read_table(small / "events/events-0000.parquet").to_pylist()
    assert len(lines) == len(table)
    for said, meant in list(zip(lines, table, strict=True))[:: len(table) // 50]:
        times = {name: f"{meant[name]:%Y-%m-%dT%H:%M:%SZ}" for name in ("time", "received_at")}
        assert {k: v for k, v in said.items() if v is not None} == {
            k: v for k, v in (meant | times).items() if v is not None
        }


def test_ten_times_the_accounts_are_about_ten_times_the_events(company: Path, tmp_path: Path) -> None:
    write(tmp_path / "tenth", Asked(accounts=120))
    more, fewer = (truth(out)["written"]["events"] for out in (company, tmp_path / "tenth"))
    assert 6 < more / fewer < 16


# --- what was planted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(PLANTED)), ids=[one.name for one in PLANTED])
def test_a_planted_effect_lies_in_the_interval_of_what_came_of_it(company: Path, place: int) -> None:
    found = truth(company)["planted"][place]
    low, high = (bound / found["expected_decisions"] for bound in between(found["decisions"]))
    assert low <= PLANTED[place].times <= high
    assert found["account_days"] > 1_000


def test_the_effect_of_full_seats_is_counted_in_the_files_alone(company: Path) -> None:
    """By Mantel and Haenszel's ratio of rates, over accounts of the same size in the same month."""
    asked = truth(company)["asked"]
    first = date.fromisoformat(asked["first_day"])
    decided = {
        (one["account_id"].removesuffix("-eu"), (date.fromisoformat(one["decided"]) - first).days)
        for one in rows(company, "truth_decisions")
    }
    cells: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for account, told in _facts_by_account(company, first).items():
        for day, full, seats in _days(told, asked["days"]):
            cell = cells[min(int(np.log2(seats) * 2), 14), day // 30]
            cell[2 * full] += 1
            cell[2 * full + 1] += (account, day) in decided
    top = sum(buys * base / (days + base) for base, _, days, buys in cells.values())
    bottom = sum(base_buys * days / (days + base) for base, base_buys, days, _ in cells.values())
    full, others = (sum(cell[place] for cell in cells.values()) for place in (3, 1))
    spread = np.exp(2.576 * np.sqrt(1 / full + 1 / others))  # 99 %, of both counts
    assert top / bottom / spread < 6 < top / bottom * spread
    assert top / bottom / spread > 3


def _facts_by_account(out: Path, first: date) -> dict[str, list[tuple[int, dict[str, str]]]]:
    found: dict[str, list[tuple[int, dict[str, str]]]] = defaultdict(list)
    for row in rows(out, "facts"):
        found[row["account_id"].removesuffix("-eu")].append(((date.fromisoformat(row["day"]) - first).days, row))
    return found


def _days(told: list[tuple[int, dict[str, str]]], days: int) -> list[tuple[int, bool, int]]:
    """Days of a customer without an open deal: whether its seats were nearly used on 14 days, and how many it has."""
    found, streak = [], 0
    for (day, row), (until, _) in zip(told, [*told[1:], (days, {})], strict=True):
        used, bought = int(row["seats_used"]), int(row["seats_bought"])
        for each in range(day, until):
            streak = streak + 1 if bought and used >= 0.85 * bought else 0
            if row["status"] == "customer" and row["open_deals"] == "0" and used:
                found.append((each, streak >= 14, bought))
    return found


def test_large_accounts_export_more_and_buy_more_often(company: Path) -> None:
    seats = {row["account_id"]: int(row["seats_bought"]) for row in rows(company, "facts")}
    order = sorted(seats, key=lambda account: seats[account])
    small, large = set(order[: len(order) // 3]), set(order[-len(order) // 3 :])
    bought = Counter(one["account_id"] for one in rows(company, "outcomes") if one["kind"] == "expansion")
    exported = Counter(_accounts_of(company, "Report Exported"))
    for counted, least in ((bought, 1.3), (exported, 3)):
        assert sum(counted[one] for one in large) > least * sum(counted[one] for one in small)


def test_invoices_only_follow_an_expansion(company: Path) -> None:
    won = {one["account_id"].removesuffix("-eu") for one in rows(company, "outcomes") if one["kind"] == "expansion"}
    assert {account.removesuffix("-eu") for account in _accounts_of(company, "Invoice Downloaded")} <= won


def _accounts_of(out: Path, event: str) -> list[str]:
    """Of what people did: a bot makes more reports than a team."""
    by_people = (ds.field("event") == event) & ~ds.field("is_bot")
    found = ds.dataset(out / "events").to_table(columns=["account_id"], filter=by_people)
    return [one for one in found["account_id"].to_pylist() if one]


def test_accounts_that_are_acted_on_buy_more_often_than_those_held_out(tmp_path: Path) -> None:
    write(tmp_path / "lift", Asked(accounts=1_500, days=250, treated_lift=2.0, holdout=0.4))
    bought = defaultdict(list)
    for one in rows(tmp_path / "lift", "truth_decisions"):
        bought[one["account_id"]].append(one["decided"])
    arms: dict[str, list[bool]] = defaultdict(list)
    of: dict[str, set[str]] = defaultdict(set)
    for one in rows(tmp_path / "lift", "treated"):
        after = date.fromisoformat(one["day"]).toordinal()
        arms[one["arm"]].append(
            any(0 <= date.fromisoformat(d).toordinal() - after < 60 for d in bought[one["account_id"]])
        )
        of[one["account_id"]].add(one["arm"])
    assert all(len(said) == 1 for said in of.values()), "who is held out stays held out"
    shares = {arm: np.mean(said) for arm, said in arms.items()}
    assert shares["treated"] > 1.5 * shares["held_out"]
    assert 0.3 < len(arms["held_out"]) / sum(map(len, arms.values())) < 0.5


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_and_says_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "out"), "--accounts", "30", "--days", "90", "--treated-lift", "30%"]) == 0
    assert "events" in capsys.readouterr().out
    assert truth(tmp_path / "out")["treated"]["lift"] == 0.3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--accounts", "3"], "--accounts is 3; it goes from 10 to 1e+06"),
        (["--days", "7"], "--days is 7; it goes from 60 to 4000"),
        (["--bad", "90%"], "--bad is 0.9; it goes from 0 to 0.5"),
    ],
)
def test_what_cannot_be_made_is_said(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main([str(tmp_path), "--accounts", "10", "--days", "60"]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
