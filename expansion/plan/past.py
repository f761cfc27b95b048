"""The last weeks by both definitions: how often each trigger would have fired, and for whom by one of them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date


class Fired(Protocol):
    """A firing of a replay."""

    @property
    def trigger(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True)
class Week:
    """So many firings in a week that begins on this Monday, by either definitions; `days` of it were looked at."""

    trigger: str
    begins: date
    days: int
    before: int
    after: int


@dataclass(frozen=True)
class PastOf:
    """What a trigger would have done in all these days."""

    trigger: str
    before: int  # firings
    after: int
    added: tuple[str, ...]  # accounts that fire only by the new definitions
    dropped: tuple[str, ...]  # only by the old ones
    in_both: int  # accounts
    weeks: tuple[Week, ...]


def past_of(
    trigger: str, before: Iterable[Fired], after: Iterable[Fired], days: Sequence[datetime], zone: ZoneInfo
) -> PastOf:
    """Compare the firings of one trigger over the same days; those of other triggers are left out."""
    was = [one for one in before if one.trigger == trigger]
    now = [one for one in after if one.trigger == trigger]
    old, new = ({one.account_id for one in some} for some in (was, now))
    return PastOf(
        trigger,
        len(was),
        len(now),
        tuple(sorted(new - old)),
        tuple(sorted(old - new)),
        len(old & new),
        tuple(_weeks(trigger, was, now, days, zone)),
    )


def _weeks(
    trigger: str, was: Sequence[Fired], now: Sequence[Fired], days: Sequence[datetime], zone: ZoneInfo
) -> Iterable[Week]:
    """Also the weeks without a firing: that nothing came is an answer."""
    asked = Counter(_monday(at, zone) for at in days)
    old, new = (Counter(_monday(one.at, zone) for one in some) for some in (was, now))
    return (Week(trigger, begins, asked[begins], old[begins], new[begins]) for begins in sorted(asked))


def _monday(at: datetime, zone: ZoneInfo) -> date:
    day = local_date(at, zone)
    return day - timedelta(days=day.weekday())
