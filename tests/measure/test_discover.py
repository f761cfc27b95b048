"""Planted behaviours are found, the size of an account is no reason, and few of what is shown is false."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from expansion.evaluate.numbers import Array
from expansion.measure.behaviours import Number
from expansion.measure.discover import FALSE_SHARE, Discovered, NothingToDiscover, discover
from expansion.measure.matched import Rows, compared, false_share

ACCOUNTS, MOMENTS, NOISE = 1_200, 10, 40
PLANTED = ("Paywall Viewed", "Team Created", "Invite Blocked")
SEEDS = 20


@dataclass(frozen=True)
class Company:
    """Size drives how much of everything an account does, and how often it expands. `Reports Exported` is size alone;
    `Pricing Viewed` comes with the paywall; `Noise n` is of large accounts a little more, and means nothing."""

    rows: Rows
    numbers: tuple[Number, ...]
    values: Array

    @classmethod
    def of(cls, seed: int, *, times: float = 4) -> Company:
        rng = np.random.default_rng(seed)
        account = np.tile(np.arange(ACCOUNTS), MOMENTS)
        moment = np.repeat(np.arange(MOMENTS), ACCOUNTS)
        size = np.tile(rng.lognormal(3, 1.2, ACCOUNTS), MOMENTS)
        planted = rng.random((len(account), len(PLANTED))) < 0.06 * (size / 20)[:, None] ** 0.2
        pricing = np.where(planted[:, 0], rng.poisson(3, len(account)), rng.poisson(0.5, len(account)))
        noise = rng.poisson(0.4 * (size / 20)[:, None] ** 0.4, (len(account), NOISE))
        chance = 0.008 * (size / 20) ** 0.5 * np.prod(np.where(planted, times, 1), axis=1)
        expanded = rng.random(len(account)) < np.minimum(chance, 0.9)
        names = [*PLANTED, "Reports Exported", "Pricing Viewed", *(f"Noise {n}" for n in range(NOISE))]
        shown = np.where(planted, rng.integers(3, 9, planted.shape), rng.integers(0, 3, planted.shape))
        values = np.column_stack([shown, rng.poisson(size), pricing, noise]).astype(np.float32)
        rows, order = Rows.of(moment, account, size, expanded)
        numbers = tuple(Number(name, (("event", name), ("over", "28 days"))) for name in names)
        return cls(rows, numbers, values[order])

    def discovered(self) -> Discovered:
        return discover(self.rows, self.numbers, self.values)


@cache
def found(seed: int) -> dict[str, str | None]:
    """What was found, the surest first, and what each goes along with."""
    said = Company.of(seed).discovered()
    return {one.behaviour.number.subject: one.echo_of for one in said.found}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_each_planted_behaviour_is_among_the_first_ten(seed: int) -> None:
    assert set(PLANTED) <= set(list(found(seed))[:10])


def test_of_what_is_shown_at_most_the_stated_share_is_false() -> None:
    true = {*PLANTED, "Pricing Viewed"}
    wrong = [sum(name not in true for name in found(seed)) / max(len(found(seed)), 1) for seed in range(SEEDS)]
    assert np.mean(wrong) <= FALSE_SHARE


def test_large_accounts_doing_more_of_everything_do_not_win() -> None:
    with_it = sum("Reports Exported" in found(seed) for seed in range(SEEDS))
    assert with_it <= SEEDS * FALSE_SHARE
    company = Company.of(0)
    flags = company.values[:, [3]] >= np.percentile(company.values[:, 3], 75)
    alike = Rows(np.zeros_like(company.rows.stratum), *(getattr(company.rows, one) for one in ("account", "moment")),
                 company.rows.expanded)  # fmt: skip
    assert compared(alike, flags).low[0] > 1.3, "compared all together, size would have looked like a reason"


def test_what_only_goes_along_with_a_surer_one_is_said_to() -> None:
    along = [found(seed).get("Pricing Viewed") for seed in range(SEEDS) if "Pricing Viewed" in found(seed)]
    assert len(along) >= 10 and along.count("Paywall Viewed") >= 0.8 * len(along)


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_brings_expansions_next_to_nothing_is_found(seed: int) -> None:
    assert len(Company.of(100 + seed, times=1).discovered().found) <= 1


def test_the_lift_is_the_one_that_was_planted() -> None:
    lifts = [one.lift for seed in range(3) for one in Company.of(seed).discovered().found[:3]]
    assert all(lift.low is not None and lift.high is not None and lift.low < 4 < lift.high for lift in lifts)


def test_one_stratum_gives_the_textbook_ratio() -> None:
    """20 of 100 with it, 10 of 200 without: the ratio is 4, and its interval that of the logarithm (Katz)."""
    shown = np.repeat([True, False], [100, 200])
    expanded = np.concatenate([np.arange(100) < 20, np.arange(200) < 10])
    rows = Rows(np.zeros(300, dtype=int), np.arange(300), np.zeros(300, dtype=int), expanded)
    said = compared(rows, shown[:, None])
    off = np.exp(1.959964 * np.sqrt(1 / 20 - 1 / 100 + 1 / 10 - 1 / 200))
    assert said.lift[0] == pytest.approx(4)
    assert (said.low[0], said.high[0]) == (pytest.approx(4 / off), pytest.approx(4 * off))


def test_months_of_one_account_hang_together() -> None:
    """Ten accounts that each count ten times say no more than ten accounts."""
    shown = np.repeat([True, False], [50, 50])
    expanded = np.repeat([True, True, False, True, False, False, False, False, False, False], 10)
    apart = Rows(np.zeros(100, dtype=int), np.arange(100), np.zeros(100, dtype=int), expanded)
    together = Rows(apart.stratum, np.repeat(np.arange(10), 10), apart.moment, expanded)
    flags = shown[:, None]
    assert compared(together, flags).p[0] > 20 * compared(apart, flags).p[0]


def test_what_was_tried_counts() -> None:
    """By hand: p x tried x (1 + 1/2 + … + 1/tried) / rank, and never less than a surer one."""
    p = np.array([0.001, 0.02, 0.5])
    factor = 1 + 1 / 2 + 1 / 3
    assert false_share(p).tolist() == pytest.approx([0.001 * 3 * factor, 0.02 * 3 * factor / 2, 0.5 * factor])


def test_no_expansions_print_no_figure() -> None:
    company = Company.of(0)
    rows = Rows(
        company.rows.stratum, company.rows.account, company.rows.moment, np.zeros(len(company.rows.account), bool)
    )
    with pytest.raises(NothingToDiscover, match="0 expansions have a history before them"):
        discover(rows, company.numbers, company.values)
