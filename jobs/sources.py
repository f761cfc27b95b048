"""Which sources bring too little, too much or nothing new at the moment, and since when: for runs and for doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from expansion.evaluate.coverage import late_after
from expansion.evaluate.holes import Hole, Judge, Judged, name_of
from expansion.evaluate.relations import StoreRelations
from expansion.usage.storage.carriers import Key
from expansion.usage.storage.manifest import is_files
from jobs.place import Place

_RECENT = timedelta(days=2)  # unmatched events of a day before that are no news
REMEDY = "what rests on it cannot be told, fires nothing and ends nothing"


@dataclass(frozen=True)
class SourceNow:
    """How a source or a table stands: its last day that can be judged, and what of it is wrong at the moment."""

    name: str
    last: Judged | None  # the last of which anybody can say what is usual
    newest: datetime | None
    today: int
    wrong: tuple[Hole, ...]
    unmatched: str = ""  # of the newest day of which it is known: "12 of 400"


def sources_now(place: Place, as_of: datetime) -> list[SourceNow]:
    """Every source and table of events, but for what is in a warehouse: that is not stored here."""
    if place.settings.engine_url is not None:
        return []
    judge = _judge(place, as_of)
    return [_now(judge, key) for key in sorted(judge.bringing.volumes)]


def wrong_now(place: Place, as_of: datetime) -> list[Hole]:
    """What is wrong at the moment: with the last whole day of a source, or with all since then."""
    return [hole for source in sources_now(place, as_of) for hole in source.wrong]


def _judge(place: Place, as_of: datetime) -> Judge:
    definitions = place.definitions
    policy, expectations = definitions.workspace.policy, definitions.vocabulary.expectations
    bringing = StoreRelations.of(place.store).bringing(())
    return Judge(bringing, expectations, ZoneInfo(policy.time_zone), late_after(policy), as_of)


def _now(judge: Judge, key: Key) -> SourceNow:
    volume, days = judge.bringing.volumes[key], judge.judged(key)
    newest, today = volume.newest(judge.moment), judge.moment.astimezone(judge.zone).date()
    last = next((day for day in reversed(days) if day.usual is not None), None)
    share = volume.unmatched[max(volume.unmatched)] if volume.unmatched else None
    shown = f"{share.unmatched:,} of {share.rows:,}" if share else ""
    came = volume.by_day(judge.zone).get(today, 0)
    return SourceNow(name_of(key), last, newest, came, tuple(_open(judge, key, last)), shown)


def _open(judge: Judge, key: Key, last: Judged | None) -> Iterator[Hole]:
    files = [one for one in judge.bringing.covered if one != key and is_files(one)]
    for hole in judge.own(key, files):
        is_of_last_day = last is not None and hole.last >= last.last
        is_recent = hole.last > judge.moment - _RECENT
        if hole.kind == "late" or (is_recent if hole.kind == "unmatched" else is_of_last_day):
            yield hole


__all__ = ["REMEDY", "SourceNow", "sources_now", "wrong_now"]
