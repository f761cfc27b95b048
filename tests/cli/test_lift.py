"""`expansion lift` and `expansion forecast`, as people and scripts read them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest

from expansion.decide.holdout import is_drawn
from tests.measure.folder import START, Past

WEEKS = 60
ASKED = f"{START + timedelta(weeks=WEEKS):%Y-%m-%dT%H:%M:%SZ}"
NAMES = [f"ac-{n:03}" for n in range(400)]
HELD = {one for one in NAMES if is_drawn(Fraction(1, 10), "global", "spring", one)}


@pytest.fixture(scope="module")
def _written(tmp_path_factory) -> Past:
    """Fourteen months: each week seven accounts fire, and some of them buy."""
    past = Past(tmp_path_factory.mktemp("lift"))
    past.holds_out()
    past.accounts(NAMES)
    rng = np.random.default_rng(14)
    for week in range(57):
        names = NAMES[week * 7 : week * 7 + 7]
        held = [(one, "held_out") for one in names if one in HELD]
        why = "held out to measure lift: 10% of all accounts"
        past.fired(*held, day=week * 7, trigger="paywall", tier="plan_change", reason=why)
        past.fired(
            *((n, "acting") for n in names if n not in HELD), day=week * 7, trigger="paywall", tier="plan_change"
        )
        for name in names:
            if rng.random() < (0.3 if name in HELD else 0.45):
                amount = int(rng.choice([2000, 3600, 6000]))
                past.sells(name, day=week * 7 + float(rng.uniform(1, 60)), tier="plan_change", amount=amount)
    past.place.close()
    return past


@pytest.fixture
def past(_written: Past, monkeypatch) -> Past:
    """The commands only read it."""
    past = _written
    monkeypatch.setenv("EXPANSION_PLAYBOOKS", str(past.root / "playbooks"))
    monkeypatch.setenv("EXPANSION_HOME", str(past.root / "home"))
    return past


def test_lift_as_people_read_it(past: Past, run, snapshot):
    assert str(run("lift", "--as-of", ASKED)) == snapshot


def test_lift_of_one_trigger_and_another_lift(past: Past, run, snapshot):
    assert str(run("lift", "paywall", "--expect", "100%", "--as-of", ASKED)) == snapshot


def test_lift_for_scripts(past: Past, run):
    said = run("lift", "--as-of", ASKED, "--json").json
    assert [one["trigger"] for one in said["comparisons"]] == [None, "big", "paywall"]
    paywall = said["comparisons"][2]
    assert paywall["treated"]["fired"] + paywall["held_out"]["fired"] == 399
    assert paywall["ratio"]["low"] < paywall["counted_ratio"] < paywall["ratio"]["high"]
    assert paywall["one_look"]["difference"]["low"] < paywall["one_look"]["difference"]["high"]


@pytest.mark.parametrize("wrong", ["thirty", "-5%", "0%", "0.3"])
def test_a_lift_that_is_none_is_refused(past: Past, run, snapshot, wrong: str):
    assert str(run("lift", f"--expect={wrong}")) == snapshot


def test_a_forecast_as_people_read_it(past: Past, run, snapshot):
    assert str(run("forecast", "--as-of", ASKED)) == snapshot


def test_a_forecast_from_too_little_says_when_there_will_be_one(past: Past, run, snapshot):
    assert str(run("forecast", "--as-of", f"{START + timedelta(weeks=20):%Y-%m-%d}")) == snapshot
    assert str(run("forecast", "--as-of", f"{START + timedelta(weeks=5):%Y-%m-%d}")) == snapshot


def test_a_forecast_for_scripts(past: Past, run):
    said = run("forecast", "--as-of", ASKED, "--months", "2", "--json").json
    assert [(one["month"], one["tier"]) for one in said["run_rate"]] == [
        ("2027-03-01", None),
        ("2027-03-01", "plan_change"),
        ("2027-04-01", None),
        ("2027-04-01", "plan_change"),
    ]
    first = said["run_rate"][0]["accounts"]
    assert first["low"] <= first["expected"] <= first["high"] and first["held_of_weeks"] > 0


@pytest.mark.parametrize("command", ["lift", "forecast"])
def test_without_outcomes_it_is_said_what_to_do(folder, run, snapshot, command: str):
    assert str(run(command)) == snapshot
