"""Everything that is stored, seen from one moment: who is known, which days and moments, and what was looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.evaluate.oracle.spans import days_back, exactly, is_exact

Row = dict[str, Any]
NO_COHORT = "\x1ano cohort"
GONE = "\x1agone"  # in place of a value that is not known any more


def _order(change: Row) -> tuple[Any, ...]:
    """The newest comes last; of those of one moment the largest text."""
    return change["since"], change["seen"], change["value"] is not None, change["value"] or ""


@dataclass(frozen=True, order=True)
class Who:
    """An account; or one person of it, whose events are then the only ones that count."""

    account: str
    user: str | None = None

    @property
    def together(self) -> Who:
        """The whole account."""
        return Who(self.account)


_OF_PROPERTIES = ("distinct", "sum", "average", "max", "latest")


def _names(wanted: Row) -> list[str]:
    return [wanted["event"]] if isinstance(wanted["event"], str) else wanted["event"]


@dataclass(frozen=True)
class At:
    """When something is asked: at the end of the day so many days ago, and from there back by each of these spans."""

    days_ago: int = 0
    back: tuple[str, ...] = ()

    def earlier(self, span: str) -> At:
        return replace(self, back=(*self.back, span))

    def day_before(self, days: int) -> At:
        return replace(self, days_ago=self.days_ago + days)


NOW = At()


@dataclass
class Stored:
    """An event is {id, event, at, seen, account, user, properties}, a fact change {source, field, account, user,
    value, since, seen}; all times are aware."""

    events: list[Row]
    changes: list[Row]
    zone: ZoneInfo
    as_of: datetime
    spans: list[tuple[datetime, datetime]]
    late: timedelta
    first_pulls: dict[str, datetime]  # by cohort, and by source of facts
    real: frozenset[str] | None = None  # events and properties that count as known though none came; None: all do
    had: dict[str, set[str]] = field(default_factory=dict, init=False)  # which properties events of a name ever had
    by_account: dict[str, list[Row]] = field(default_factory=dict, init=False)
    by_field: dict[tuple[str, str, str, str], list[Row]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        once: dict[str, Row] = {}
        for event in self.events:
            once.setdefault(event["id"], event)
        self.events = [event for event in once.values() if event["seen"] <= self.as_of]
        self.changes = [change for change in self.changes if change["seen"] <= self.as_of]
        self.today = self.local_day(self.as_of)
        self.stretches = self._joined()
        for event in self.events:
            event = {**event, "day": self.local_day(event["at"])}
            self.by_account.setdefault(event["account"], []).append(event)
            had = {name for name, value in event["properties"].items() if value not in (None, "", [])}
            self.had.setdefault(event["event"], set()).update(had)
        for change in self.changes:
            key = change["source"], change["field"], change["account"], change["user"]
            self.by_field.setdefault(key, []).append(change)

    def accounts(self) -> set[str]:
        return {row["account"] for row in [*self.events, *self.changes]}

    def users(self) -> set[Who]:
        """People of accounts who did something, or of whom a fact is known."""
        return {Who(row["account"], row["user"]) for row in [*self.events, *self.changes] if row["user"]}

    # --- days and moments ---------------------------------------------------------------------------------------------

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def last_of(self, day: date) -> datetime:
        """The last moment of a day, of today only what has passed."""
        if day >= self.today:
            return self.as_of
        return self.midnight(day + timedelta(days=1)) - timedelta(microseconds=1)

    def moment(self, at: At) -> datetime:
        moment = self.last_of(self.today - timedelta(days=at.days_ago))
        for span in at.back:
            if is_exact(span):
                moment -= exactly(span)
            else:
                moment = self.last_of(days_back(self.local_day(moment), span))
        return moment

    def day(self, at: At) -> date:
        return self.local_day(self.moment(at))

    # --- facts as they were -------------------------------------------------------------------------------------------

    def value(self, source: str, name: str, who: Who, at: At) -> str | None:
        """The newest value that a source gave of an account, or of a person."""
        moment = self.moment(at)
        changes = self.by_field.get((source, name, who.account, who.user or ""), [])
        known = [change for change in changes if change["since"] <= moment]
        newest = max(known, key=_order, default=None)
        return newest["value"] if newest and newest["value"] != GONE else None

    def told(self, source: str, name: str, who: Who, at: At) -> bool:
        """The source was asked about this one, and said what there is, or that there is nothing."""
        moment = self.moment(at)
        changes = self.by_field.get((source, name, who.account, who.user or ""), [])
        known = [change for change in changes if change["since"] <= moment]
        newest = max(known, key=_order, default=None)
        return newest is not None and newest["value"] != GONE

    def is_gone(self, source: str, name: str, at: At) -> bool:
        """A cohort itself, which is told of no account, was not there any more."""
        moment = self.moment(at)
        told = [change for change in self.by_field.get((source, name, "", ""), []) if change["since"] <= moment]
        return bool(told) and max(told, key=_order)["value"] == NO_COHORT

    def pulled(self, key: str, at: At) -> bool:
        """A source of facts, or a cohort, had been asked by then."""
        return key in self.first_pulls and self.first_pulls[key] <= self.moment(at)

    # --- what ever came -----------------------------------------------------------------------------------------------

    def came(self, wanted: Row) -> bool:
        """Every event that is named came at some time, with every property asked of it; or is said to be real."""
        if self.real is None:
            return True
        asked = {*wanted.get("where", {}), *(wanted[word] for word in _OF_PROPERTIES if word in wanted)}
        for name in _names(wanted):
            if name != "any event" and name not in self.had:
                if name not in self.real:
                    return False
            elif not asked - self.real <= self.had_by(name):
                return False
        return True

    def may_fit_less(self, wanted: Row) -> bool:
        """What is asked to lack a property that none ever had: those that fit may fit by a slip of the name."""
        lacks = {name for name, part in wanted.get("where", {}).items() if part == {"exists": False}}
        there = [name for name in _names(wanted) if name == "any event" or name in self.had]
        return self.real is not None and any(lacks - self.real - self.had_by(name) for name in there)

    def had_by(self, name: str) -> set[str]:
        return set().union(*self.had.values()) if name == "any event" else self.had[name]

    # --- for when events are known ------------------------------------------------------------------------------------

    def _joined(self) -> list[tuple[datetime, datetime]]:
        """The spans, joined over silences that are no hole, as far as they had passed."""
        found: list[tuple[datetime, datetime]] = []
        for first, last in sorted((first, min(last, self.as_of)) for first, last in self.spans if first <= self.as_of):
            if found and first - found[-1][1] <= max(self.late, timedelta(days=1)):
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((first, last))
        return found

    def known_days(self, first: date, last: date) -> bool:
        end = self.last_of(last)
        slack = min(self.late, (end - self.midnight(first)) / 2)
        return any(self.local_day(s) <= first and e + slack >= end for s, e in self.stretches)

    def known_hours(self, start: datetime, end: datetime) -> bool:
        slack = min(self.late, (end - start) / 2)
        return any(
            s.astimezone(UTC).replace(minute=0, second=0, microsecond=0) <= start and e + slack >= end
            for s, e in self.stretches
        )

    def known_ever_before(self, day: date) -> bool:
        """Everything before this day, as far back as anything is stored."""
        if not self.stretches:
            return False
        begins = self.local_day(self.stretches[0][0])
        return begins < day and self.known_days(begins, day - timedelta(days=1))
