"""How far a table was read: where the next pull goes on, and when all of it is read again.

A column that only grows (`cursor`) tells which rows are new. It tells nothing where the table was made anew, where
older rows came in behind, or where the map asks for something else than before: then all rows are read, and it is said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from expansion.files.from_words import From
from expansion.language.model.values import Span

_OVERLAP = timedelta(hours=6)  # of a column of moments: a load of hours has rows of its beginning
_BEHIND = 1_000  # of a column of numbers: rows that were begun before others, and written after them
_MILLISECONDS = 10**11  # in seconds that were the year 5138
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
_ENDLESS = {"infinity": datetime.max.replace(tzinfo=UTC), "-infinity": datetime.min.replace(tzinfo=UTC)}
Value = datetime | Decimal | str


@dataclass(frozen=True)
class Seen:
    """What a table is before it is read: its columns with their kinds in its own words; the lowest and the highest
    value of the cursor, as text; and `identity`, another one where the table was made anew, where that can be told.
    """

    kinds: Mapping[str, str]
    lowest: str | None = None
    highest: str | None = None
    identity: str | None = None


@dataclass(frozen=True)
class Mark:
    """How far a table was read by the last pull that read to its end."""

    map: str
    at: datetime
    whole_at: datetime
    kinds: Mapping[str, str] = field(default_factory=dict)
    lowest: str | None = None
    highest: str | None = None
    identity: str | None = None

    @classmethod
    def read(cls, text: str | None) -> Mark | None:
        """As it was kept; None for the first pull, and for what another version kept."""
        try:
            raw = json.loads(text or "")
            moments = {name: datetime.fromisoformat(raw[name]) for name in ("at", "whole_at")}
            return cls(**{**raw, **moments})
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def text(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat)


@dataclass(frozen=True)
class Part:
    """What is to be read: rows from this value of the cursor on; all for None, and why, where that has to be said."""

    since: str | None = None
    why: str | None = None
    changed: tuple[str, ...] = ()  # columns that are of another kind than before, as sentences


def part(mark: Mark | None, seen: Seen, place: From, map_: str, now: datetime) -> Part:
    """What the next pull reads."""
    if mark is None:
        return Part()
    changed = tuple(_changed(mark, seen, place.cursor))
    if place.cursor is None:
        return Part(changed=changed)
    why = _anew(mark, seen, place.cursor, map_)
    due = place.whole_every is not None and mark.whole_at + timedelta(days=place.whole_every.days) <= now
    if why or due or mark.highest is None:
        return Part(None, why, changed)
    return Part(_from(mark, place.overlap), None, changed)


def marked(mark: Mark | None, seen: Seen, map_: str, now: datetime, done: Part) -> Mark:
    """What is remembered once all of it is stored."""
    whole_at = now if mark is None or done.since is None else mark.whole_at
    return Mark(map_, now, whole_at, dict(seen.kinds), seen.lowest, seen.highest, seen.identity)


def _anew(mark: Mark, seen: Seen, cursor: str, map_: str) -> str | None:
    """Why nothing follows from how far it was read."""
    was, is_ = _kind(mark.kinds, cursor), _kind(seen.kinds, cursor)
    if mark.map != map_:
        return "its map was changed"
    if mark.identity != seen.identity:
        return "the table was made anew"
    if was != is_:
        return f"`{cursor}` was {was} and is {is_}"
    if mark.highest is not None and (seen.highest is None or _less(seen.highest, mark.highest)):
        return f"the newest `{cursor}` lies before the one that was read last: the table was filled anew"
    if mark.lowest is not None and seen.lowest is not None and _less(seen.lowest, mark.lowest):
        return f"rows with an older `{cursor}` than any before have come"
    return None


def _changed(mark: Mark, seen: Seen, cursor: str | None) -> list[str]:
    return [
        f"the column `{name}` was {kind} and is {seen.kinds[name]}; look whether its values still mean the same"
        for name, kind in mark.kinds.items()
        if name in seen.kinds and seen.kinds[name] != kind and name != cursor
    ]


def _kind(kinds: Mapping[str, str], name: str) -> str | None:
    return next((kind for one, kind in kinds.items() if one.lower() == name.lower()), None)


def _less(one: str, other: str) -> bool:
    left, right = value(one), value(other)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left < right
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left < right
    return one < other


def value(text: str) -> Value:
    """A cursor's value, as far as it can be told: a moment, a number, or a text that is only put in order."""
    if text in _ENDLESS:
        return _ENDLESS[text]
    if _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return Decimal(text) if text.isascii() else text
    except InvalidOperation:
        return text


def _from(mark: Mark, overlap: Span | int | None) -> str:
    """Where the next pull begins. A clock that ran ahead hides no rows: nothing counts as later than the pull."""
    assert mark.highest is not None, "asked where something was read"
    highest = value(mark.highest)
    match highest:
        case datetime():
            back = timedelta(seconds=overlap) if isinstance(overlap, int) else _length(overlap)
            return _written(max(min(highest, mark.at), _ENDLESS["-infinity"] + back) - back, mark.highest)
        case Decimal():
            return format(highest - _behind(highest, overlap), "f")
    return mark.highest


def _behind(highest: Decimal, overlap: Span | int | None) -> Decimal:
    """Of a column of numbers; a length of time is in its seconds or milliseconds since 1970."""
    if isinstance(overlap, Span):
        return Decimal(int(_length(overlap).total_seconds())) * (1000 if highest > _MILLISECONDS else 1)
    return Decimal(_BEHIND if overlap is None else overlap)


def _length(overlap: Span | None) -> timedelta:
    return _OVERLAP if overlap is None else overlap.exact or timedelta(days=overlap.days)


def _written(moment: datetime, like: str) -> str:
    """A moment as the column writes its own, for a column of text is compared by its letters."""
    if not _MOMENT.fullmatch(like):
        return moment.isoformat(sep=" ")
    if len(like) == len("2026-03-01"):
        return moment.date().isoformat()
    zone = datetime.fromisoformat(like).tzinfo
    text = moment.astimezone(zone or UTC).replace(tzinfo=zone).isoformat(sep=like[10], timespec="seconds")
    return text.replace("+00:00", "Z") if like.endswith("Z") else text


__all__ = ["Mark", "Part", "Seen", "marked", "part", "value"]
