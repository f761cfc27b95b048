"""A message as an Adaptive Card: adaptivecards.io, version 1.4, which is what Teams shows everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from expansion.contract import Piece
from expansion.text.mrkdwn import BOLD, with_links
from expansion.text.shorten import shorten
from integrations.teams.inputs import PostMessage

Block = dict[str, Any]

# A message of Teams holds 28 KB, and what surrounds the card counts, too. Bytes: learn.microsoft.com, "Limits and
# specifications for Microsoft Teams".
MOST = 24_000
_LEAST = 200  # characters of the text that are left in any case
_CUT = 0.8  # so much of the text is kept at each try
# What begins a link, an image or a heading in Markdown, where it stands in a value and nobody meant it.
_SIGNS = re.compile(r"[\[\]]|^#+(?=\s)", re.MULTILINE)


def message(piece: Piece, wanted: PostMessage) -> dict[str, Any]:
    """What a workflow takes, short enough for Teams."""
    text = markdown(wanted.text)
    while len(json.dumps(made := _message(piece, wanted, text)).encode()) > MOST and len(text) > _LEAST:
        text = shorten(text, max(_LEAST, int(len(text) * _CUT)))
    return made


def markdown(mrkdwn: str) -> str:
    """Slack's mrkdwn in the Markdown of cards."""
    return with_links(mrkdwn, _plain, _link)


def _plain(text: str) -> str:
    marked = _SIGNS.sub(lambda found: f"\\{found[0]}", unescape(text))
    lines = BOLD.sub(r"**\1**", marked).split("\n")
    # A line break alone is none in Markdown; a list has its own.
    return "\n\n".join(re.sub(r"^\s*•\s*", "- ", line) for line in lines).replace("\n\n- ", "\n- ")


def _link(label: str, to: str) -> str:
    return f"[{_SIGNS.sub('', unescape(label))}]({unescape(to)})"


def _message(piece: Piece, wanted: PostMessage, text: str) -> dict[str, Any]:
    body: list[Block] = []
    if wanted.title:
        body.append({**_text(_SIGNS.sub("", wanted.title)), "size": "Large", "weight": "Bolder"})
    body.append(_text(text))
    if wanted.fields:
        body.append({"type": "FactSet", "facts": _facts(wanted.fields)})
    said = (piece.account.name, piece.trigger_title or piece.trigger, piece.playbook_title or piece.playbook)
    context = "{} · {} → {}".format(*(_SIGNS.sub("", one) for one in said))
    body.append({**_text(context), "size": "Small", "isSubtle": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str) -> Block:
    return {"type": "TextBlock", "text": text, "wrap": True}


def _facts(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"title": _SIGNS.sub("", label), "value": markdown(value)} for label, value in fields.items()]
