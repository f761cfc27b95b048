"""Cases: what was known when, and the short way to write events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.language.check.case_parser import parse_events
from expansion.language.model.case_model import CaseEvent, CaseFacts
from expansion.language.model.values import Span
from tests.language.conftest import Folder

_THREE_DAYS = Span(3, "days")


def test_each_person_did_it_so_many_times() -> None:
    assert parse_events("4 x Paywall Viewed by ana, ben", _THREE_DAYS) == (
        CaseEvent(_THREE_DAYS, 4, "Paywall Viewed", "ana"),
        CaseEvent(_THREE_DAYS, 4, "Paywall Viewed", "ben"),
    )


@pytest.mark.parametrize(
    ("text", "event", "user", "properties"),
    [
        ("1 x Paywall Viewed", "Paywall Viewed", None, {}),
        ("1x Paywall Viewed by ana@acme.example", "Paywall Viewed", "ana@acme.example", {}),
        ("1 x Signed up with SSO by ana", "Signed up with SSO", "ana", {}),
        ("1 x Viewed by page by ana", "Viewed by page", "ana", {}),
        ("1 x Export with rows: 10, share: 2.5", "Export", None, {"rows": 10, "share": 2.5}),
        ("1 x Export by ana with beta: true, plan: pro", "Export", "ana", {"beta": True, "plan": "pro"}),
        ('1 x Export with note: "a, b", id: 007', "Export", None, {"note": "a, b", "id": "007"}),
    ],
)
def test_an_event_may_name_who_did_it_and_its_properties(
    text: str, event: str, user: str | None, properties: dict[str, object]
) -> None:
    assert parse_events(text, None) == (CaseEvent(None, 1, event, user, properties),)


@given(
    st.integers(1, 999_999),
    st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8}){0,2}", fullmatch=True),
    st.lists(st.from_regex(r"[a-z0-9._@-]{1,12}", fullmatch=True), min_size=1, max_size=3),
    st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.integers(-5, 10**9), max_size=3),
)
def test_what_is_written_is_what_is_read(times: int, event: str, users: list[str], properties: dict[str, int]) -> None:
    text = f"{times} x {event} by {', '.join(users)}"
    if properties:
        text += " with " + ", ".join(f"{name}: {value}" for name, value in properties.items())
    assert parse_events(text, None) == tuple(CaseEvent(None, times, event, user, properties) for user in users)


def test_a_moment_may_mix_facts_and_events(folder: Folder) -> None:
    [case] = folder.load().cases["paywall-hits"]
    assert case.facts == (CaseFacts(None, {"arr": 5000}),)
    assert [(event.ago, event.times, event.event, event.user) for event in case.events] == [
        (_THREE_DAYS, 2, "Paywall Viewed", "ana"),
        (_THREE_DAYS, 2, "Paywall Viewed", "ben"),
        (None, 1, "Logged In", "cy"),
    ]
    assert (case.expect, case.because, case.line) == ("fires", "Paywall Viewed", 3)


def test_several_files_may_hold_cases_of_one_trigger(folder: Folder) -> None:
    folder.write("cases/more.yaml", "trigger: seat-limit\ncases:\n  - {title: Nothing known, expect: cannot tell}\n")
    assert [case.title for case in folder.load().cases["seat-limit"]] == [
        "Nothing known",
        "Full, but nobody new in a month",
    ]


def test_a_trigger_without_cases_has_none(folder: Folder) -> None:
    (folder.root / "cases/paywall-hits.yaml").unlink()
    assert folder.load().cases["paywall-hits"] == ()


@pytest.mark.parametrize(
    "value", ['renewal: "2026-03-01"', "renewal: 2026-03-01", "health: 80%", "health: 0.8", "arr: '12.5'",
              "tags: [a, b]", "tags: a; b", "open_expansion_deal: yes", "open_expansion_deal: false", "plan: pro"],
)  # fmt: skip
def test_a_case_gives_values_as_a_source_sends_them(folder: Folder, value: str) -> None:
    folder.change("cases/seat-limit.yaml", "{seats_bought: 50, seats_used: 50}", f"{{{value}}}").load()


@pytest.mark.parametrize("value", ["renewal: soon", "health: most", "tags: [3]", "open_expansion_deal: 7", "plan: 7"])
def test_a_value_that_no_source_would_send_for_that_kind_is_a_mistake(folder: Folder, value: str) -> None:
    folder.change("cases/seat-limit.yaml", "{seats_bought: 50, seats_used: 50}", f"{{{value}}}")
    [mistake] = folder.mistakes()
    assert "does not fit" in mistake.message


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[sso, audit]", ["sso", "audit"]),
        ('["sso", "audit, yearly"]', ["sso", "audit, yearly"]),
        ("[1, 2.5, true]", [1, 2.5, True]),
        ("[]", []),
    ],
)
def test_a_property_may_be_a_list_as_in_yaml(written: str, read: list[object]) -> None:
    [event] = parse_events(f"1 x Plan Viewed by ana with features: {written}, rows: 3", None)
    assert event.properties == {"features": read, "rows": 3}


def test_a_fact_about_people_is_given_person_by_person(folder: Folder) -> None:
    entry = "{title: An admin, now: {role: {ana: admin, ben: member}}, expect: stays quiet, because: role}"
    folder.write("cases/trial-path.yaml", f"trigger: trial-path\ncases:\n  - {entry}\n")
    [case] = folder.load().cases["trial-path"]
    assert case.facts == (CaseFacts(None, {"role": "admin"}, "ana"), CaseFacts(None, {"role": "member"}, "ben"))


def test_the_reason_may_be_a_trigger_or_a_step(folder: Folder) -> None:
    text = "trigger: {}\ncases:\n  - {{title: x, expect: cannot tell, because: {}}}\n"
    folder.write("cases/habit.yaml", text.format("habit", "seat-limit")).load()
    folder.write("cases/trial-path.yaml", text.format("trial-path", "Plan Upgraded")).load()


def test_the_reason_may_be_what_a_ratio_is_made_of(folder: Folder) -> None:
    folder.change("cases/seat-limit.yaml", "because: seats_used", "because: paying-accounts").load()
    folder.change("cases/seat-limit.yaml", "because: paying-accounts", "because: seats_bought").load()
