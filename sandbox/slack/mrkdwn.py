"""Renders Slack's mrkdwn and blocks as HTML, the way a channel would show them.

What comes in was written by anyone; what goes out is safe: everything is escaped, and only web and mail links stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

# https://docs.slack.dev/messaging/formatting-message-text
_CODE_BLOCK = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<([^<>\n]+)>")
_BARE_LINK = re.compile(r"https?://[^\s<>|\ue000\ue001]+")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_TOKEN = re.compile("\ue000(\\d+)\ue001")
_MARKS = [
    (
        re.compile(
            rf"(?<![\w{sign}]){re.escape(sign)}(?=[^\s{sign}])([^\n]*?[^\s{sign}]){re.escape(sign)}(?![\w{sign}])"
        ),
        tag,
    )
    for sign, tag in (("*", "strong"), ("_", "em"), ("~", "del"))
]
_EMOJIS = {
    "bell": "🔔", "rocket": "🚀", "warning": "⚠️", "white_check_mark": "✅", "moneybag": "💰", "tada": "🎉",
    "chart_with_upwards_trend": "📈", "bulb": "💡", "eyes": "👀", "seedling": "🌱", "busts_in_silhouette": "👥",
    "point_right": "👉", "wave": "👋", "fire": "🔥", "calendar": "📅", "mag": "🔍", "star": "⭐", "lock": "🔒",
}  # fmt: skip


def to_html(text: str) -> str:
    """A mrkdwn text as HTML."""
    text = text.replace("\ue000", "").replace("\ue001", "")  # used below to mark what is finished
    parts = _CODE_BLOCK.split(text)
    return "".join(f"<pre>{_plain(part)}</pre>" if i % 2 else _lines(part) for i, part in enumerate(parts))


def plain(text: str) -> str:
    """The words of a mrkdwn text, without its marks: for a title."""
    text = _ANGLE.sub(lambda m: m[1].partition("|")[2] or m[1], text)
    return html.unescape(re.sub(r"[*_~`]", "", text)).strip()


def blocks_to_html(blocks: list[dict[str, Any]]) -> str:
    return "".join(_block(block) for block in blocks)


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "header":
            return f'<h4 class="slack-header">{_text(block.get("text"))}</h4>'
        case "section":
            fields = "".join(f"<div>{_text(field)}</div>" for field in block.get("fields", []))
            grid = f'<div class="slack-fields">{fields}</div>' if fields else ""
            return f'<div class="slack-section">{_text(block.get("text"))}</div>{grid}'
        case "context":
            elements = "".join(f"<span>{_text(element)}</span>" for element in block.get("elements", []))
            return f'<div class="slack-context">{elements}</div>'
        case "divider":
            return "<hr>"
        case "actions":
            names = (_text(e.get("text") or e.get("placeholder")) for e in block.get("elements", []))
            buttons = (f'<span class="slack-button">{name}</span>' for name in names)
            return f'<div class="slack-actions">{"".join(buttons)}</div>'
        case _:
            return ""


def _text(text: dict[str, Any] | None) -> str:
    if not text:
        return ""
    if text.get("type") == "mrkdwn":
        return to_html(text.get("text", ""))
    return _emoji(html.escape(text.get("text", text.get("alt_text", ""))))


def _lines(text: str) -> str:
    return "".join(_run(kind, list(lines)) for kind, lines in groupby(text.strip("\n").split("\n"), key=_kind))


def _kind(line: str) -> str:
    if line.startswith((">", "&gt;")):
        return "quote"
    return "list" if line.lstrip().startswith("• ") else "text"


def _run(kind: str, lines: list[str]) -> str:
    if kind == "quote":
        return f"<blockquote>{'<br>'.join(_inline(re.sub(r'^(>|&gt;) ?', '', line)) for line in lines)}</blockquote>"
    if kind == "list":
        return f"<ul>{''.join(f'<li>{_inline(line.lstrip()[2:])}</li>' for line in lines)}</ul>"
    return "<br>".join(_inline(line) for line in lines)


def _inline(text: str) -> str:
    """Code and links are set aside first, so that a `*` inside them stays a `*`."""
    done: list[str] = []

    def aside(fragment: str) -> str:
        done.append(fragment)
        return f"\ue000{len(done) - 1}\ue001"

    text = _CODE.sub(lambda m: aside(f"<code>{_plain(m[1])}</code>"), text)
    text = _ANGLE.sub(lambda m: aside(_reference(m[1])), text)
    text = _BARE_LINK.sub(lambda m: aside(_link(m[0], m[0])), text)
    text = _plain(text)
    for mark, tag in _MARKS:
        text = mark.sub(rf"<{tag}>\1</{tag}>", text)
    text = _emoji(text)
    while _TOKEN.search(text):  # a link may stand inside another fragment
        text = _TOKEN.sub(lambda m: done[int(m[1])], text)
    return text


def _reference(inside: str) -> str:
    """What stands in `<…>`: a link, a person, a channel, a date."""
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f'<span class="slack-mention">@{_plain(label or target[1:])}</span>'
    if target.startswith("#"):
        return f'<span class="slack-mention">#{_plain(label or target[1:])}</span>'
    if target.startswith("!"):
        return f'<span class="slack-mention">{_plain(label or "@" + target[1:].split("^")[0])}</span>'
    return _link(target, label or target)


def _link(target: str, label: str) -> str:
    if not target.startswith(("https://", "http://", "mailto:")):
        return _plain(f"<{target}|{label}>" if label != target else f"<{target}>")
    return f'<a href="{_plain(target)}" rel="noreferrer noopener" target="_blank">{_plain(label)}</a>'


def _plain(text: str) -> str:
    """Slack escapes three characters; browsers want five."""
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _emoji(text: str) -> str:
    return _EMOJI.sub(lambda m: _EMOJIS.get(m[1], m[0]), text)


def first_lines(blocks: list[dict[str, Any]], text: str) -> Iterator[str]:
    """Candidates for a message's title: its header, then its own text, then its sections."""
    yield from (block["text"]["text"] for block in blocks if block.get("type") == "header")
    yield plain(text.split("\n")[0])
    for block in blocks:
        if block.get("type") == "section" and block.get("text"):
            yield plain(block["text"]["text"].split("\n")[0])
