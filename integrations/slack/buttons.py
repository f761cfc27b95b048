"""The buttons of a message: claim it, snooze it, say whether it is useful. And what a click on one says.

A button holds nothing but what it is for and the step's key, which is opaque: everybody in the workspace can read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

Block = dict[str, Any]

SNOOZES = {"1-day": timedelta(days=1), "1-week": timedelta(days=7)}
REASONS = {
    "no-need": "They do not need more",
    "bad-timing": "Bad timing",
    "in-talks": "We are in talks already",
    "wrong-data": "The numbers are wrong",
    "other": "Another reason",
}
ACTION = "expansion"  # what the ids of our elements begin with; another app's never reach us
_BETWEEN = " "


@dataclass(frozen=True)
class Choice:
    """What somebody chose, and of which step: `snooze`, `1-day`."""

    what: str
    detail: str
    key: str


def row(key: str) -> Block:
    """Below a message about one account."""
    snooze = [_option(f"For {name.replace('-', ' ')}", f"snooze:{name}", key) for name in SNOOZES]
    no = [_option(text, f"not_useful:{name}", key) for name, text in REASONS.items()]
    elements = [
        {**_button("Claim", "claim", key), "style": "primary"},
        _select("Snooze", "snooze", snooze),
        _button("Useful", "useful", key),
        _select("Not useful", "not_useful", no),
    ]
    return {"type": "actions", "elements": elements}


def menu(key: str) -> Block:
    """The same for one account of a digest. Slack allows five lines, so a no has no reason there."""
    lines = (
        ("Claim", "claim"),
        ("Snooze for a day", "snooze:1-day"),
        ("Snooze for a week", "snooze:1-week"),
        ("Useful", "useful"),
        ("Not useful", "not_useful"),
    )
    options = [_option(text, what, key) for text, what in lines]
    return {"type": "overflow", "action_id": f"{ACTION}.menu", "options": options}


def chosen(element: Any) -> Choice | None:
    """What an element of an interaction says; None where it is not one of ours, or says nothing."""
    if not isinstance(element, dict) or not str(element.get("action_id", "")).startswith(f"{ACTION}."):
        return None
    option = element.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else element.get("value")
    what, _, key = str(value or "").partition(_BETWEEN)
    name, _, detail = what.partition(":")
    return Choice(name, detail, key) if key else None


def _button(text: str, what: str, key: str) -> Block:
    named = {"type": "plain_text", "text": text}
    return {"type": "button", "action_id": f"{ACTION}.{what}", "text": named, "value": f"{what}{_BETWEEN}{key}"}


def _select(text: str, what: str, options: list[Block]) -> Block:
    named = {"type": "plain_text", "text": text}
    return {"type": "static_select", "action_id": f"{ACTION}.{what}", "placeholder": named, "options": options}


def _option(text: str, what: str, key: str) -> Block:
    return {"text": {"type": "plain_text", "text": text}, "value": f"{what}{_BETWEEN}{key}"}
