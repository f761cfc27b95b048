"""Explanations, read as prose: each line with its number, each doubt with its cause, each count with its events."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.evaluate.questions import holds
from expansion.evaluate.results import Answer, Evidence
from expansion.explain.evaluator import StoreEvaluator, evaluator
from tests.evaluate.worlds import Definition, change, event, fill, member, trigger, vocabulary
from tests.usage.builders import utc

NOW = utc(2026, 3, 3, 9)


def ago(days: float, hours: float = 0) -> Any:
    return NOW - timedelta(days=days, hours=hours)


EVENTS = [
    event("acme", "export", ago(day, 1), user, key=f"e{day}-{user}", rows=rows, feature=feature)
    for day, user, rows, feature in [
        (0, "ana", 10, "sso"), (1, "ana", 12.5, "sso"), (1, "ben", 20, "audit log"), (2, "ana", 5, "sso"),
        (9, "eve", 3, "sso"), (20, "", 7, "roles"), (35, "ana", 7, "roles"),
    ]
]  # fmt: skip
EVENTS.append(event("acme", "paywall", ago(3), "ben", key="p"))
EVENTS.append(event("acme", "export", ago(1), "late", seen=NOW + timedelta(days=1), key="arrives-tomorrow"))
EVENTS.append(event("acme", "export", NOW + timedelta(hours=1), "soon", key="happens-later"))

CHANGES = [
    change("acme", "seats_used", "40", ago(60)),
    change("acme", "seats_used", "46", ago(20)),
    change("acme", "seats_bought", "50", ago(90)),
    change("acme", "arr", "120000", ago(90)),
    change("acme", "plan", "Team", ago(90)),
    change("acme", "in_trial", "no", ago(9)),
    change("acme", "renews_on", "2026-03-29", ago(9)),
    change("acme", "regions", '["EU", "US"]', ago(9)),
    change("acme", "discount", "twenty", ago(9)),
    change("globex", "arr", "999.50", ago(3)),
    change("globex", "seats_used", "10", ago(90)),
    change("globex", "seats_bought", "0", ago(90)),
    member("acme", "vip", True, ago(5)),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> StoreEvaluator:
    root = tmp_path_factory.mktemp("usage")
    store = fill(root, [EVENTS], CHANGES, [(ago(100), NOW)], {"vip": ago(5)})
    return evaluator(store, vocabulary(), NOW)


def prose(evidence: Evidence) -> str:
    """An explanation as text, one line per line, and what a seller reads of it."""
    lines = [f"{evidence.trigger} for {evidence.account_id}: {evidence.answer.value}"]
    for line in evidence.lines:
        said = f"{'  ' * line.depth}{line.section}: {line.answer.value}: {line.text}"
        said += f" | seen {line.seen}" if line.seen else ""
        said += f" | wanted {line.wanted}" if line.wanted else ""
        said += f" | {line.cause}" if line.cause else ""
        said += f" | {', '.join(e.event_id for e in line.events)}" if line.events else ""
        lines.append(said + (f" | by {', '.join(line.people)}" if line.people else ""))
    return "\n".join([*lines, "reasons:", *(f"- {reason}" for reason in evidence.reasons())])


OF_FACTS: list[Definition] = [
    {"fact": "seat_usage", "at_least": "80%", "for": "14 days"},
    {"fact": "seat_usage", "at_least": "90%", "for": "28 days"},
    {"fact": "seats_used", "grew_at_least": "10%", "over": "28 days", "from_at_least": 20},
    {"fact": "seats_used", "fell_at_least": "10%", "over": "28 days"},
    {"fact": "arr", "at_least": 100_000},
    {"fact": "arr", "between": [1_000, 200_000]},
    {"fact": "arr", "is_one_of": [1_000, 2_000.5]},
    {"fact": "plan", "is": "Team"},
    {"fact": "plan", "is_one_of": ["Pro", "Team"]},
    {"fact": "plan", "is_not_one_of": ["Enterprise"]},
    {"fact": "plan", "is_not": "Free"},
    {"fact": "plan", "starts_with": "tea"},
    {"fact": "in_trial", "is": False},
    {"fact": "renews_on", "before": "2026-06-01"},
    {"fact": "renews_on", "newer_than": "28 days"},
    {"fact": "renews_on", "between": ["2026-03-01", "2026-03-31"]},
    {"fact": "regions", "contains": "eu"},
    {"fact": "discount", "at_least": "10%"},
    {"fact": "discount", "exists": False},
    {"fact": "arr", "exists": True},
    {"fact": "exports", "grew_at_least": "20%", "over": "7 days"},
    {"cohort": "paying"},
    {"cohort": "paying", "for": "3 days"},
    {"cohort": "vip"},
    {"cohort": "vip", "for": "7 days"},
]

OF_EVENTS: list[Definition] = [
    {"event": "export", "over": "7 days", "at_least": 3},
    {"event": "export", "over": "1 day", "is": 1},
    {"event": "paywall", "over": "1 week", "less_than": 2},
    {"event": ["export", "paywall"], "over": "9 days", "is_not": 3, "by_at_least": "1 person", "on_at_least": "2 days"},
    {"event": "export", "over": "28 days", "by_at_least": "2 people"},
    {"event": "export", "over": "28 days", "count": "people", "at_least": 2},
    {"event": "export", "over": "28 days", "count": "days", "at_most": 2},
    {"event": "export", "over": "28 days", "count": "people", "grew_at_least": "50%"},
    {"event": "export", "over": "28 days", "distinct": "feature", "at_least": 2},
    {"event": "export", "over": "28 days", "distinct": "feature", "grew_at_least": "50%"},
    {"event": "export", "over": "28 days", "sum": "rows", "more_than": 40},
    {"event": "export", "over": "28 days", "latest": "feature", "is": "sso"},
    {"event": "paywall", "over": "28 days", "latest": "feature", "is": "sso"},
    {"event": "export", "where": {"feature": "sso", "rows": {"at_least": 10}}, "over": "7 days", "at_least": 2},
    {"event": "export", "where": {"feature": ["sso", "b"], "rows": {"exists": True}}, "over": "7 days", "at_least": 2},
    {"event": "any event", "over": "6 hours", "at_most": 0},
    {"event": "print", "over": "28 days", "at_most": 0},
    {"event": "export", "over": "1 month", "grew_at_least": "50%", "from_at_least": 1},
    {"event": "export", "over": "200 days", "at_most": 3},
    {"event": "export", "over": "200 days", "at_least": 30},
    {"event": "export", "over": "200 days", "sum": "rows", "at_least": 30},
    {"event": "export", "over": "24 hours", "at_least": 2, "for": "3 days"},
]  # fmt: skip

IN_GROUPS: list[Definition] = [
    {"any_of": [{"fact": "exporters", "at_least": 2}, {"fact": "exports", "at_least": 2}]},
    {"some_of": {"need": 2, "of": [
        {"fact": "exports_each", "at_least": "100%"}, {"fact": "exporters_share", "at_least": "4%"},
    ]}},
    {"none_of": [
        {"fact": "export_days", "at_least": 20},
        {"all_of": [{"cohort": "vip"}, {"fact": "plan", "is": "Team"}, {"fact": "arr", "is": 5}]},
    ]},
]  # fmt: skip


OF_WHAT_CAME_WHEN: list[Definition] = [
    {"sequence": ["paywall", "export"], "within": "7 days"},
    {"sequence": ["paywall", "export"], "within": "7 days", "same_user": True},
    {"sequence": ["export", "paywall", {"event": "print", "where": {"rows": 5}}], "within": "14 days",
     "not_between": "share"},
    {"sequence": ["paywall", "export"], "within": "7 days", "same_user": True, "by_at_least": "2 people"},
    {"sequence": ["paywall", "print"], "within": "96 hours", "same_user": True},
    {"sequence": ["export", "print"], "within": "200 days"},
    {"event": "paywall", "first_within": "14 days"},
    {"event": "export", "first_within": "14 days"},
    {"event": "print", "first_within": "14 days"},
    {"event": "export", "stopped_for": "14 days"},
    {"event": "paywall", "stopped_for": "2 days"},
    {"event": "paywall", "stopped_for": "2 days", "over": "7 days", "at_least": 2},
    {"event": "export", "came_back_after": "5 days", "over": "7 days"},
    {"event": "export", "came_back_after": "10 days", "over": "7 days"},
    {"event": "paywall", "came_back_after": "10 days", "over": "7 days"},
    {"event": "print", "came_back_after": "10 days", "over": "7 days"},
    {"event": "export", "in_at_least": "3 of the last 4 weeks", "at_least": 1},
    {"event": "export", "in_at_least": "4 of the last 4 weeks", "at_least": 1},
    {"event": "export", "in_at_least": "2 of the last 4 weeks", "by_at_least": "2 people"},
    {"event": "export", "in_at_least": "1 of the last 2 months", "grew_at_least": "10%"},
    {"event": "export", "in_at_least": "2 of the last 20 weeks", "at_least": 1},
    {"fact": "seats_used", "in_at_least": "2 of the last 4 weeks", "at_least": 45},
    {"fact": "seat_usage", "in_at_least": "4 of the last 4 weeks", "at_least": "90%"},
]  # fmt: skip

AGAINST_OTHERS: list[Definition] = [
    {"fact": "arr", "among_top": "50%"},
    {"fact": "arr", "among_top": "50%", "of": "plan"},
    {"event": "export", "among_top": "50%", "over": "28 days"},
    {"event": "export", "among_top": "50%", "over": "28 days", "from_at_least": 50},
    {"event": "export", "average": "rows", "over": "28 days", "at_least": 20},
    {"event": "export", "max": "rows", "over": "28 days", "at_least": 20},
    {"event": "paywall", "max": "rows", "over": "28 days", "exists": True},
    {"fact": "seats_left", "at_least": 3},
    {"fact": "seats_headroom", "at_most": "10%"},
    {"fact": "usage_less_discount", "at_least": "10%"},
    {"fact": "days_to_full", "at_most": 30},
    {"fact": "seats_limit", "at_least": 40},
    {"trigger": "nearly-full"},
    {"trigger": "exports-often", "for": "3 days"},
]

EVERYTHING = [
    ("facts", OF_FACTS), ("events", OF_EVENTS), ("groups", IN_GROUPS), ("when", OF_WHAT_CAME_WHEN),
    ("others", AGAINST_OTHERS),
]  # fmt: skip


@pytest.mark.parametrize("account", ["acme", "globex"])
@pytest.mark.parametrize(("about", "when"), EVERYTHING)
def test_an_explanation_reads_as_prose(
    asked: StoreEvaluator, snapshot: SnapshotAssertion, account: str, about: str, when: list[Definition]
) -> None:
    one = trigger(about, when=when, unless=[{"fact": "in_trial", "is": True}], accounts="paying")
    assert prose(asked.explain(one, account)) == snapshot


@pytest.mark.parametrize("account", ["acme", "globex"])
@pytest.mark.parametrize(("about", "when"), EVERYTHING)
def test_what_would_turn_each_line_reads_as_prose(
    asked: StoreEvaluator, snapshot: SnapshotAssertion, account: str, about: str, when: list[Definition]
) -> None:
    one = trigger(about, when=when, unless=[{"fact": "in_trial", "is": True}], accounts="paying")
    evidence = asked.explain(one, account, flips=True)
    said = [f"{'  ' * line.depth}{line.answer.value}: {line.text} | {line.flips}" for line in evidence.lines]
    assert "\n".join([*said, str(evidence.flips)]) == snapshot


def test_what_would_turn_a_line_is_only_looked_for_when_it_is_asked_for(asked: StoreEvaluator) -> None:
    one = trigger(when=[{"fact": "arr", "at_least": 1}])
    evidence = asked.explain(one, "acme")
    assert (evidence.flips, evidence.lines[0].flips) == (None, None)


def test_the_steps_of_one_person_are_shown_where_one_person_takes_them(asked: StoreEvaluator) -> None:
    line = explained(asked, {"sequence": ["paywall", "export"], "within": "7 days", "same_user": True})
    assert [(shown.event_id, shown.user_id) for shown in line.events] == [("p", "ben"), ("e1-ben", "ben")]
    together = explained(asked, {"sequence": ["paywall", "export"], "within": "7 days"})
    assert [(shown.event_id, shown.user_id) for shown in together.events] == [("p", "ben"), ("e0-ana", "ana")]


def test_everybody_who_took_every_step_is_named(asked: StoreEvaluator) -> None:
    each = {"within": "28 days", "same_user": True, "by_at_least": "2 people", "over": "2 months"}
    line = explained(asked, {"sequence": [{"event": "export", "where": {"feature": "sso"}}, "export"], **each})
    assert (line.answer, line.people) == (Answer.NO, ("ana",))
    line = explained(asked, {"sequence": ["any event", "export"], **each})
    assert (line.answer, line.people) == (Answer.YES, ("ana", "ben"))


def test_what_broke_a_silence_is_shown_and_what_was_there_before_the_first(asked: StoreEvaluator) -> None:
    broken = explained(asked, {"event": "export", "stopped_for": "5 days"})
    assert [shown.event_id for shown in broken.events] == ["e0-ana", "e1-ana", "e1-ben", "e2-ana"]
    earlier = explained(asked, {"event": "export", "first_within": "14 days"})
    assert [shown.event_id for shown in earlier.events] == ["e20-", "e35-ana"]


def explained(asked: StoreEvaluator, condition: Definition, account: str = "acme") -> Any:
    return asked.explain(trigger(when=[condition]), account).lines[0]


def test_evidence_is_what_had_happened_and_arrived_newest_first(asked: StoreEvaluator) -> None:
    line = explained(asked, {"event": "export", "over": "28 days", "at_least": 1})
    assert [shown.event_id for shown in line.events] == ["e0-ana", "e1-ana", "e1-ben", "e2-ana", "e9-eve"]
    assert line.events[0].at == ago(0, 1)
    assert line.people == ("ana", "ben", "eve")
    assert line.seen == "6 times"


def test_evidence_lies_in_the_window_and_fits_the_filter(asked: StoreEvaluator) -> None:
    line = explained(asked, {"event": "export", "over": "2 days", "where": {"feature": "sso"}, "at_least": 1})
    assert [shown.event_id for shown in line.events] == ["e0-ana", "e1-ana"]
    hours = explained(asked, {"event": "export", "over": "1 hour", "at_least": 1})
    assert hours.events == ()  # an hour ago is just outside
    assert [e.event_id for e in explained(asked, {"event": "export", "over": "61 minutes", "at_least": 1}).events] == [
        "e0-ana"
    ]


def test_a_counted_fact_has_its_events_too(asked: StoreEvaluator) -> None:
    assert explained(asked, {"fact": "exports", "at_least": 1}).people == ("ana", "ben")
    assert explained(asked, {"fact": "exporters_share", "at_least": "1%"}).people == ("ana", "ben", "eve")
    assert explained(asked, {"fact": "seat_usage", "at_least": "1%"}).events == ()


def test_with_dwell_the_day_that_decides_is_named(asked: StoreEvaluator) -> None:
    line = explained(asked, {"fact": "seat_usage", "at_least": "90%", "for": "28 days"})
    assert (line.answer, line.seen) == (Answer.NO, "80% (40 of 50) on 2026-02-10")


def test_rounding_never_hides_on_which_side_a_number_lies(tmp_path: Path) -> None:
    changes = [change("a", "seats_used", "79999", ago(9)), change("a", "seats_bought", "100000", ago(9))]
    changes.append(change("a", "arr", "999.999", ago(9)))
    asked = evaluator(fill(tmp_path, [], changes), vocabulary(), NOW)
    assert explained(asked, {"fact": "seat_usage", "at_least": "80%"}, "a").seen == "79.999% (79,999 of 100,000)"
    assert explained(asked, {"fact": "arr", "at_least": 1000}, "a").seen == "999.999"


def test_the_people_behind_an_answer_are_named_once(asked: StoreEvaluator) -> None:
    when = [{"event": "export", "over": "7 days", "at_least": 1}, {"event": "paywall", "over": "7 days", "at_least": 1}]
    assert asked.explain(trigger(when=when), "acme").people() == ["ana", "ben"]


def test_an_account_nobody_heard_of_is_explained_as_empty(asked: StoreEvaluator) -> None:
    asked.answers([trigger(when=[{"fact": "arr", "at_least": 1}])])
    line = explained(asked, {"fact": "arr", "at_least": 1}, "nobody")
    assert (line.answer, line.cause) == (Answer.CANNOT_TELL, "crm.account has no record of this account")


def test_a_trigger_that_was_edited_is_explained_as_it_stands_now(asked: StoreEvaluator) -> None:
    for edge, answer in ((100_000, Answer.YES), (200_000, Answer.NO)):
        assert asked.explain(trigger(when=[{"fact": "arr", "at_least": edge}]), "acme").answer is answer


def test_the_cause_is_of_a_line_that_decides(asked: StoreEvaluator) -> None:
    known = {"any_of": [{"fact": "arr", "at_least": 1}, {"fact": "discount", "at_least": "1%"}]}
    found = asked.answers([trigger(when=[known, {"cohort": "vip", "for": "9 days"}])])["t"]
    assert found.unknown["acme"] == "cohort `vip` was first pulled on 2026-02-26"


# --- values, people and names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("seat_usage", "92%", None),
        ("arr", "$120,000", None),
        ("plan", "Team", None),
        ("in_trial", "no", None),
        ("renews_on", "2026-03-29", None),
        ("regions", "EU, US", None),
        ("exports", "3", None),
        ("discount", "unknown", "`discount` is 'twenty', which cannot be read as a share"),
    ],
)
def test_a_fact_is_given_as_people_read_it(asked: StoreEvaluator, name: str, text: str, cause: str | None) -> None:
    value = asked.fact(name, ["acme"])["acme"]
    assert (value.text, value.cause) == (text, cause)


def test_a_fact_that_is_not_known_says_why(asked: StoreEvaluator) -> None:
    assert asked.fact("arr", ["globex"])["globex"].text == "$999.50"
    assert (
        asked.fact("seat_usage", ["globex"])["globex"].cause == "`seats_bought` is 0, and nothing can be divided by it"
    )
    assert asked.fact("plan", ["globex", "acme"])["globex"].cause == "crm.account has told no `Plan` of this account"


def test_clauses_are_asked_of_some_accounts(asked: StoreEvaluator) -> None:
    clauses = trigger(when=[{"fact": "arr", "at_least": 1000}]).when
    wanted = {"acme": Answer.YES, "globex": Answer.NO, "nobody": Answer.CANNOT_TELL}
    assert asked.holds(clauses, ["globex", "acme", "nobody"]) == wanted
    assert holds(asked.everyone, clauses, ["nobody"]) == {"nobody": Answer.CANNOT_TELL}
