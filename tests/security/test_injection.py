"""What accounts and people are called is text wherever it goes: nothing in it is carried out, linked, or drawn."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pytest import CaptureFixture
from simple_salesforce.format import format_soql

from cli.output import as_json, echo, table
from expansion.contract import AccountRef, EventRow, Piece
from expansion.language.model.conditions import Where
from expansion.language.model.template import render
from expansion.steps.links import account_links
from expansion.text.escapes import FORMATS, Escape, no_formula
from expansion.text.harmless import in_log, in_markdown, link_in_markdown, visible
from expansion.usage.forms.cells import as_id
from expansion.usage.import_events import import_rows
from expansion.usage.storage.atoms import atom_of
from expansion.usage.storage.rollup import Column, rollup_sql
from expansion.usage.storage.store import UsageStore
from integrations.slack.inputs import PostMessage
from integrations.slack.message import digests, single
from sandbox.all import STAND_INS
from sandbox.kit.inbox import render_inbox
from sandbox.kit.stand_in import InboxItem
from tests import world
from tests.security.nasty import NASTY

ANY_NAME = st.one_of(st.sampled_from(NASTY), st.text(max_size=60), st.lists(st.sampled_from(NASTY)).map("".join))
_ROOT = Path(__file__).parents[2]


def steers(text: str) -> bool:
    """Whether a terminal would do something else than show it."""
    return any(unicodedata.category(ch) in ("Cc", "Cs") and ch not in "\n\t" for ch in text) or "\u202e" in text


# --- terminals and logs -----------------------------------------------------------------------------------------------


@given(ANY_NAME)
def test_nothing_steers_a_terminal_and_nothing_is_lost(name: str) -> None:
    assert not steers(visible(name))
    assert visible(visible(name)) == visible(name)
    if not steers(name) and not any(
        ch in name for ch in "\u2028\u2029\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069"
    ):
        assert visible(name) == name


@pytest.mark.parametrize("name", NASTY)
def test_commands_print_any_name(name: str, capsys: CaptureFixture[str]) -> None:
    echo(f"seat-limit for {name}")
    table([{"account": name, "worth": "$1"}])
    as_json({"account": name})
    out = capsys.readouterr().out
    assert not steers(out)
    assert json.loads(out[out.rindex("\n{") :]) == {"account": name}


def test_every_command_prints_through_showing() -> None:
    for path in (_ROOT / "cli").glob("*.py"):
        if path.name != "output.py":
            assert not re.search(r"click\.(s?echo|secho)\(|\bprint\(", path.read_text()), path.name


@given(ANY_NAME)
def test_no_name_in_a_log_passes_for_a_record_of_its_own(name: str) -> None:
    lines = in_log(f"paywall fired for {name}").splitlines()
    assert all(line.startswith("    ") for line in lines[1:])


# --- Prefect's pages --------------------------------------------------------------------------------------------------

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_INERT = {"text", "code_inline", "softbreak", "text_special"}


def parts(markdown: str) -> set[str]:
    """The kinds of the inline parts that a cell would be drawn with."""
    page = _MARKDOWN.parse(f"| a | b |\n|---|---|\n| {markdown} | end |")
    cells = [token for token in page if token.type == "inline"]
    assert [cell.content for cell in cells][-1] == "end", "it is one cell"
    assert len(cells) == 4
    return {child.type for child in cells[2].children or []}


@given(ANY_NAME)
def test_a_name_in_markdown_is_text_in_one_cell(name: str) -> None:
    assert parts(in_markdown(name)) <= _INERT | {"em_open", "em_close", "strong_open", "strong_close"}  # by underscores
    assert "://" not in in_markdown(name)
    assert "www." not in in_markdown(name).lower()


def test_the_links_of_steps_are_links_and_nothing_else_is() -> None:
    assert parts(link_in_markdown("done", "https://x.example/a?b=1")) == {"link_open", "text", "link_close"}
    for to in ("javascript:alert(1)", "https://x.example/a b", 'https://x.example/"onclick', "", "data:text/html,x"):
        assert parts(link_in_markdown("done", to)) <= _INERT
    assert link_in_markdown("done", "https://x.example/a)b") == "[done](https://x.example/a%29b)"


# --- texts that go out ------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append(tag)


@given(ANY_NAME)
def test_a_name_in_html_brings_no_tag(name: str) -> None:
    context = {"account": {"name": name}, "reasons": [name], "links": {name: name}}
    text = render("<b>{{ account.name }}</b>{{ reasons }}{{ links }}", context, "html")
    web = re.fullmatch(r"https?://[^\s<>|\"']+", name)
    assert Tags(text).found == ["b", "ul", "li", *(["a"] if web else [])]


@given(ANY_NAME)
def test_a_name_in_slack_mentions_formats_and_links_nothing(name: str) -> None:
    piece = Piece(
        "k" * 64, AccountRef("a", name), PostMessage(channel="c", text="text", title=name), world.AS_OF, "t", "p"
    )
    for message in (single(piece), *digests([piece] * 2)):
        for text in re.findall(r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(message.blocks)):
            said = json.loads(f'"{text}"')
            if said == (name.strip("\n") if len(name) <= 150 else said):
                continue  # a header is plain text: Slack draws it as it is
            assert not re.search(r"<[!@#]|<https?:|<mailto:", said)


@given(ANY_NAME, st.sampled_from(("plain", "mrkdwn", "html")))
def test_a_name_is_never_a_template(name: str, escape: Escape) -> None:
    once = render("{{ account.name }}", {"account": {"name": name}}, escape)
    assert once == FORMATS[escape].escape(name)
    assert "49" not in once or "49" in name


@given(ANY_NAME)
def test_no_field_is_a_formula(name: str) -> None:
    text = no_formula(FORMATS["plain"].escape(name))
    assert not text.startswith(("=", "@", "+", "-")) or re.fullmatch(r"[+-]?\W?[\d.,\s]+\W?", text)


@pytest.mark.parametrize("number", ["-5%", "+12", "-1,000.50", "-$1,200", "0"])
def test_a_number_stays_a_number(number: str) -> None:
    assert no_formula(number) == number


@given(ANY_NAME)
def test_an_id_in_a_link_stays_inside_its_place(name: str) -> None:
    link = account_links(
        {"CRM": "https://crm.example/r/{salesforce}/view"},
        "a",
        {"salesforce": name.encode("utf-8", "replace").decode()},
    )
    assert re.fullmatch(r"https://crm\.example/r/[\w.~%-]*/view", link["CRM"])


@pytest.mark.parametrize("name", NASTY)
def test_the_inbox_shows_any_name_as_text(name: str) -> None:
    plain = Tags(render_inbox([_item("Acme")], STAND_INS)).found
    page = render_inbox([_item(name)], STAND_INS)
    assert [tag for tag in Tags(page).found if tag != "option"] == [tag for tag in plain if tag != "option"]
    assert "onerror=" not in re.sub(r"&[#\w]+;[^<]*", "", page)


def _item(name: str) -> InboxItem:
    return InboxItem("salesforce", "task", name, name, "", world.AS_OF.isoformat(), name, "k", {"Due": name})


# --- queries ----------------------------------------------------------------------------------------------------------


def test_names_in_queries_are_values(tmp_path: Path) -> None:
    """Every name as event, property, value, account and user at once: each is found once, and as itself."""
    store = UsageStore(tmp_path)
    names = [name for name in NASTY if name.strip() and "\x00" not in name]
    rows = [EventRow(f"{n}{name}", name, world.AS_OF, name, name, {name: name}) for n, name in enumerate(names)]
    assert import_rows(store, "mixpanel.export", rows, None).stored == len(names)
    con = store.connect()
    for name in names:
        columns = [Column(atom_of((name,), {name: name})), Column(atom_of((), {name: Where(starts_with=name)}))]
        sql = rollup_sql(store.events_of(store.manifest().segments, [name]) or "", columns, "UTC")
        found = con.execute(sql).fetchall()
        assert [row[1:2] + row[4:] for row in found if row[0] == as_id(name)] == [(as_id(name), 1, 1)]


def test_soql_takes_an_address_as_a_value() -> None:
    """A quote in an owner's address would end the text of the query."""
    asked = format_soql("SELECT Id FROM User WHERE Email IN {}", [*NASTY])
    assert len(re.findall(r"(?<!\\)(?:\\\\)*'", asked)) == 2 * len(NASTY)


# --- what is not written at all ---------------------------------------------------------------------------------------


def test_the_product_writes_no_csv() -> None:
    """A cell that begins with `=` is a formula for whoever opens the file: there is no such file to open."""
    for folder in ("expansion", "integrations", "jobs", "flows", "cli"):
        for path in (_ROOT / folder).rglob("*.py"):
            used = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
            assert not used & {"writer", "DictWriter", "write_csv", "to_csv"}, path
            # PostgreSQL's COPY into a stream of ours is read, and no file.
            assert "FORMAT csv" not in path.read_text().replace("TO STDOUT (FORMAT csv)", ""), path
