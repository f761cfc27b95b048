"""Slack's mrkdwn as the two forms of an e-mail: plain text, and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby

from expansion.text.mrkdwn import BOLD, with_links

_ITALIC = re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_BULLET = re.compile(r"^\s*•\s*")


def plain(mrkdwn: str) -> str:
    """For who reads without HTML: a link shows where it leads, and no sign of the formatting is left."""
    shown = with_links(mrkdwn, lambda text: _unmarked(unescape(text)), _shown)
    return "\n".join(_BULLET.sub("- ", line) for line in shown.split("\n"))


def html(mrkdwn: str) -> str:
    """With nothing in it that the text does not say: what looks like a tag is text."""
    made = with_links(mrkdwn, lambda text: _marked(_safe(text)), _linked)
    return "".join(_blocks(made.split("\n")))


def one_line(mrkdwn: str) -> str:
    """For a table's cell in plain text."""
    return " ".join(plain(mrkdwn).split())


def _unmarked(text: str) -> str:
    return _ITALIC.sub(r"\1", BOLD.sub(r"\1", text))


def _marked(text: str) -> str:
    return _ITALIC.sub(r"<em>\1</em>", BOLD.sub(r"<strong>\1</strong>", text))


def _safe(text: str) -> str:
    return escape(unescape(text))


def _shown(label: str, to: str) -> str:
    label, to = unescape(label), unescape(to)
    return to if label == to else f"{label}: {to}"


def _linked(label: str, to: str) -> str:
    return f'<a href="{_safe(to)}">{_safe(label)}</a>'


def _blocks(lines: list[str]) -> Iterator[str]:
    """Lists and paragraphs; an empty line ends one."""
    for kind, together in groupby(lines, lambda line: "list" if _BULLET.match(line) else "text" if line else ""):
        if kind == "list":
            yield f"<ul>{''.join(map(_item, together))}</ul>"
        elif kind:
            yield f"<p>{'<br>'.join(together)}</p>"


def _item(line: str) -> str:
    return f"<li>{_BULLET.sub('', line)}</li>"
