"""Each section counts what it says it counts, and says what is missing where it cannot."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from jobs.reporting.content import Section, Table, percent, shown
from jobs.reporting.funnel import funnel_section
from jobs.reporting.headline import headline_section
from jobs.reporting.known import Asked
from jobs.reporting.load import load_section
from jobs.reporting.said import said_section
from jobs.reporting.touch import touch_section
from tests.reporting.builders import CALENDAR, MONDAY, answer, clock, fired, known, step, task


def rows(section: Section, figure: int = 0) -> list[dict[str, str]]:
    """A table as people read it, by the names of its columns."""
    table: Table = section.figures[figure].table
    names = [column.name for column in table.columns]
    return [dict(zip(names, map(shown, row), strict=True)) for row in table.rows]


# --- headline ---------------------------------------------------------------------------------------------------------


def test_the_headline_is_that_of_every_run() -> None:
    of = known(fired(1), fired(2, "beta", decision="held_out", worth=Decimal(900)))
    section = headline_section(of)
    assert section.sentences == ("1 of 2 firings acted on, worth $3,600 a year; left alone or held out: $900.",)
    assert rows(section) == [
        {"what became of it": "acted on", "firings": "1", "accounts": "1", "worth a year": "$3,600"},
        {"what became of it": "left alone or held out", "firings": "1", "accounts": "1", "worth a year": "$900"},
    ]


def test_an_account_that_fired_twice_in_a_run_is_worth_once() -> None:
    section = headline_section(known(fired(1), fired(2, trigger="paywall", worth=Decimal(100))))
    assert "worth $3,600 a year" in section.sentences[0]


def test_weeks_begin_with_the_first_firing_and_empty_ones_in_between_are_shown() -> None:
    of = known(fired(1, fired_at=MONDAY - timedelta(days=14)), fired(2, "beta", decision="flood"))
    assert rows(headline_section(of), 1) == [
        {"week from": "16 Feb 2026", "acted on": "1", "not acted on": "0"},
        {"week from": "23 Feb 2026", "acted on": "0", "not acted on": "0"},
        {"week from": "2 Mar 2026", "acted on": "0", "not acted on": "1"},
    ]


def test_weeks_after_the_last_run_are_not_shown_as_empty() -> None:
    of = known(fired(1, fired_at=MONDAY - timedelta(days=14)), ran_until=MONDAY - timedelta(days=7))
    assert [row["week from"] for row in rows(headline_section(of), 1)] == ["16 Feb 2026", "23 Feb 2026"]


def test_a_firing_after_midnight_is_of_the_week_it_is_in_the_policy_s_zone() -> None:
    sunday_night = MONDAY.replace(month=6, day=7, hour=23, minute=30)  # Monday, half past midnight, in London
    of = known(fired(1, fired_at=sunday_night - timedelta(days=7)), fired(2, fired_at=sunday_night), until=sunday_night)
    assert [row["week from"] for row in rows(headline_section(of), 1)] == ["1 Jun 2026", "8 Jun 2026"]


@pytest.mark.parametrize("make", [headline_section, funnel_section])
def test_where_nothing_fired_it_says_what_writes_firings(make) -> None:
    section = make(known())
    assert "`expansion run`" in section.missing
    assert section.figures == ()


# --- funnel -----------------------------------------------------------------------------------------------------------


def test_the_funnel_counts_accounts_and_each_stage_is_some_of_the_one_before() -> None:
    first, again = fired(1, fired_at=MONDAY - timedelta(days=30)), fired(2, episode=2)
    others = (fired(3, "beta"), fired(4, "cara", decision="held_out"))
    of = known(first, again, *others, steps=[step(first), step(others[0], state="due")])
    (row,) = rows(funnel_section(of))
    assert row == {"trigger": "seat-limit", "fired": "3", "acted on": "2", "done": "1"}


def test_firings_joined_in_one_piece_of_work_have_its_steps_in_common() -> None:
    leads, joined = fired(1), fired(2, trigger="paywall", playbook=None)
    of = known(leads, joined, steps=[step(leads)])
    assert [row["done"] for row in rows(funnel_section(of))] == ["1", "1"]


def test_what_follows_a_step_is_nothing_done_for_the_account() -> None:
    one = fired(1)
    of = known(one, steps=[step(one, state="refused"), step(one, 1, follows="key")])
    assert rows(funnel_section(of))[0].get("done") is None


def test_who_was_asked_about_and_of_whom_it_cannot_be_told() -> None:
    asked = {"seat-limit": Asked(160, 2), "paywall": Asked(1204, 0, people=True)}
    section = funnel_section(known(fired(1), asked=asked))
    assert rows(section) == [
        {"trigger": "paywall", "asked about": "–", "people asked about": "1,204", "cannot tell": "0", "fired": "0",
         "acted on": "0"},
        {"trigger": "seat-limit", "asked about": "160", "people asked about": "–", "cannot tell": "2", "fired": "1",
         "acted on": "1"},
    ]  # fmt: skip
    assert section.sentences[1] == "Never fired in this time: paywall."


def test_an_account_that_was_acted_on_later_is_not_among_those_that_were_not() -> None:
    held = fired(1, decision="carried", fired_at=MONDAY - timedelta(days=20))
    of = known(held, fired(2, episode=2), fired(3, "beta", decision="suppressed"))
    assert rows(funnel_section(of), 1) == [{"trigger": "seat-limit", "left alone": "1"}]


# --- owners -----------------------------------------------------------------------------------------------------------


def test_owners_by_how_much_they_got_with_what_is_open_and_what_waits() -> None:
    one, two = fired(1, cleared_at=MONDAY), fired(2, "beta")
    others = (fired(3, "cara", owner="sam@x.example"), fired(4, "dora", decision="carried", owner="sam@x.example"))
    section = load_section(known(one, two, *others), CALENDAR, "5 a day")
    assert section.sentences == (
        "2 owners; dana@acme.example got the most: 2 of 3 accounts (67%).",
        "policy.yaml allows one owner 5 a day (`attention`).",
    )
    assert rows(section) == [
        {"owner": "dana@acme.example", "accounts": "2", "still open": "1", "no room yet": "0",
         "worth a year": "$7,200"},
        {"owner": "sam@x.example", "accounts": "1", "still open": "1", "no room yet": "1", "worth a year": "$3,600"},
    ]  # fmt: skip


def test_an_owner_s_promises_stand_beside_the_load() -> None:
    one, two = fired(1), fired(2, "beta")
    tasks = [task(one), task(two)]
    clocks = {
        tasks[0].key: clock(tasks[0], 1, touched_at=MONDAY, stopped_at=MONDAY),
        tasks[1].key: clock(tasks[1], 9, touched_at=MONDAY, stopped_at=MONDAY),
    }
    (row,) = rows(load_section(known(one, two, steps=tasks, clocks=clocks), CALENDAR, None))
    assert row["touched in time"] == "50%"


def test_where_two_have_the_most_none_is_singled_out() -> None:
    of = known(fired(1), fired(2, "beta", owner="sam@x.example"))
    assert load_section(of, CALENDAR, None).sentences == ("2 owners; nobody got more than 1 of 2 accounts (50%).",)


def test_promises_that_were_all_broken_are_shown() -> None:
    one = fired(1)
    mine = task(one)
    of = known(one, steps=[mine], clocks={mine.key: clock(mine, 9)})
    assert rows(load_section(of, CALENDAR, None))[0]["touched in time"] == "0%"


def test_nobody_has_work_where_nothing_was_acted_on() -> None:
    assert load_section(known(fired(1, decision="watching")), CALENDAR, None).missing != ""


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "rest", "column"),
    [
        (7.9, {"touched_at": MONDAY, "stopped_at": MONDAY}, "in time"),
        (8.0, {"touched_at": MONDAY, "stopped_at": MONDAY}, "late"),
        (8.0, {}, "not touched"),
        (12.0, {"stopped_at": MONDAY, "reason": "the episode ended"}, "not touched"),
        (7.9, {}, "still has time"),
        (7.9, {"stopped_at": MONDAY, "reason": "the episode ended"}, "ended before"),
    ],
)
def test_how_a_task_stands_against_its_promise(hours, rest, column) -> None:
    one = fired(1)
    mine = task(one)
    (row,) = rows(touch_section(known(one, steps=[mine], clocks={mine.key: clock(mine, hours, **rest)}), CALENDAR))
    assert row[column] == "1"
    assert [row[other] for other in ("in time", "late", "not touched")].count("1") == (
        column in ("in time", "late", "not touched")
    )


def test_a_promise_in_days_is_as_long_as_the_policy_s_day() -> None:
    one = fired(1)
    mine = task(one, "2 working days")  # of 8 hours each
    clocks = {mine.key: clock(mine, 15.9, touched_at=MONDAY, stopped_at=MONDAY)}
    assert rows(touch_section(known(one, steps=[mine], clocks=clocks), CALENDAR))[0]["in time"] == "1"


def test_the_share_kept_leaves_out_what_is_not_decided() -> None:
    firings = [fired(place, f"account-{place}") for place in range(4)]
    tasks = [task(one) for one in firings]
    touched = {"touched_at": MONDAY, "stopped_at": MONDAY}
    ends = [(1, touched), (9, touched), (9, {}), (2, {})]
    clocks = {one.key: clock(one, hours, **rest) for one, (hours, rest) in zip(tasks, ends, strict=True)}
    section = touch_section(known(*firings, steps=tasks, clocks=clocks), CALENDAR)
    assert section.sentences == (
        "4 tasks with an agreed time for the first touch: 1 of 3 kept (33%).",
        "1 task went untouched past its time.",
    )


def test_without_a_clock_it_says_what_starts_one() -> None:
    assert "`sla`" in touch_section(known(fired(1)), CALENDAR).missing


# --- answers ----------------------------------------------------------------------------------------------------------


def test_the_last_word_of_each_person_counts() -> None:
    one, two = fired(1), fired(2, "beta")
    said = [
        answer(one, "useful", id=1),
        answer(one, reason="They have a deal open", id=2),
        answer(one, reason="They have a deal open", by="U0BEN", id=3),
        answer(two, "useful", id=4),
        answer(two, "claimed", id=5),
    ]
    section = said_section(known(one, two, said=said))
    assert section.sentences == ("3 answers about 2 of 2 firings acted on: 1 useful (33%), 2 not.",)
    assert rows(section) == [
        {"reason": "They have a deal open", "answers": "2", "share": "100%", "of triggers": "seat-limit"}
    ]
    assert rows(section, 1) == [
        {"trigger": "seat-limit", "useful": "1", "not useful": "2", "share useful": "33%"}
    ]  # fmt: skip


def test_no_without_a_reason_is_said_to_be_that() -> None:
    one = fired(1)
    assert rows(said_section(known(one, said=[answer(one)])))[0]["reason"] == "no reason given"


def test_a_claim_alone_is_no_answer() -> None:
    one = fired(1)
    assert "`buttons: true`" in said_section(known(one, said=[answer(one, "claimed")])).missing


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(0), "0%"),
        (Fraction(1), "100%"),
        (Fraction(1, 3), "33%"),
        (Fraction(1, 8), "13%"),
        (Fraction(34, 1000), "3.4%"),
        (Fraction(3, 100), "3%"),
        (Fraction(1, 5000), "under 0.1%"),
        (Fraction(999, 1000), "over 99%"),
        (Fraction(9949, 10000), "99%"),
    ],
)
def test_a_share_is_rounded_once_and_never_to_none_or_all(share, text) -> None:
    assert percent(share) == text
