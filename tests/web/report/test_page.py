"""The report's page: whole by itself, safe, readable by everybody."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, date, datetime
from fractions import Fraction
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from jobs.reporting.content import (
    Axis,
    Bar,
    Bars,
    Column,
    Columns,
    Figure,
    Lines,
    Plot,
    Point,
    Report,
    Section,
    Series,
    Table,
)
from web.report.page import page

NASTY = "<script>alert(1)</script>\"'&\x1b[31m"
MADE = datetime(2026, 3, 2, 12, tzinfo=UTC)
BARS = Bars(("fired", "acted on"), (Bar("seat-limit", (12, 9), "12 → 9"), Bar("paywall", (4, 0), "4 → 0")), within=True)
COLUMNS = Columns(("acted on", "not acted on"), (date(2026, 2, 23), date(2026, 3, 2)), ((5, 2), (0, 0)))
LINES = Lines(
    Axis("threshold", "share"),
    Axis("share of accounts", "share"),
    (
        Series("precision", (Point(0.6, 0.2, 0.1, 0.3), Point(0.8, 0.4, 0.2, 0.6))),
        Series("recall", (Point(0.6, 0.8), Point(0.8, 0.4))),
    ),
    marked=0.8,
    marked_as="today: 80%",
)
TABLE = Table(
    (Column("trigger", numbers=False), Column("fired"), Column("share")), (("seat-limit", 12, Fraction(3, 4)),)
)


def report(*sections: Section) -> Report:
    return Report(datetime(2025, 12, 1, tzinfo=UTC), MADE, "Europe/London", sections)


def a_section(plot: Plot | None = None, text: str = "seat-limit", **rest: str) -> Section:
    table = Table((Column(text, numbers=False), Column("fired")), ((text, 12),))
    return Section("one", text, (f"{text} and `{text}`",), (Figure(text, table, plot, text),), **rest)


WHOLE = report(
    Section(
        "headline", "In one sentence", ("12 of 14 firings acted on.",), (Figure("Weeks", TABLE, COLUMNS, "A note."),)
    ),
    Section("funnel", "From asked to done", ("So far: `expansion run`.",), (Figure("How far", TABLE, BARS),)),
    Section("curves", "Thresholds", (), (Figure("Curve", TABLE, LINES), Figure("A table alone", TABLE))),
    Section("reasons", "What sellers say", missing="Nobody has said; `buttons: true` asks."),
)


class Page(HTMLParser):
    """Words, elements with their attributes, and what lies in what."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "elements are closed in their order"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_words_of_the_page(snapshot) -> None:
    assert "\n".join(Page(page(WHOLE, MADE)).words) == snapshot


def test_the_page_is_whole_every_element_closed_every_id_once() -> None:
    found = Page(page(WHOLE, MADE))
    assert found.open == []
    ids = [one["id"] for _, one in found.elements if "id" in one]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_and_every_link_leads_within_the_page() -> None:
    html = page(WHOLE, MADE)
    found = Page(html)
    ids = {one["id"] for _, one in found.elements if "id" in one}
    assert {name for name, _ in found.elements} & {"script", "link", "img", "iframe", "object", "form"} == set()
    for _, attributes in found.elements:
        assert set(attributes) & {"src", "srcset", "style", "onclick", "xlink:href"} == set()
        if "href" in attributes:
            assert str(attributes["href"])[0] == "#"
            assert str(attributes["href"])[1:] in ids
    assert "http" not in re.sub(r"http-equiv", "", html)
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_allows_this_style_by_its_hash_and_nothing_else() -> None:
    html = page(WHOLE, MADE)
    (policy,) = [one["content"] for one in Page(html).all("meta") if one.get("http-equiv")]
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize(
    "plot",
    [
        None,
        Bars((NASTY, NASTY), (Bar(NASTY, (2, 1), NASTY),)),
        Columns((NASTY, NASTY), (date(2026, 3, 2),), ((2, 1),)),
        Lines(Axis(NASTY, "number"), Axis(NASTY, "count"), (Series(NASTY, (Point(1, 2),)),), marked=1, marked_as=NASTY),
    ],
)
def test_whatever_stands_in_it_stays_text(plot) -> None:
    html = page(report(a_section(plot, NASTY, missing=NASTY)), MADE)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert Page(html).open == []


def test_nothing_steers_whoever_reads_the_source() -> None:
    assert "\x1b" not in page(report(a_section(None, NASTY)), MADE)


def test_headings_go_down_one_step_at_a_time_and_each_section_is_named() -> None:
    found = Page(page(WHOLE, MADE))
    assert [name for name, _ in found.elements if re.fullmatch(r"h\d", name)] == ["h1", "h2", "h2", "h2", "h2"]
    assert [one["aria-labelledby"] for one in found.all("section")] == [
        f"{one.id}-title" for one in WHOLE.sections
    ]  # fmt: skip
    assert len(found.all("main")) == 1
    assert found.all("html")[0]["lang"] == "en"


def test_each_picture_is_for_the_eye_and_has_its_table_beside_it() -> None:
    html = page(WHOLE, MADE)
    for figure in re.findall(r"<figure.*?</figure>", html, re.DOTALL):
        assert figure.count("<table") == 1
        drawn = re.findall(r"<(?:svg class=\"(?:field)|ul)[^>]*>", figure)
        assert all('aria-hidden="true"' in one for one in drawn), "whoever hears the page hears the table"
        heads = re.findall(r"<th ([^>]*)>", figure)
        assert heads
        assert all('scope="col"' in one or 'scope="row"' in one for one in heads)


def test_by_keyboard_one_comes_past_the_menu_first_then_by_each_table() -> None:
    reached = [one for _, one in Page(page(WHOLE, MADE)).elements if "href" in one or one.get("tabindex") == "0"]
    assert reached[0]["href"] == "#main"
    assert [one["href"] for one in reached[1:5]] == ["#headline", "#funnel", "#curves", "#reasons"]
    assert all(one.get("role") == "region" and one.get("aria-labelledby") for one in reached[5:])
    assert not re.search(r'tabindex="[1-9]', page(WHOLE, MADE)), "the order is that of the page"


def test_the_same_report_is_the_same_page() -> None:
    assert page(WHOLE, MADE) == page(WHOLE, MADE)
