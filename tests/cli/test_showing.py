"""Text and tables on a terminal: no word and no link is ever broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.output import shortened, table, wrapped

LINK = "https://crm.example/lightning/r/Task/00T000000000014EAA/view?with=a-long-tail-of-its-own"
ROWS = [
    {"account": "Goldcrest Biotech", "step": "ask-the-owner", "action": "intercom.enrol_in_series", "link": LINK},
    {"account": "Ärzte 東京 GmbH", "step": "tell", "action": "slack.post_message", "link": ""},
]
WORDS = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30)


@pytest.fixture
def wide(monkeypatch):
    return lambda columns: monkeypatch.setenv("COLUMNS", str(columns))


def test_what_does_not_fit_side_by_side_stands_below_each_other(wide, capsys, snapshot):
    wide(80)
    table(ROWS, title="What was done")
    assert capsys.readouterr().out == snapshot


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_a_link_stays_in_one_piece(wide, capsys, columns):
    wide(columns)
    table(ROWS)
    assert LINK in capsys.readouterr().out.split()


def test_in_a_pipe_a_row_is_a_line_as_long_as_it_has_to_be(capsys):
    table([{"a": "x" * 150, "b": "y" * 150}])
    assert capsys.readouterr().out.splitlines()[1] == f"{'x' * 150}  {'y' * 150}"


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(40, 120))
def test_lines_break_between_words_only(words: list[str], width: int) -> None:
    text = " ".join(words)
    lines = wrapped(text, width).split("\n")
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines if line.isascii())


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(1, 60))
def test_what_is_shortened_ends_after_a_whole_word(words: list[str], width: int) -> None:
    text = " ".join(words)
    said = shortened(text, width)
    kept = re.sub(r" …$", "", said)
    assert said == text or said == "" or text.startswith(kept)


def test_what_goes_on_stands_below_where_it_began():
    assert wrapped("    notes: one two three four five six seven eight", 24) == (
        "    notes: one two three\n    four five six seven\n    eight"
    )


@pytest.mark.parametrize("columns", ["", "wide", "10"])
def test_a_width_that_is_none_leaves_lines_whole(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", columns)
    table(ROWS)
    assert len(capsys.readouterr().out.splitlines()) == 3
