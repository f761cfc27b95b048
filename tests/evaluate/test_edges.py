"""Exact edges, huge numbers, and what cannot be read: one example each, as a GTM lead would check it."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from expansion.evaluate.fact_values import read_value
from expansion.explain.evaluator import StoreEvaluator, evaluator
from tests.evaluate.worlds import Definition, change, event, fill, trigger, vocabulary
from tests.usage.builders import utc

NOW = utc(2026, 3, 31, 12)
EVER = ((NOW - timedelta(days=400), NOW),)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def facts(**values: Any) -> list[Definition]:
    """Facts of acme that have held for ever; pairs are (value long ago, value since ten days ago)."""
    rows = []
    for fact, value in values.items():
        before, after = value if isinstance(value, tuple) else (None, value)
        rows += [change("acme", fact, before, ago(200))] if before is not None else []
        rows.append(change("acme", fact, after, ago(10) if before is not None else ago(200)))
    return rows


def asking(
    folder: Path, events: list[Definition] | None = None, changes: list[Definition] | None = None, **more: Any
) -> StoreEvaluator:
    store = fill(folder, [events] if events else [], changes or [change("acme", "arr", "1", ago(200))], EVER)
    return evaluator(store, vocabulary(**more), NOW)


def answer(asked: StoreEvaluator, *when: Definition) -> str:
    found = asked.answers([trigger(when=list(when))])["t"]
    return "yes" if "acme" in found.yes else "cannot tell" if "acme" in found.unknown else "no"


@pytest.mark.parametrize(
    ("values", "condition", "wanted"),
    [
        ({"seats_used": "40", "seats_bought": "50"}, {"fact": "seat_usage", "at_least": "80%"}, "yes"),
        ({"seats_used": "40", "seats_bought": "50"}, {"fact": "seat_usage", "more_than": "80%"}, "no"),
        ({"seats_used": "39.999", "seats_bought": "50"}, {"fact": "seat_usage", "at_least": "80%"}, "no"),
        ({"seats_used": ("40", "48")}, {"fact": "seats_used", "grew_at_least": "20%", "over": "28 days"}, "yes"),
        ({"seats_used": ("40", "47.99")}, {"fact": "seats_used", "grew_at_least": "20%", "over": "28 days"}, "no"),
        ({"seats_used": ("50", "40")}, {"fact": "seats_used", "fell_at_least": "20%", "over": "28 days"}, "yes"),
        ({"seats_used": ("3", "1")}, {"fact": "seats_used", "fell_at_least": "66.66%", "over": "28 days"}, "yes"),
        ({"arr": "0.1"}, {"fact": "arr", "is": 0.1}, "yes"),
        ({"arr": "999.99"}, {"fact": "arr", "at_least": 1000}, "no"),
        ({"arr": "1000.00"}, {"fact": "arr", "at_least": 1000}, "yes"),
        ({"arr": "1000"}, {"fact": "arr", "between": [1000, 1000]}, "yes"),
        ({"discount": "20%"}, {"fact": "discount", "is": "20%"}, "yes"),
        ({"discount": "0.2"}, {"fact": "discount", "is": "20%"}, "yes"),
        ({"arr": "100"}, {"fact": "arr", "is": 100}, "yes"),
        ({"seats_used": "0", "seats_bought": "0"}, {"fact": "seat_usage", "at_least": "80%"}, "cannot tell"),
        ({"seats_used": ("0", "5")}, {"fact": "seats_used", "grew_at_least": "20%", "over": "28 days"}, "cannot tell"),
        (
            {"seats_used": ("0", "5")},
            {"fact": "seats_used", "grew_at_least": "20%", "over": "28 days", "from_at_least": 1},
            "no",
        ),
    ],
)
def test_the_value_that_equals_the_threshold(
    tmp_path: Path, values: dict[str, Any], condition: Definition, wanted: str
) -> None:
    assert answer(asking(tmp_path, changes=facts(**values)), condition) == wanted


@pytest.mark.parametrize("growth", range(1, 100, 7))
def test_growth_that_is_met_exactly_is_never_missed(tmp_path: Path, growth: int) -> None:
    changes = [
        row
        for base in range(1, 60)
        for row in (
            change(f"a{base}", "seats_used", str(base * 100), ago(200)),
            change(f"a{base}", "seats_used", str(base * (100 + growth)), ago(1)),
        )
    ]
    condition = {"fact": "seats_used", "grew_at_least": f"{growth}%", "over": "28 days"}
    found = asking(tmp_path, changes=changes).answers([trigger(when=[condition])])["t"]
    assert len(found.yes) == 59


HUGE = 10**15


def test_huge_numbers_are_exact(tmp_path: Path) -> None:
    changes = facts(seats_used=str(HUGE * 10**6 + 1), seats_bought=str(HUGE * 10**6), arr=str(10**30))
    changes += [
        change("tiny", "seats_used", "0." + "0" * 20 + "1", ago(9)),
        change("tiny", "seats_bought", "3", ago(9)),
    ]
    asked = asking(tmp_path, changes=changes)
    assert answer(asked, {"fact": "seat_usage", "more_than": "100%"}) == "yes"
    assert answer(asked, {"fact": "seat_usage", "at_least": "100.0000001%"}) == "no"
    assert answer(asked, {"fact": "arr", "is": 10**30}) == "yes"
    assert answer(asked, {"fact": "arr", "is": 10**30 + 1}) == "no"


def test_products_that_do_not_fit_a_machine_word_are_exact(tmp_path: Path) -> None:
    asked = asking(tmp_path, changes=facts(seats_used=(f"{10**18}", f"{10**18 + 1}"), seats_bought=f"{10**18}"))
    assert answer(asked, {"fact": "seat_usage", "more_than": "100%"}) == "yes"
    assert answer(asked, {"fact": "seat_usage", "at_most": "100.0000000001%"}) == "yes"
    assert answer(asked, {"fact": "seats_used", "grew_at_least": "0.000000000001%", "over": "28 days"}) == "no"
    assert answer(asked, {"fact": "seats_used", "grew_at_least": "0%", "over": "28 days"}) == "yes"


def test_sums_of_huge_and_of_tiny_numbers_are_exact(tmp_path: Path) -> None:
    events = [event("acme", "export", ago(n / 10), rows=HUGE) for n in range(20)]
    events += [event("acme", "print", ago(n / 10), rows="0.1") for n in range(30)]
    events.append(event("acme", "export", ago(5), rows="99999999999999999999.999999999999"))
    asked = asking(tmp_path, events)

    def total(name: str, over: str, wanted: Any) -> str:
        return answer(asked, {"event": name, "sum": "rows", "over": over, "is": wanted})

    assert total("export", "48 hours", 20 * HUGE) == "yes"
    assert total("export", "28 days", 20 * HUGE) == "no"
    assert total("print", "28 days", 3) == "yes"
    assert total("print", "24 hours", 1) == "yes"
    share = {"event": "export", "sum": "rows", "over": "28 days", "grew_at_least": "20%", "from_at_least": HUGE}
    assert answer(asked, share) == "no"  # nothing before


@pytest.mark.parametrize("value", ["many", "1e30", True, [1], {"a": 1}])
def test_a_sum_with_a_value_that_cannot_be_read_is_unknown(tmp_path: Path, value: Any) -> None:
    asked = asking(tmp_path, [event("acme", "export", ago(1), rows=5), event("acme", "export", ago(2), rows=value)])
    condition = {"event": "export", "sum": "rows", "over": "7 days", "at_least": 1}
    assert answer(asked, condition) == "cannot tell"
    assert asked.explain(trigger(when=[condition]), "acme").lines[0].cause == (
        "a `rows` in the window cannot be read as a number"
    )


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_property_adds_nothing_to_a_sum(tmp_path: Path, value: Any) -> None:
    asked = asking(tmp_path, [event("acme", "export", ago(1), rows=5), event("acme", "export", ago(2), rows=value)])
    assert answer(asked, {"event": "export", "sum": "rows", "over": "7 days", "is": 5}) == "yes"


@pytest.mark.parametrize(
    "text", ["n/a", "1,00", "12,5", "$5", "NaN", "Infinity", "1e999999999", "9" * 80, "--", "1e-999999999"]
)
def test_a_fact_that_cannot_be_read_is_unknown_and_counted(tmp_path: Path, text: str) -> None:
    asked = asking(tmp_path, changes=facts(seats_used=text))
    condition = {"fact": "seats_used", "at_most": 5}
    assert answer(asked, condition) == "cannot tell"
    assert asked.everyone.unreadable == {"seats_used": 1}
    cause = asked.explain(trigger(when=[condition]), "acme").lines[0].cause
    assert cause == f"`seats_used` is {text!r}, which cannot be read as a number"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1,200", "number", Fraction(1200)),
        (" 1 200.50 ", "number", Fraction(2401, 2)),
        ("1_000", "number", None),
        ("$1,200.00", "money", Fraction(1200)),
        ("(1,200.00)", "money", Fraction(-1200)),
        ("1.200,00 €", "money", None),  # a comma is no decimal sign until a map says so
        ("-1", "money", Fraction(-1)),
        ("JPY 5000", "money", None),  # in a currency that was not converted
        ("80 %", "percent", Fraction(4, 5)),
        ("0.8", "percent", Fraction(4, 5)),
        ("80 percent", "percent", None),
        ("T", "yes_no", True),
        ("1.0", "yes_no", True),
        ("off", "yes_no", False),
        ("maybe", "yes_no", None),
    ],
)
def test_a_value_is_read_as_an_import_reads_it(text: str, kind: str, value: Any) -> None:
    assert read_value(text, kind) == value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-29", "2026-03-29T04:00:00Z"),
        ("20260329", "2026-03-29T04:00:00Z"),
        ("2026-03-29 00:00:00", "2026-03-29T04:00:00Z"),
        ("Mar 29, 2026", "2026-03-29T04:00:00Z"),
        ("1774742400000", "2026-03-29T04:00:00Z"),  # HubSpot's day: midnight UTC
        ("1774742400", "2026-03-29T00:00:00Z"),
        ("1774785600000", "2026-03-29T12:00:00Z"),
        ("2026-03-29 12:00:00.000 UTC", "2026-03-29T12:00:00Z"),
        ("2026-03-29 12:00:00", "2026-03-29T12:00:00Z"),
        ("3/29/2026", None),
        ("0001-01-01", None),
        ("soon", None),
    ],
)
def test_a_date_is_read_as_an_import_reads_it(text: str, day: str | None) -> None:
    wanted = None if day is None else datetime.fromisoformat(day)
    assert read_value(text, "date", ZoneInfo("America/New_York")) == wanted


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-03-29", "America/New_York", "2026-03-29"),
        ("2026-03-29", "Asia/Tokyo", "2026-03-29"),
        ("1774742400000", "America/New_York", "2026-03-29"),  # HubSpot: midnight UTC stands for the day
        ("1774746000000", "America/New_York", "2026-03-28"),  # and any other moment for itself
        ("2026-03-29T01:00:00Z", "America/New_York", "2026-03-28"),
        ("2026-03-29T01:00:00", "America/New_York", "2026-03-28"),
        ("20260329", "UTC", "2026-03-29"),
    ],
)
def test_a_day_alone_is_that_day_everywhere(tmp_path: Path, text: str, zone: str, day: str) -> None:
    asked = asking(tmp_path, changes=facts(renews_on=text), zone=zone)
    assert answer(asked, {"fact": "renews_on", "is": day}) == "yes"
    assert asked.fact("renews_on", ["acme"])["acme"].text == day


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "99999999999999", "0001-01-01T00:00:00+14:00"])
def test_a_date_that_is_none_is_unknown(tmp_path: Path, text: str) -> None:
    assert answer(asking(tmp_path, changes=facts(renews_on=text)), {"fact": "renews_on", "after": "2020-01-01"}) != "no"


def test_zero_is_a_count_where_the_source_was_there(tmp_path: Path) -> None:
    asked = asking(tmp_path)
    assert answer(asked, {"event": "export", "over": "28 days", "at_most": 3}) == "yes"
    assert answer(asked, {"event": "export", "over": "28 days", "is": 0}) == "yes"
    assert answer(asked, {"event": "export", "over": "28 days", "sum": "rows", "is": 0}) == "yes"
    assert answer(asked, {"event": "export", "over": "500 days", "is": 0}) == "cannot tell"
    assert answer(asked, {"event": "export", "over": "28 days", "latest": "rows", "is": "0"}) == "cannot tell"


@pytest.mark.parametrize("wanted", ["sum", "distinct", "latest", "count"])
def test_what_was_not_seen_is_not_zero(tmp_path: Path, wanted: str) -> None:
    asked = evaluator(fill(tmp_path, [], [change("acme", "arr", "1", ago(9))]), vocabulary(), NOW)
    counted = {"sum": {"sum": "rows"}, "distinct": {"distinct": "rows"}, "latest": {"latest": "rows"}}.get(wanted, {})
    compared = {"is_not": "5"} if wanted == "latest" else {"at_most": 5}
    assert answer(asked, {"event": "export", "over": "7 days", **counted, **compared}) == "cannot tell"
    if wanted == "sum":  # a value that was not seen may be below zero
        assert answer(asked, {"event": "export", "over": "7 days", "sum": "rows", "at_least": 0}) == "cannot tell"


def test_days_beyond_a_word_of_bits_are_counted_too(tmp_path: Path) -> None:
    asked = asking(tmp_path, [event("acme", "export", ago(n), "ana") for n in range(0, 200, 2)])
    for over, days in (("64 days", 32), ("65 days", 33), ("130 days", 65), ("200 days", 100)):
        assert answer(asked, {"event": "export", "count": "days", "over": over, "is": days}) == "yes", over


def test_an_event_of_nobody_counts_and_is_nobody(tmp_path: Path) -> None:
    asked = asking(tmp_path, [event("acme", "export", ago(1)), event("acme", "export", ago(2), "ana")])
    assert answer(asked, {"event": "export", "over": "7 days", "is": 2}) == "yes"
    assert answer(asked, {"event": "export", "over": "7 days", "count": "people", "is": 1}) == "yes"


def test_property_names_and_values_are_never_sql(tmp_path: Path) -> None:
    odd = 'it\'s; DROP TABLE "x" /~ --'
    asked = asking(tmp_path, [event("acme", odd, ago(1), odd, **{odd: odd})])
    assert answer(asked, {"event": odd, "over": "7 days", "where": {odd: odd}, "distinct": odd, "is": 1}) == "yes"
    assert answer(asked, {"event": odd, "over": "7 days", "latest": odd, "contains": "drop"}) == "yes"


def test_an_empty_store_has_no_accounts_and_says_so(tmp_path: Path) -> None:
    asked = evaluator(fill(tmp_path), vocabulary(), NOW)
    found = asked.answers([trigger(when=[{"event": "export", "over": "7 days", "at_most": 0}])])["t"]
    assert (found.asked, found.yes, found.unknown) == (0, frozenset(), {})
    assert not asked.knows("acme")
    assert asked.fact("arr", []) == {}
    assert asked.holds([], []) == {}


def test_an_account_is_known_from_when_something_of_it_arrived(tmp_path: Path) -> None:
    changes = [change("early", "arr", "5", ago(300), ago(20)), change("late", "arr", "5", ago(300), NOW + timedelta(1))]
    asked = asking(tmp_path, [event("busy", "export", ago(3))], changes)
    assert asked.everyone.subjects.ids == ["busy", "early"]
    assert [asked.knows(name) for name in ("busy", "early", "late")] == [True, True, False]


def test_that_nothing_is_known_can_only_be_told_where_somebody_looked(tmp_path: Path) -> None:
    condition = {"fact": "plan", "exists": False}
    known = change("acme", "arr", "1", ago(9))
    for number, (looked, wanted) in enumerate([(ago(9), "yes"), (NOW + timedelta(1), "cannot tell")]):
        changes = [known, *(change("acme", fact, None, ago(9), looked) for fact in ("plan", "seats_used"))]
        asked = evaluator(fill(tmp_path / str(number), [], changes), vocabulary(), NOW)
        assert answer(asked, condition) == wanted
        assert answer(asked, {"fact": "arr", "exists": True}) == "yes"
        assert answer(asked, {"fact": "seat_usage", "exists": False}) == wanted


@pytest.mark.parametrize("text", ["[]", "[null]", '[""]', '[" ", null]', " ; "])
def test_a_list_of_nothing_is_empty(tmp_path: Path, text: str) -> None:
    asked = asking(tmp_path, changes=facts(regions=text))
    assert answer(asked, {"fact": "regions", "exists": False}) == "yes"


def test_the_items_of_a_list_are_as_they_are_written(tmp_path: Path) -> None:
    asked = asking(tmp_path, changes=facts(regions='["EU ", 1.50, true, ["sso"], null]'))
    assert asked.fact("regions", ["acme"])["acme"].text == 'EU, 1.50, true, ["sso"]'


def test_a_source_that_was_never_pulled_is_the_cause(tmp_path: Path) -> None:
    definitions = {"facts": {"plan": {"from": "hubspot.company", "field": "plan", "kind": "text"}}}
    store = fill(tmp_path, [[event("acme", "export", ago(1))]], [], EVER)
    asked = evaluator(store, vocabulary(facts=definitions), NOW)
    assert asked.fact("plan", ["acme"])["acme"].cause == "hubspot.company was never pulled"


# --- when a cohort was pulled, when sources are late ------------------------------------------------------------------


def test_every_source_that_facts_yaml_names_must_be_there(tmp_path: Path) -> None:
    definitions = {
        "events": [
            {"from": "mixpanel.export", "account": "org", "names": ["export"]},
            {"from": "segment.events", "account": "org"},
        ]
    }
    store = fill(tmp_path, [], [change("acme", "arr", "1", ago(9))])
    store.cover(EVER, "mixpanel.export")
    condition = {"event": "export", "over": "7 days", "at_most": 0}
    asked = evaluator(store, vocabulary(facts=definitions), NOW)
    assert answer(asked, condition) == "cannot tell"
    assert asked.explain(trigger(when=[condition]), "acme").lines[0].cause == (
        "no events of segment.events were stored by then"
    )
    store.cover(EVER, "segment.events")
    assert answer(evaluator(store, vocabulary(facts=definitions), NOW), condition) == "yes"


@pytest.mark.parametrize(
    ("spans", "over", "cause"),
    [
        ([(400, 3)], "28 days", "events of files.events are known only up to 2026-03-28 12:00"),
        ([(20, 0)], "28 days", "events of files.events are known only from 2026-03-11 12:00 on"),
        (
            [(400, 20), (10, 0)],
            "28 days",
            "no events of files.events are known between 2026-03-11 12:00 and 2026-03-21 12:00",
        ),
        ([], "28 days", "no events of files.events were stored by then"),
        ([(400, 0.2)], "6 hours", "events of files.events are known only up to 2026-03-31 07:12"),
        ([(400, 40), (10, 0)], "28 days", "events of files.events are known only from 2026-03-21 12:00 on"),
        # That events came later on was not known at the check.
        ([(400, 1.2), (-0.5, -3)], "24 hours", "events of files.events are known only up to 2026-03-30 07:12"),
    ],
)
def test_the_cause_says_for_when_events_are_missing(
    tmp_path: Path, spans: list[tuple[float, float]], over: str, cause: str
) -> None:
    store = fill(tmp_path, [], [change("acme", "arr", "1", ago(9))], [(ago(a), ago(b)) for a, b in spans])
    condition = {"event": "export", "over": over, "at_most": 0}
    asked = evaluator(store, vocabulary(), NOW)
    assert asked.answers([trigger(when=[condition])])["t"].unknown == {"acme": cause}


@pytest.mark.parametrize(
    ("spans", "over"), [([(400, 1.9)], "28 days"), ([(27.4, 0)], "28 days"), ([(0.24, 0.1)], "6 hours")]
)
def test_a_short_silence_is_no_hole(tmp_path: Path, spans: list[tuple[float, float]], over: str) -> None:
    store = fill(tmp_path, [], [change("acme", "arr", "1", ago(9))], [(ago(a), ago(b)) for a, b in spans])
    assert answer(evaluator(store, vocabulary(), NOW), {"event": "export", "over": over, "at_most": 0}) == "yes"
