"""What differs between two definitions is said in the words of the YAML, and nothing is said where nothing differs."""

from __future__ import annotations

from decimal import Decimal

from expansion.language.model.models import Trigger
from expansion.plan.differences import differences
from expansion.plan.said import Said, said
from tests.decide.fakes import trigger

SEATS = {"fact": "seat_usage", "at_least": "80%", "for": "14 days"}


def of(before: Trigger, after: Trigger) -> list[str]:
    return differences(said(before), said(after))


def test_a_threshold_that_moved_is_named_with_both_numbers():
    lower = trigger(when=[SEATS | {"at_least": "75%"}])
    assert of(trigger(when=[SEATS]), lower) == ["when, seat_usage, at_least 80% -> 75%"]


def test_the_third_decimal_of_a_number_is_a_change():
    exact = said({"at_least": Decimal("0.125")}), said({"at_least": Decimal("0.1254")})
    assert differences(*exact) == ["at_least 0.125 -> 0.1254"]


def test_what_means_the_same_is_no_difference():
    again = trigger(when=[{"for": "14  days", "at_least": "80.0%", "fact": "seat_usage"}], check="daily")
    assert of(trigger(when=[SEATS]), again) == []


def test_conditions_in_another_order_mean_the_same():
    deals = {"fact": "open_deals", "at_most": 0}
    assert of(trigger(when=[SEATS, deals]), trigger(when=[deals, SEATS])) == []


def test_branches_in_another_order_do_not():
    big = {"playbook": "big", "when": [{"cohort": "enterprise"}]}
    mid = {"playbook": "mid", "when": [{"fact": "arr", "at_least": 5000}]}
    one, other = trigger(then={"choose": [big, mid]}), trigger(then={"choose": [mid, big]})
    assert of(one, other) == ["then, choose: the same in another order"]


def test_a_word_that_comes_or_goes_is_said():
    without = {"fact": "seat_usage", "at_least": "80%"}
    assert of(trigger(when=[SEATS]), trigger(when=[without])) == ["when, seat_usage, for 14 days is gone"]
    assert of(trigger(when=[without]), trigger(when=[SEATS])) == ["when, seat_usage, for 14 days is new"]


def test_a_condition_that_comes_or_goes_is_said_in_one_line():
    some = trigger(when=[SEATS, {"event": "Invite Sent", "at_least": 3, "over": "28 days"}])
    assert of(trigger(when=[SEATS]), some) == ["when: event Invite Sent at_least 3 over 28 days is new"]


def test_the_same_condition_twice_is_counted():
    assert of(trigger(when=[SEATS, SEATS]), trigger(when=[SEATS])) == [
        "when: fact seat_usage at_least 80% for 14 days is gone"
    ]


def test_a_long_text_is_cut_at_a_word():
    old, new = ({"text": f"{'word ' * 40}{end}"} for end in ("a", "b"))
    (line,) = differences(said(old), said(new))
    assert len(line) < 220
    assert line.count("…") == 2


def test_lists_of_plain_values_are_shown_whole():
    one: dict[str, Said] = {"is_one_of": ("Team", "Pro")}
    assert differences(one, {"is_one_of": ("Team",)}) == ["is_one_of Team, Pro -> Team"]
