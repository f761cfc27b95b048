"""An action's inputs for one account."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import Field, StringConstraints

from expansion.fields import DueDate, FieldValue, HtmlText, Inputs, MrkdwnText, Owner, People, PlainText
from expansion.language.model.template import TemplateError
from expansion.steps.fill import Filling, Unresolved, fill
from tests.decide.fakes import FakeEvaluator, policy

HOSTILE = "<!channel> *Acme* & <script>{{ 7*7 }}</script>"


def filling(evaluator: FakeEvaluator | None = None, **changes: Any) -> Filling:
    context = {"account": {"id": "a", "name": "Acme", "owner": "dana@acme.example", "value": "$1"}, "reasons": ["one"]}
    parts: dict[str, Any] = {
        "account_id": "a",
        "context": context,
        "owner": "dana@acme.example",
        "people": ("u1", "u2"),
        "start": date(2026, 3, 6),
        "policy": policy(),
        "evaluator": evaluator or FakeEvaluator(),
    }
    return Filling(**(parts | changes))


class Line(Inputs):
    label: PlainText
    value: MrkdwnText | None = None


class Everything(Inputs):
    owner: Owner = "account owner"
    due: DueDate = "in 2 working days"
    subject: Annotated[PlainText, Field(max_length=20)] = "About {{ account.name }}"
    short: Annotated[PlainText, StringConstraints(max_length=8)] | None = None
    html: HtmlText | None = None
    fields: dict[str, PlainText] = Field(default_factory=dict)
    lines: list[Line] = Field(default_factory=list)
    flags: dict[str, PlainText | bool | None] = Field(default_factory=dict)
    either: list[PlainText] | PlainText | None = None
    untouched: str = "{{ account.name }}"
    anything: dict[str, Any] | None = None
    people_: People | None = Field(None, alias="people")


def filled(evaluator: FakeEvaluator | None = None, **raw: Any) -> dict[str, Any]:
    return fill(Everything, raw, filling(evaluator))


def test_defaults_are_resolved_like_what_is_written() -> None:
    found = filled()
    assert (found["owner"], found["due"], found["subject"]) == ("dana@acme.example", "2026-03-10", "About Acme")


def test_an_address_and_a_date_stay_as_written() -> None:
    found = filled(owner="sam@acme.example", due="2026-12-24")
    assert (found["owner"], found["due"]) == ("sam@acme.example", "2026-12-24")


def test_templates_are_found_wherever_the_type_marks_them() -> None:
    found = filled(
        fields={"Next_Step__c": "Call {{ account.name }}"},
        lines=[{"label": "{{ account.name }}", "value": "{{ account.name }}"}, {"label": "plain"}],
        either=["{{ account.name }}"],
        anything={"{{ x }}": ["{{ account.name }}"]},
    )
    assert found["fields"] == {"Next_Step__c": "Call Acme"}
    assert found["lines"] == [{"label": "Acme", "value": "Acme"}, {"label": "plain", "value": None}]
    assert found["either"] == ["Acme"]
    assert found["untouched"] == "{{ account.name }}"
    assert found["anything"] == {"{{ x }}": ["{{ account.name }}"]}
    assert filled(either="{{ account.name }}")["either"] == "Acme"


def test_a_yes_stays_a_yes_where_the_type_knows_it() -> None:
    flags = {"Is_Hot__c": True, "Gone__c": None, "Name": "{{ account.name }}", "Count": 4}
    assert filled(flags=flags)["flags"] == {"Is_Hot__c": True, "Gone__c": None, "Name": "Acme", "Count": "4"}


def test_a_number_where_text_is_meant_is_text() -> None:
    assert filled(subject=42)["subject"] == "42"


def test_a_long_text_is_shortened_where_the_model_has_a_limit() -> None:
    found = filled(subject="{{ account.name }} is nearly out of seats", short="{{ account.name }} grows and grows")
    assert found["subject"] == "Acme is nearly out…"
    assert found["short"] == "Acme…"


def test_data_never_becomes_a_template_a_mention_or_markup() -> None:
    hostile = filling(context={"account": {"name": HOSTILE}})
    raw = {
        "subject": "{{ account.name }}",
        "html": "<b>{{ account.name }}</b>",
        "lines": [{"label": "x", "value": "{{ account.name }}"}],
    }
    found = fill(Everything, raw, hostile)
    assert "{{ 7*7 }}" in found["html"]
    assert "49" not in str(found)
    assert "<script>" not in found["html"] and found["html"].startswith("<b>&lt;!channel&gt;")
    mrkdwn = found["lines"][0]["value"]
    assert "<" not in mrkdwn and "*" not in mrkdwn.replace("7*7", "") and "&amp;" in mrkdwn


def test_a_name_that_templates_do_not_know_is_an_error_not_an_empty_text() -> None:
    with pytest.raises(TemplateError):
        filled(subject="{{ account.nam }}")


def test_people_of_a_group() -> None:
    evaluator = FakeEvaluator(groups={("admins", "a"): [{"user_id": "u1", "email": "u1@x.example", "name": None}]})
    assert filled(evaluator, people="admins")["people"] == [{"user_id": "u1", "email": "u1@x.example", "name": None}]


def test_the_people_involved_are_those_of_the_evidence() -> None:
    evaluator = FakeEvaluator(names={"u1": "Una"}, emails={"u2": "u2@x.example"})
    assert filled(evaluator, people="involved")["people"] == [
        {"user_id": "u1", "email": None, "name": "Una"},
        {"user_id": "u2", "email": "u2@x.example", "name": None},
    ]


def test_people_that_are_given_stay() -> None:
    given = [{"user_id": "u9", "email": None, "name": None}]
    assert filled(people=given)["people"] == given


@pytest.mark.parametrize("group", ["admins", "involved"])
def test_nobody_is_a_reason_not_to_act(group: str) -> None:
    with pytest.raises(Unresolved, match=f"no people in `{group}` are known for this account"):
        fill(Everything, {"people": group}, filling(people=()))


def test_a_due_date_that_cannot_be_is_a_reason_too() -> None:
    with pytest.raises(Unresolved, match="more than ten years away"):
        filled(due="in 99999 days")


class Strictly(Inputs):
    code: Annotated[PlainText, StringConstraints(pattern="^[A-Z]+$")]


def test_what_no_longer_fits_once_filled_names_the_field_and_shows_no_value() -> None:
    with pytest.raises(Unresolved, match="`code` does not fit once filled in") as caught:
        fill(Strictly, {"code": "{{ account.owner }}"}, filling())
    assert "dana" not in str(caught.value)


# --- values for machines ----------------------------------------------------------------------------------------------


class Typed(Inputs):
    fields: dict[str, FieldValue] = Field(default_factory=dict)
    amount: FieldValue = None


VALUES = {
    "facts.seats": 1500,
    "facts.usage": "93.75%",
    "facts.trial": False,
    "facts.features": ["sso", "audit"],
    "facts.late": None,
    "worth": 3600,
    "fired_on": "2026-03-07",
}
TEXTS = {
    "account": {"id": "a", "name": "=1+1", "owner": "dana@acme.example", "value": "$1"},
    "facts": {"seats": "1,500", "usage": "93.75%", "trial": "no", "features": "sso, audit", "late": "unknown"},
    "worth": "$3,600",
    "fired_on": "7 March 2026",
}


def typed(**raw: Any) -> dict[str, Any]:
    return fill(Typed, raw, filling(context=TEXTS, values=VALUES))


@pytest.mark.parametrize(
    ("written", "arrives"),
    [
        ("{{ facts.seats }}", 1500),
        (" {{facts.seats}} ", 1500),
        ('{{ facts["seats"] }}', 1500),
        ("{{ facts.usage }}", "93.75%"),
        ("{{ facts.trial }}", False),
        ("{{ facts.features }}", ["sso", "audit"]),
        ("{{ worth }}", 3600),
        ("{{ fired_on }}", "2026-03-07"),
        ('{{ facts.late | default("0") }}', "0"),
        ('{{ facts.seats | default("0") }}', 1500),
        ("{{ facts.seats }} seats", "1,500 seats"),
        ("Worth {{ worth }}", "Worth $3,600"),
        ("{{ facts.seats }}{{ facts.seats }}", "1,5001,500"),
        ("{{ account.name }}", "'=1+1"),
        ("plain", "plain"),
        (42, 42),
        (True, True),
        (2.5, 2.5),
        (date(2026, 3, 7), "2026-03-07"),
    ],
)
def test_what_stands_alone_is_the_value_and_all_else_is_text(written: Any, arrives: Any) -> None:
    found = typed(fields={"X": written})["fields"]["X"]
    assert (found, type(found)) == (arrives, type(arrives))


def test_a_value_that_is_not_known_leaves_its_field_alone() -> None:
    assert typed(fields={"A": "{{ facts.late }}", "B": "{{ facts.seats }}"})["fields"] == {"B": 1500}
    assert typed(fields={"A": None, "B": "late: {{ facts.late }}"})["fields"] == {"A": None, "B": "late: unknown"}
    assert typed(amount="{{ facts.late }}")["amount"] is None
    assert typed(amount="{{ worth }}")["amount"] == 3600


def test_a_step_that_would_set_nothing_says_what_is_not_known() -> None:
    with pytest.raises(Unresolved) as caught:
        typed(fields={"A": "{{ facts.late }}"})
    assert str(caught.value) == "there is nothing to set: `{{ facts.late }}` is not known"
