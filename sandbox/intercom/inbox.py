"""What the inbox shows of Intercom: by what a contact became eligible, and for which series."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

Doc = dict[str, Any]


def item(state: State, entry: Doc) -> InboxItem:
    if entry["by"] == "company":
        return _company(state, entry)
    contact = state.get("intercom.contacts", entry["contact"]) or {}
    who = contact.get("name") or contact.get("email") or entry["contact"]
    by, value = entry["by"], entry["value"]
    series = _series(state, by, value)
    return InboxItem(
        system="intercom",
        what="series" if series else by,
        to=who,
        title=f"Eligible for the series {series}" if series else f"{by.capitalize()}: {value}",
        html=_text(by, value, series),
        at=datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds"),
        account=_accounts(state, contact),
        key=entry["key"],
        facts={name: str(more) for name, more in entry["more"].items()},
    )


def _company(state: State, entry: Doc) -> InboxItem:
    name = str((state.get("intercom.companies", entry["company"]) or {}).get("name", entry["company"]))
    return InboxItem(
        system="intercom",
        what="company",
        to=name,
        title=f"Attribute: {entry['value']}",
        html=f"<p>The company has the attribute <code>{escape(entry['value'])}</code>.</p>",
        at=datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="seconds"),
        account=name,
        key=entry["key"],
        facts={},
    )


def _text(by: str, value: str, series: str | None) -> str:
    """Says the same of everybody, so that the inbox can put people together."""
    did = {"tag": "Carries the tag", "attribute": "Has the attribute", "event": "Did"}[by]
    what = f"{did} <code>{escape(value)}</code>"
    if series is None:
        return f"<p>{what}. Any series whose entry rule asks for it can take them in.</p>"
    return (
        f"<p>{what}, and so matches the entry rule of the series <strong>{escape(series)}</strong>.</p>"
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
