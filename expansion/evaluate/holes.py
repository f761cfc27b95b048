"""Days on which a source brought too little, too much, or too much of nobody; and since when it brings nothing at all.

What happened in them is not known, although somebody asked for it and got an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.evaluate.expecting import Bounds, Expectations, Usual
from expansion.language.model.values import Percent
from expansion.usage.storage.carriers import Bringing, Key
from expansion.usage.storage.manifest import is_files, table_of
from expansion.usage.storage.spans import Spans, joined, seen_by
from expansion.usage.storage.volumes import Volume

Kind = Literal["less", "more", "unmatched", "late"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hole:
    """A time for which what a source brought is not to be relied on. Of whole days it goes up to the next midnight."""

    source: str
    kind: Kind
    first: datetime
    last: datetime
    said: str  # what came, and what was expected: "120 events came on 2026-03-02, where a Monday usually brings 800"

    def touches(self, first: datetime, last: datetime) -> bool:
        return self.first < last and first < self.last


@dataclass(frozen=True)
class Judged:
    """A day of which all is there that will come, with what days of its weekday usually bring."""

    key: Key
    day: date
    first: datetime
    last: datetime
    count: int
    usual: Usual | None  # None: nobody can say
    kind: Kind | None = None


@dataclass(frozen=True)
class Judge:
    """Judges what comes, as of a moment."""

    bringing: Bringing
    expectations: Expectations
    zone: ZoneInfo
    silence: timedelta  # that is no hole
    moment: datetime
    _judged: dict[Key, list[Judged]] = field(default_factory=dict)

    def holes(self, keys: Sequence[Key]) -> tuple[Hole, ...]:
        """Those of sources and tables that speak for the same events. Files that hold a day of a source fill it."""
        found: list[Hole] = []
        for key in keys:
            others = [one for one in keys if one != key and (is_files(one) or is_files(key))]
            found += self.own(key, others)
        return tuple(sorted(found, key=lambda hole: (hole.first, hole.source, hole.kind)))

    def own(self, key: Key, others: Sequence[Key] = ()) -> Iterator[Hole]:
        """Those of one source or table, but for days that others hold."""
        volume = self.bringing.volumes.get(key)
        if volume is None:
            return
        bad = [day for day in self.judged(key) if day.kind and not self._is_filled(day, others)]
        yield from _holes(name_of(key), bad)
        yield from self._unmatched(key, volume)
        lag, newest = self.expectations[key].lag, self.newest(key, volume)
        if lag is not None and newest is not None and newest < self.moment - lag:
            said = f"no events of {name_of(key)} are newer than {self._spoken(newest)}, and they are expected within"
            yield Hole(name_of(key), "late", newest, self.moment, f"{said} {hours_text(lag)}")

    def newest(self, key: Key, volume: Volume) -> datetime | None:
        """When its newest event happened, of those by the moment."""
        came = (volume.newest(self.moment), self.bringing.heard.get(key))
        return max((moment for moment in came if moment is not None), default=None)

    def judged(self, key: Key) -> list[Judged]:
        """Every day of a source that was over by the moment, with all that it brought."""
        if key not in self._judged:
            volume = self.bringing.volumes.get(key)
            kept = () if volume is None else volume.kept(self._made_of(key), lambda: self._every_day(key, volume))
            self._judged[key] = [day for day in kept if day.last <= self.moment]
        return self._judged[key]

    def _made_of(self, key: Key) -> tuple[object, ...]:
        """What the judgement of days depends on, but for the moment."""
        return self.zone.key, self.silence, self.expectations[key]

    def _every_day(self, key: Key, volume: Volume) -> list[Judged]:
        zone = volume.days_of or self.zone
        bounds, came = self.expectations[key], volume.by_day(zone)
        before: defaultdict[int, list[int]] = defaultdict(list)
        differed: list[Fraction] = []  # days that were right, from what was usual
        found: list[Judged] = []
        for first, last, day in _whole_days(joined(volume.spans, self.silence), zone):
            count, counts = came.get(day, 0), before[day.weekday()]
            like_it = Usual.of(counts)
            usual = like_it.among(differed) if like_it else None
            found.append(_judged(Judged(key, day, first, last, count, usual), bounds))
            if like_it and found[-1].kind is None:
                differed.append(like_it.differs(count))
            counts.append(count)
        return found

    def _is_filled(self, day: Judged, others: Sequence[Key]) -> bool:
        """Whether others brought the rest of a day: an export that was imported since, or the history of a source."""
        if day.usual is None or day.kind != "less":
            return False
        volumes = [volume for key in others if (volume := self.bringing.volumes.get(key)) is not None]
        together = day.count + sum(volume.by_day(self.zone).get(day.day, 0) for volume in volumes)
        uncounted = (key for key in others if key not in self.bringing.volumes)
        return not day.usual.is_less(together, self.expectations[day.key]) or any(
            self._reaches_over(key, day) for key in uncounted
        )

    def _reaches_over(self, key: Key, day: Judged) -> bool:
        spans = seen_by(self.bringing.covered.get(key, ()), self.moment)
        return any(first <= day.first and day.last <= last for first, last in spans)

    def _unmatched(self, key: Key, volume: Volume) -> Iterator[Hole]:
        most = self.expectations[key].unmatched
        for day, share in sorted(volume.unmatched.items()) if most is not None else ():
            first = datetime.combine(day, time(), UTC)
            if first <= self.moment and most is not None and share.is_more_than(most):
                said = f"{share.unmatched:,} of {share.rows:,} events of {name_of(key)} on {day} are of accounts that "
                said += f"nobody knows, where at most {Percent(most)} are expected"
                yield Hole(name_of(key), "unmatched", first, first + _DAY, said)

    def _spoken(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


def without(spans: Spans, holes: Iterable[Hole]) -> Spans:
    """Spans without the holes in them."""
    for hole in holes:
        parts = (
            part for first, last in spans for part in ((first, min(last, hole.first)), (max(first, hole.last), last))
        )
        spans = tuple((first, last) for first, last in parts if first <= last)
    return spans


def name_of(key: Key) -> str:
    """By which people know a source or a table."""
    return table_of(key) or key or "your sources"


def _judged(day: Judged, bounds: Bounds) -> Judged:
    if day.usual is None:
        return day
    if day.usual.is_less(day.count, bounds):
        return replace(day, kind="less")
    return replace(day, kind="more") if day.usual.is_more(day.count, bounds) else day


def _whole_days(spans: Spans, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, date]]:
    """The days of a zone that lie in spans, from midnight to midnight."""
    for first, last in spans:
        day = first.astimezone(zone).date()
        begins = _midnight(day, zone)
        while (ends := _midnight(day + _DAY, zone)) <= last:
            if begins >= first:
                yield begins, ends, day
            begins, day = ends, day + _DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _holes(source: str, days: Sequence[Judged]) -> Iterator[Hole]:
    """Days that follow each other are one hole."""
    runs: list[list[Judged]] = []
    for day in days:
        if runs and runs[-1][-1].last == day.first and runs[-1][-1].kind == day.kind:
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        assert run[0].kind is not None, "only those that are wrong are told"
        yield Hole(source, run[0].kind, run[0].first, run[-1].last, _said(source, run))


def _said(source: str, run: Sequence[Judged]) -> str:
    last = run[-1]
    assert last.usual is not None, "without it nobody can say"
    days = f"on {last.day}" if len(run) == 1 else f"on each day from {run[0].day} to {last.day}"
    far = "too few" if last.kind == "less" else "too many"
    count = f"{last.count:,}" if len(run) == 1 else f"{last.count:,} on the last one"
    usual = f"{round(last.usual.events):,}"
    return f"{far} events of {source} came {days}: {count}, where a {last.day:%A} usually brings {usual}"


def hours_text(span: timedelta) -> str:
    """A length of time in hours and minutes."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h" if not minutes else f"{hours} h {minutes} min" if hours else f"{minutes} min"


__all__ = ["Hole", "Judge", "Judged", "Kind", "hours_text", "name_of", "without"]
