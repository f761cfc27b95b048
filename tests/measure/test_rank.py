"""Who first: chance times worth, the parts in words, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from expansion.measure.features import Deal, Feature, Observed, columns, deal_velocity, usage, values
from expansion.measure.model import Model, learn
from expansion.measure.next_step import best, followed
from expansion.measure.panel import Expansion, panel
from expansion.measure.rank import Part, parts_of, ranked, tier_chance
from expansion.measure.words import points, said
from tests.measure.worlds import PEOPLE, SEATS, WINDOW, world

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _tier(expected_of: str, chance: float, worth: str | None, basis="own"):
    return tier_chance(expected_of, expected_of, basis, chance, None if worth is None else Decimal(worth))


# --- the order --------------------------------------------------------------------------------------------------------


def test_the_most_expected_money_comes_first_and_unknown_last():
    order = ranked(
        {
            "likely": [_tier("seats", 0.5, "1000")],
            "large": [_tier("seats", 0.1, "9000")],
            "nobody-knows": [_tier("seats", 0.9, None)],
        }
    )
    assert [one.account_id for one in order] == ["large", "likely", "nobody-knows"]


def test_chances_of_several_tiers_add_up():
    (one,) = ranked({"a": [_tier("seats", 0.1, "1000"), _tier("plan", 0.2, "2000")]})
    assert one.expected == Decimal("500.00")
    assert [tier.tier for tier in one.tiers] == ["plan", "seats"]


def test_points_of_several_triggers_do_not_add_up_for_they_are_one_conversation():
    (one,) = ranked({"a": [_tier("seats", 0.3, "1000", "points"), _tier("plan", 0.2, "1000", "points")]})
    assert one.expected == Decimal("300.00")


def test_who_multiplies_what_is_shown_gets_what_is_shown():
    tier = _tier("seats", 0.123456789, "1000")
    assert (tier.chance, tier.expected) == (Decimal("0.1235"), Decimal("123.50"))


def test_no_chance_is_told_as_nought():
    assert _tier("seats", 1e-9, "1000000").chance == Decimal("0.0001")


# --- parts in words ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> Model:
    one = world(0, accounts=500)
    found = learn(panel(one.observed, one.expansions, WINDOW, one.until), WINDOW)
    assert isinstance(found, Model)
    return found


def _row(model: Model, **told: float) -> np.ndarray:
    by_key = {PEOPLE.key: told.get("people", 0.0), SEATS.key: told.get("seats", 0.0)}
    return np.array([[by_key.get(feature.key, 0.0) for feature in model.features]])


def _parts(model: Model, row: np.ndarray) -> tuple[Part, ...]:
    return parts_of(model, row, 0, model.parts(row), model.learner.scale.mean)


def test_the_reason_why_an_account_is_likely_is_named_first(model):
    first, *_ = _parts(model, _row(model, people=2.0))
    assert first.text.startswith("Report Exported: 6 people in 28 days")
    assert first.share > 0.02


def test_what_speaks_against_it_is_named_with_a_minus(model):
    first, *_ = _parts(model, _row(model, seats=-2.0))
    assert first.text.startswith("Share of seats in use: -200%")
    assert first.share < 0


def test_what_changes_nothing_is_not_named(model):
    assert not _parts(model, _row(model, people=float("nan")) * np.nan)


FORMS = [
    (Feature("k", "g", "triggers", "trigger", "Nearly out of seats"), 1.0, 0.1),
    (Feature("k", "g", "triggers", "line", "Share of seats in use at least 80%"), 0.0, 0.1),
    (Feature("k", "g", "usage", "times", "Report Exported", days=28), np.log1p(120), np.log1p(14)),
    (Feature("k", "g", "usage", "people", "Member Joined", days=28), np.log1p(12), np.log1p(3)),
    (Feature("k", "g", "usage", "days", "Report Exported", days=28), 20.0, 4.0),
    (Feature("k", "g", "usage", "growth", "Report Exported", days=7), np.log(1.4), 0.0),
    (Feature("k", "g", "usage", "growth of people", "Report Exported", days=28), np.log(0.5), 0.0),
    (Feature("k", "g", "usage", "growth", "Report Exported", days=28), 0.0, 0.0),
    (Feature("k", "g", "firmographics", "amount", "Seats bought"), np.log1p(50), np.log1p(20.4)),
    (Feature("k", "g", "deals", "number", "Expansions in a year"), 2.0, 0.3),
    (Feature("k", "g", "firmographics", "share", "Share of seats in use"), 0.92, 0.55),
    (Feature("k", "g", "firmographics", "text", "Plan", "Team"), 1.0, 0.4),
    (Feature("k", "g", "firmographics", "text", "Plan", "Team"), 0.0, 0.4),
    (Feature("k", "g", "firmographics", "yes_no", "Our own or a test account"), 0.0, 0.0),
    (Feature("k", "g", "deals", "past", "The last expansion"), 120.0, 300.0),
    (Feature("k", "g", "firmographics", "ahead", "Renewal"), 40.0, 180.0),
    (Feature("k", "g", "firmographics", "ahead", "Renewal"), -40.0, 180.0),
    (Feature("k", "g", "deals", "share", "Accounts of its size that expanded in a year"), 0.08, 0.05),
]


def test_every_part_reads_as_a_seller_speaks(snapshot):
    assert [said(feature, value, usual) for feature, value, usual in FORMS] == snapshot


def test_points_are_of_a_hundred_with_their_sign():
    assert [points(0.04), points(-0.0132), points(-0.0001)] == ["+4.0 points", "-1.3 points", "+0.0 points"]


# --- features ---------------------------------------------------------------------------------------------------------


def test_growth_from_nought_is_no_miracle():
    names = ("times 7", "times 28", "people 28")
    counts = {name: np.array([0.0]) for each in names for name in (each, f"{each} before")}
    counts["days 28"] = np.array([1.0])
    found = usage("Report Exported", counts | {"times 7": np.array([1.0]), "times 28": np.array([1.0])})
    assert max(float(column[0]) for feature, column in found.items() if feature.form == "growth") < np.log(3)


def test_a_text_has_a_column_for_each_common_value_and_none_where_everybody_has_another():
    plan, name = (Feature(f"fact:{n}", f"fact:{n}", "firmographics", "text", n) for n in ("plan", "name"))
    ids = [f"a{n}" for n in range(300)]
    one = Observed(NOW, ids, {}, {plan: ["Team", "Pro", None] * 100, name: ids})
    found = columns([one])
    assert [feature.level for feature in found] == ["Pro", "Team"]
    assert values(one, found)[:3].tolist()[:2] == [[0.0, 1.0], [1.0, 0.0]]
    assert np.isnan(values(one, found)[2]).all()


def test_deal_velocity_knows_how_fast_this_account_and_its_peers_buy():
    deals = [Deal("a", NOW - timedelta(days=days)) for days in (40, 140, 240)]
    found = {
        f.key: c for f, c in deal_velocity(NOW, ["a", "b", "c", "d"], deals, np.array([1.0, 1.0, 9.0, np.nan])).items()
    }
    assert found["deals:since"][0] == 40
    assert found["deals:between"][0] == 100
    assert found["deals:count"].tolist() == [3, 0, 0, 0]
    assert np.isnan(found["deals:since"][1]) and np.isnan(found["deals:peers"][3])


def test_an_account_is_not_among_its_own_peers():
    deals = [Deal("a", NOW - timedelta(days=10))]
    sizes = np.array([1.0, 1.0, 5.0, 5.0, 9.0, 9.0])
    found = deal_velocity(NOW, list("abcdef"), deals, sizes)
    peers = next(column for feature, column in found.items() if feature.key == "deals:peers")
    assert peers.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_deal_after_the_moment_is_not_known():
    found = deal_velocity(NOW, ["a"], [Deal("a", NOW + timedelta(days=1))], np.array([1.0]))
    assert next(c for f, c in found.items() if f.key == "deals:count")[0] == 0


# --- what next --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Firing:
    account_id: str
    fired_at: datetime
    playbook: str | None = "call"
    tier: str = "seats"
    decision: str = "acting"


def _history(begun: int, expanded: int):
    began = NOW - timedelta(days=200)
    firings = [_Firing(f"a{n}", began) for n in range(begun)]
    came = [
        Expansion(f"a{n}", began + timedelta(days=30 + n), NOW - timedelta(days=1), "seats") for n in range(expanded)
    ]
    return firings, came


@pytest.mark.parametrize(("begun", "expanded"), [(0, 0), (7, 3), (40, 2), (40, 10)])
def test_what_similar_accounts_did_after_it_is_told_only_as_far_as_it_holds(begun, expanded, snapshot):
    assert followed("call", "seats", *_history(begun, expanded), WINDOW, NOW).told() == snapshot


def test_what_began_less_than_a_window_ago_is_not_over_yet():
    fresh = [_Firing("a", NOW - timedelta(days=89))]
    assert followed("call", "seats", fresh, [], WINDOW, NOW).begun == 0


def test_only_what_was_acted_on_and_only_this_playbook_counts():
    began = NOW - timedelta(days=200)
    others = [_Firing("a", began, decision="held_out"), _Firing("b", began, playbook="desk")]
    assert followed("call", "seats", others, [], WINDOW, NOW).begun == 0


def test_an_account_counts_once_however_often_it_fired():
    firings, came = _history(1, 1)
    again = [_Firing("a0", NOW - timedelta(days=150))]
    found = followed("call", "seats", [*firings, *again], came, WINDOW, NOW)
    assert (found.begun, found.expanded) == (1, 1)


def test_an_expansion_of_another_tier_did_not_follow_from_it():
    firings, came = _history(1, 1)
    other = [Expansion(one.account_id, one.at, one.known_at, "plan") for one in came]
    assert followed("call", "seats", firings, other, WINDOW, NOW).expanded == 0


def test_of_the_triggers_that_are_true_the_one_with_the_most_expected_money_is_taken():
    tiers = {"paywall": "plan", "seat-limit": "seats", "storage": "add-on"}
    assert best(["paywall", "seat-limit"], tiers, ["seats", "plan"]) == "seat-limit"
    assert best(["paywall", "storage"], tiers, ["plan"]) == "paywall"
    assert best([], tiers, ["plan"]) is None
