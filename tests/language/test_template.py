"""Templates fill text, and nothing that is put in can do harm."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.language.model.template import TemplateError, check_names, facts_named, render, template_names
from expansion.text.escapes import Escape

_FACTS = ["arr", "seats_used", "seat-usage", "items"]
_CONTEXT: dict[str, Any] = {
    "account": {"id": "a1", "name": "*Acme* & <Sons>", "value": "$120,000", "owner": "unknown"},
    "facts": {"arr": "$120,000", "seats_used": "46", "seat-usage": "92%", "items": "5"},
    "reasons": ["seat_usage is at least 80%: 92%", "more <b>seats</b>"],
    "people": ["ana", "ben"],
    "people_count": 2,
    "worth": "$1,234.56",
    "links": {"Salesforce": "https://x.example/a?b=1&c=2", "Note": "javascript:alert(1)"},
}


@pytest.mark.parametrize(
    ("escape", "name"),
    [
        ("plain", "*Acme* & <Sons>"),
        ("mrkdwn", "∗Acme∗ &amp; &lt;Sons&gt;"),
        ("html", "*Acme* &amp; &lt;Sons&gt;"),
    ],
)
def test_what_is_put_in_is_made_harmless_and_the_text_itself_stays(escape: Escape, name: str) -> None:
    assert render("*{{ account.name }}* <ok> & more", _CONTEXT, escape) == f"*{name}* <ok> & more"


@pytest.mark.parametrize(
    ("escape", "text"),
    [
        ("plain", "• seat_usage is at least 80%: 92%\n• more <b>seats</b>"),
        ("mrkdwn", "• seat_usage is at least 80%: 92%\n• more &lt;b&gt;seats&lt;/b&gt;"),
        ("html", "<ul><li>seat_usage is at least 80%: 92%</li><li>more &lt;b&gt;seats&lt;/b&gt;</li></ul>"),
    ],
)
def test_reasons_become_a_list(escape: Escape, text: str) -> None:
    assert render("{{ reasons }}", _CONTEXT, escape) == text


def test_no_reasons_leave_no_empty_list() -> None:
    assert render("{{ reasons }}", {"reasons": []}, "html") == ""
    assert render("{{ reasons }}", {"reasons": "one\ntwo"}, "plain") == "• one\n• two"


@pytest.mark.parametrize(
    ("escape", "text"),
    [
        ("plain", "Salesforce: https://x.example/a?b=1&c=2\nNote: javascript:alert(1)"),
        ("mrkdwn", "<https://x.example/a?b=1&amp;c=2|Salesforce>\nNote: javascript:alert(1)"),
        ("html", '<a href="https://x.example/a?b=1&amp;c=2">Salesforce</a><br>Note: javascript:alert(1)'),
    ],
)
def test_links_become_links_only_where_they_lead_to_the_web(escape: Escape, text: str) -> None:
    assert render("{{ links }}", _CONTEXT, escape) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ people }} ({{ people_count }})", "ana, ben (2)"),
        ('{{ people | join(" and ") }}', "ana and ben"),
        ("{{ people | first | upper }}", "ANA"),
        ("{{ people | title }}", "Ana, Ben"),
        ("{{ reasons | first }}", "seat_usage is at least 80%: 92%"),
        ("{{ reasons | upper }}", "• SEAT_USAGE IS AT LEAST 80%: 92%\n• MORE <B>SEATS</B>"),
        ("{{ worth | round }}", "$1,235"),
        ("{{ worth | round(1) }}", "$1,234.6"),
        ("{{ worth | number }}", "1234.56"),
        ("{{ worth | round | number }}", "1235"),
        ("{{ people | number }}", "ana, ben"),
        ("{{ worth | lower | first | join }}", "$1,234.56"),
        ('{{ account.owner | default("nobody") }}', "nobody"),
        ('{{ account.value | default("nothing") }}', "$120,000"),
        ("{{ facts.items }} {{ facts['seat-usage'] }}", "5 92%"),
        ("no braces", "no braces"),
    ],
)
def test_filters_and_names(template: str, text: str) -> None:
    assert check_names(template, _FACTS) == []
    assert render(template, _CONTEXT, "plain") == text


def test_an_empty_list_has_no_first() -> None:
    assert render("{{ people | first }}", {"people": []}, "plain") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<!channel> hi", "&lt;!channel&gt; hi"),
        ("<@U123>", "&lt;@U123&gt;"),
        ("<https://evil.example|bank>", "&lt;https://evil.example|bank&gt;"),
        ("Acme\n> quoted", "Acme &gt; quoted"),
        ("`code` ~gone~ _it_ snake_case", "ˋcodeˋ ∼gone∼ ˍitˍ snake_case"),
        ("A\u202ecme\x00\x1b[31m", "Acme [31m"),
    ],
)
def test_slack_sees_no_control_sequence_in_a_value(value: str, shown: str) -> None:
    assert render("{{ account.name }}", {"account": {"name": value}}, "mrkdwn") == shown


@given(st.text())
def test_any_value_is_one_harmless_line(value: str) -> None:
    context = {"account": {"name": value}}
    for escape in ("plain", "mrkdwn", "html"):
        text = render("{{ account.name }}", context, escape)
        assert len(text.splitlines()) <= 1
        if escape != "plain":
            assert "<" not in text and ">" not in text
    assert "*" not in render("{{ account.name }}", context, "mrkdwn")
    plain = render("{{ account.name }}", context, "plain")
    assert html.unescape(render("{{ account.name }}", context, "html")) == plain


@pytest.mark.parametrize(
    "template", ["{{ nope }}", "{{ account.nope }}", "{{ account.__class__ }}", "{% if %}", "{{ a"]
)
def test_what_cannot_be_filled_is_an_error_of_ours(template: str) -> None:
    with pytest.raises(TemplateError, match="cannot be filled"):
        render(template, _CONTEXT, "plain")


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{ accout.name }}", "`accout.name` is not a name that templates know", "did you mean `account.name`?"),
        ("{{ account.arr }}", "`account.arr` is not a name that templates know", "did you mean `facts.arr`?"),
        ("{{ facts.__class__ }}", "`facts.__class__` is not a name that templates know", None),
        ("{{ account.name.upper }}", "`account.name.upper` is not a name that templates know", None),
        ("{{ facts }}", "`facts` has several parts", None),
        ("{{ facts.seat-usage }}", "templates only fill text: no sums, comparisons or calls",
         'a fact with a dash is written  {{ facts["seat-usage"] }}'),
        ("{{ account.name() }}", "templates only fill text: no sums, comparisons or calls", None),
        ("{{ account[0] }}", "templates only fill text: no sums, comparisons or calls", None),
        ("{{ range(9) | join }}", "templates only fill text: no sums, comparisons or calls", None),
        ("{% for x in y %}{% endfor %}", "templates only fill text", None),
        ("{# note #}", "templates only fill text", None),
        ("{{ }}", "this template cannot be read", None),
        ("{{ account.name", "this template cannot be read", None),
        ("{{" + "(" * 5000 + "}}", "this template cannot be read", None),
        ("{{ " + "9" * 6000 + " }}", "this template cannot be read", None),
        ("{ account.name }", "`{ account.name }` is not filled in", None),
        ("{{ account.name | uper }}", "`uper` is not a filter that templates know", "did you mean `upper`?"),
        ("{{ worth | round('a') }}", "`round` is not used like that", None),
        ("{{ worth | round(true) }}", "`round` is not used like that", None),
        ("{{ worth | upper(1) }}", "`upper` is not used like that", None),
        ("{{ people | join(d=1) }}", "`join` is not used like that", None),
    ],
)  # fmt: skip
def test_a_wrong_name_is_found_without_filling(template: str, message: str, hint: str | None) -> None:
    [problem] = check_names(template, _FACTS)
    assert problem.message == message
    assert problem.hint
    assert hint is None or problem.hint == hint
    assert problem.text in template and 0 <= problem.offset < max(1, len(problem.text))


@pytest.mark.parametrize("text", ["a { b } c", "{} {x}", "}} done", "{account}s", "50% {", "css {color: red}"])
def test_single_braces_in_prose_are_left_alone(text: str) -> None:
    assert check_names(text, _FACTS) == [] or text == "{account}s"


@given(st.text(alphabet="{}%#|.()[]\"' \nabcfacts_account.name-+9", max_size=40))
def test_what_passes_the_check_can_be_filled(text: str) -> None:
    facts = ["a", "b"]
    context = {name.partition(".")[0]: "x" for name in template_names(facts)}
    context |= {"account": dict.fromkeys(("id", "name", "value", "owner"), "x"), "facts": {"a": "1", "b": "2"}}
    if not check_names(text, facts):
        render(text, context, "mrkdwn")


def test_the_facts_a_text_names_are_known() -> None:
    assert facts_named("{{ facts.arr | round }} {{ facts['seat-usage'] }} {{ account.name }} facts.x") == {
        "arr",
        "seat-usage",
    }
    assert facts_named("nothing") == frozenset()
