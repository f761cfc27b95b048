"""What stands in place of a value that is not known any more, with the reason; no source can send it.

Three things are told apart: a value; NULL, which says that somebody looked and there was none; and a mark, which says
that nobody knows from then on. What was never told has no row at all.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Literal

from expansion.usage.forms.duck import quote

Reason = Literal["gone", "twice", "no field", "no cohort", "moved", "ended", "silent"]

_MARK = "\x1a"  # SUBSTITUTE, "in place of a character that is not valid": in no text that people write

# What each says of a record of `{source}`.
_SAID: dict[str, str] = {
    "gone": "{source} no longer has a record of this {who}",
    "twice": "{source} has several records of this {who}, and nobody knows which is meant",
    "no field": "{source} no longer has a field `{field}`",
    "no cohort": "{source} no longer has this cohort",
    "moved": "this person belongs to another account now, says {source}",
    "silent": "{source} has not answered since {when}, and more often is expected of it",
    "ended": "its value ended on {when}, says {source}",
}


def mark(reason: Reason) -> str:
    """What is stored instead of a value."""
    return _MARK + reason


def ended(at: datetime) -> str:
    """What stands for a value that ended at a moment, as stored."""
    return f"{mark('ended')}:{at.isoformat(timespec='seconds')}"


def silent(since: datetime) -> str:
    """What stands for every value of a source whose last answer is too old; it is worked out, and never stored."""
    return f"{mark('silent')}:{since.isoformat(timespec='seconds')}"


def ended_sql(until: str) -> str:
    """SQL for the same."""
    return f"{quote(mark('ended') + ':')} || strftime({until}, '%Y-%m-%dT%H:%M:%S')"


def is_mark(text: str | None) -> bool:
    return text is not None and text.startswith(_MARK)


def reason_of(text: str, source: str, field: str, who: str = "account", zone: tzinfo = UTC) -> str:
    """Why nobody knows, as a sentence without its full stop. Days are those of a zone."""
    reason, _, moment = text.removeprefix(_MARK).partition(":")
    shown = "%Y-%m-%d %H:%M" if reason == "silent" else "%Y-%m-%d"
    when = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(zone).strftime(shown) if moment else ""
    said = _SAID.get(reason, "{source} no longer tells `{field}`")
    return said.format(source=source, field=field, who=who, when=when)


def marked_sql(value: str = "value") -> str:
    """SQL for: this is a mark. Never NULL."""
    return f"coalesce(starts_with({value}, {quote(_MARK)}), false)"


def unmarked(text: str) -> str:
    """A text of a source, which can look like no mark."""
    return text.lstrip(_MARK)
