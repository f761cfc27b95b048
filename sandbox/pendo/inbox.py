"""What the inbox shows of Pendo: for which guide an account or a visitor became eligible, and by what."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

Doc = dict[str, Any]


def item(state: State, entry: Doc) -> InboxItem:
    is_field = entry["by"] == "metadata"
    asked = f"{entry['name']} = {entry['value']}" if is_field else entry["name"]
    guide = _guide(state, entry)
    account = _account(state, entry)
    return InboxItem(
        system="pendo",
        what="guide" if guide else entry["by"],
        to=f"people of {account}" if is_field else _name(state, entry["id"]),
        title=f"Eligible for the guide {guide}" if guide else f"{entry['by'].capitalize()}: {asked}",
        html=_text(is_field, asked, guide),
        at=datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds"),
        account=account,
        key=entry["key"],
    )


def _text(is_field: bool, asked: str, guide: str | None) -> str:
    """Says the same of everybody, so that the inbox can put people together."""
    shown = f"{'Has the custom field' if is_field else 'Is in the segment'} <code>{escape(asked)}</code>"
    if guide is None:
        return f"<p>{shown}. Any public guide whose segment asks for it may show.</p>"
    return (
        f"<p>{shown}, which the guide <strong>{escape(guide)}</strong> asks for.</p>"
        "<p><small>Eligible, not shown: Pendo decides when the person is in the app next.</small></p>"
    )


def _account(state: State, entry: Doc) -> str | None:
    id_ = entry["id"]
    if entry["by"] != "metadata":
        auto = ((state.get("pendo.visitors", id_) or {}).get("metadata") or {}).get("auto") or {}
        id_ = next(iter(auto.get("accountids") or [""]))
    known = (state.get("pendo.accounts", id_) or {}).get("metadata") or {}
    return (known.get("agent") or {}).get("name") or id_ or None


def _name(state: State, visitor: str) -> str:
    known = (state.get("pendo.visitors", visitor) or {}).get("metadata") or {}
    return str((known.get("agent") or {}).get("name") or visitor)


def _guide(state: State, entry: Doc) -> str | None:
    for guide in state.all("pendo.guides"):
        asked = (guide.get("field"), guide.get("value")) if entry["by"] == "metadata" else (guide.get("segment"), None)
        if asked == (entry["name"], entry["value"]):
            return str(guide["name"])
    return None
