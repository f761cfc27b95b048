"""`expansion backtest` as a person sees it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.measure.village import FIRST, POLICY, TRIGGER, Happened, every_day, on, paywall, put, write

FROM, TO = FIRST + timedelta(days=8), FIRST + timedelta(days=13)
DAYS = ("--from", f"{FROM}", "--to", f"{TO}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    minutes = POLICY.replace("attribution: 10 days", "attribution: 10 days, minutes: 30")
    write(tmp_path / "playbooks", policy=minutes)
    signs = [*paywall("a", 10), *paywall("b", 11), *paywall("c", 12)]
    buys = [Happened("Upgraded", account, on(day), added=1200) for account, day in (("a", 15), ("c", 21), ("d", 22))]
    put(tmp_path / ".expansion", [*every_day("abcdef"), *signs, *buys])
    return tmp_path


def test_one_trigger_with_what_each_figure_rests_on(folder: Path, run: Run, snapshot):
    assert str(run("backtest", "paywall", *DAYS)) == snapshot


def test_all_triggers_and_a_draft(folder: Path, run: Run, snapshot):
    other = TRIGGER.replace("trigger: paywall", "trigger: often").replace("at_least: 3", "at_least: 2")
    (folder / "playbooks/triggers/often.yaml").write_text(other.replace("status: live", "status: draft"))
    assert str(run("backtest", *DAYS)) == snapshot(name="all")
    (folder / "paywall.yaml").write_text(TRIGGER.replace("at_least: 3", "at_least: 4"))
    ran = run("backtest", "--draft", "paywall.yaml", "--from", f"{TO}", "--to", f"{TO}")
    assert str(ran) == snapshot(name="a draft beside what is in force")


def test_for_scripts(folder: Path, run: Run, snapshot):
    (tested,) = run("backtest", "paywall", *DAYS, "--json").json
    assert tested == snapshot


@pytest.mark.parametrize("words", [("--from", "2026-02-01", "--to", "2026-01-01"), ("--draft", "gone.yaml"), ("gone",)])
def test_what_cannot_be_played_is_said(folder: Path, run: Run, snapshot, words: tuple[str, ...]):
    ran = run("backtest", *words)
    assert ran.code == 1
    assert ran.err == snapshot
