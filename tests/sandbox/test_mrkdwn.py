"""Slack's text as HTML: what Slack would format is formatted, and nothing gets out of its quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.mrkdwn import blocks_to_html, first_lines, plain, to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* and _soft_ and ~gone~", "<strong>bold</strong> and <em>soft</em> and <del>gone</del>"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("*<https://a.example|Acme & Co>*", None),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("```\nx *y*\n```", "<pre>x *y*</pre>"),
        ("> said\n> twice", "<blockquote>said<br>twice</blockquote>"),
        ("• one\n• two", "<ul><li>one</li><li>two</li></ul>"),
        ("- not a list", "- not a list"),
        ("a\nb", "a<br>b"),
        ("<@U1|dana> <#C1|sales> <!here>", None),
        (":rocket: :no_such_thing:", "🚀 :no_such_thing:"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("*Acme &amp; Sons* grew", "<strong>Acme &amp; Sons</strong> grew"),
    ],
)
def test_text_is_formatted_as_slack_does(text: str, html: str | None) -> None:
    assert html is None or to_html(text) == html


def test_links_people_and_channels() -> None:
    assert to_html("*<https://a.example/?x=1&amp;y=2|Acme>*") == (
        '<strong><a href="https://a.example/?x=1&amp;y=2" rel="noreferrer noopener" target="_blank">Acme</a></strong>'
    )
    assert 'href="https://b.example/path"' in to_html("see https://b.example/path now")
    assert ">@dana<" in to_html("<@U1|dana>")
    assert ">#sales<" in to_html("<#C1|sales>")
    assert ">@here<" in to_html("<!here>")
    assert ">2 Dec<" in to_html("<!date^1795371915^{date}|2 Dec>")


@given(st.text(alphabet="<>\"'&*_~`|:/ab\n\ue000\ue0011", max_size=60))
def test_no_text_makes_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    html = to_html(f"x{text}")
    for part in html.split("<")[1:]:
        name = part.split(">")[0].strip("/").split(" ")[0]
        assert name in {"strong", "em", "del", "code", "pre", "br", "blockquote", "ul", "li", "a", "span"}
        assert part.count('"') in (0, 2, 6), "quotes stand round our own attributes alone"


def test_blocks_are_laid_out() -> None:
    html = blocks_to_html(
        [
            {"type": "header", "text": {"type": "plain_text", "text": "Seats <b> :rocket:"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "*Acme*"},
                "fields": [{"type": "mrkdwn", "text": "a"}],
            },
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "seat-limit"}]},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Snooze"}}]},
            {"type": "video"},
        ]
    )
    for part in ("Seats &lt;b&gt; 🚀", "<strong>Acme</strong>", "<hr>", "seat-limit", ">Snooze<"):
        assert part in html


def test_a_message_is_called_by_its_header_or_its_first_line() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*<https://a.example|Acme>* grew\nmore"}}
    assert next(first_lines([], "*Acme &amp; Co* grew\nmore")) == "Acme & Co grew"
    assert list(first_lines([section], "")) == ["", "Acme grew"]
    assert plain("`code` _x_") == "code x"
