"""What the inbox shows of Intercom: by what a contact became eligible, and for which series."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from sandbox.core import InboxItem, State

Doc = dict[str, Any]


def item(state: State, entry: Doc) -> InboxItem:
    contact = state.get("intercom.contacts", entry["contact"]) or {}
    who = contact.get("name") or contact.get("email") or entry["contact"]
    by, value = entry["by"], entry["value"]
    series = _series(state, by, value)
    return InboxItem(
        system="intercom",
        what="enrolment" if series else by,
        to=who,
        title=f"Eligible for the series {series}" if series else f"{by.capitalize()}: {value}",
        html=_text(who, by, value, series),
        at=datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds"),
        account=_accounts(state, contact),
        key=entry["key"],
        facts={by.capitalize(): value, **{name: str(more) for name, more in entry["more"].items()}},
    )


def _text(who: str, by: str, value: str, series: str | None) -> str:
    has = {"tag": "has the tag", "attribute": "has the attribute", "event": "did"}[by]
    person = f"<strong>{escape(who)}</strong> {has} <code>{escape(value)}</code>"
    if series is None:
        return f"<p>{person}. Any series whose entry rule asks for it can take this person in.</p>"
    return (
        f"<p>{person}, and so matches the entry rule of the series <strong>{escape(series)}</strong>.</p>"
        "<p><small>Eligible, not enrolled: Intercom looks at entry rules about once an hour.</small></p>"
    )


def _accounts(state: State, contact: Doc) -> str | None:
    companies = (state.get("intercom.companies", one) for one in contact.get("companies", []))
    return " · ".join(company["name"] for company in companies if company) or None


def _series(state: State, by: str, value: str) -> str | None:
    for series in state.all("intercom.series"):
        wanted = series.get(by)
        if isinstance(wanted, dict):  # {attribute: {name: value}}
            wanted = "=".join(str(part) for pair in wanted.items() for part in pair)
        if wanted == value:
            return str(series["name"])
    return value.removeprefix("expansion:") if by == "tag" and value.startswith("expansion:") else None
