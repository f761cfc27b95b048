"""What the inbox shows of Appcues: for which flow somebody became eligible, and by what."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

Doc = dict[str, Any]


def item(state: State, entry: Doc) -> InboxItem:
    flow = _flow(state, entry)
    by = f"{entry['name']} = {entry['value']}" if entry["by"] == "property" else entry["name"]
    return InboxItem(
        system="appcues",
        what="flow" if flow else entry["by"],
        to=_who(state, entry),
        title=f"Eligible for the flow {flow}" if flow else f"{entry['by'].capitalize()}: {by}",
        html=_text(entry["by"], by, flow),
        at=datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds"),
        account=_account(state, entry),
        key=entry["key"],
    )


def _text(by: str, what: str, flow: str | None) -> str:
    """Says the same of everybody, so that the inbox can put people together."""
    has = {"property": "Has the property", "segment": "Is in the segment"}[by]
    shown = f"{has} <code>{escape(what)}</code>"
    if flow is None:
        return f"<p>{shown}. Any published flow that asks for it may show.</p>"
    return (
        f"<p>{shown}, which the flow <strong>{escape(flow)}</strong> asks for.</p>"
        "<p><small>Eligible, not shown: Appcues decides on the next page that the person loads.</small></p>"
    )


def _who(state: State, entry: Doc) -> str:
    known = state.get(f"appcues.{entry['kind']}", entry["id"]) or {}
    name = str(known.get("name") or known.get("email") or entry["id"])
    return f"people of {name}" if entry["kind"] == "groups" else name


def _account(state: State, entry: Doc) -> str | None:
    known = state.get(f"appcues.{entry['kind']}", entry["id"]) or {}
    group = known if entry["kind"] == "groups" else state.get("appcues.groups", str(known.get("group"))) or {}
    return group.get("name")


def _flow(state: State, entry: Doc) -> str | None:
    for flow in state.all("appcues.flows"):
        asked = (flow.get("property"), flow.get("value")) if entry["by"] == "property" else (flow.get("segment"), None)
        if asked == (entry["name"], entry["value"]):
            return str(flow["name"])
    return None
