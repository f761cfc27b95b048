"""How often a trigger was right: its firings against the expansions that came, over one stretch of history.

What counts, and what does not:

- A firing is an onset: a day on which the trigger became true, not each day on which it was.
- It is settled when its attribution window is over by the moment up to which outcomes are known. What goes on is no
  miss, and no hit yet.
- Whoever was left alone (suppressed) fired for nobody. Held out and held back by a brake were predicted all the same.
- Who had bought within the window before is no candidate for as long: such firings and accounts leave both sides.
- The base rate is that of accounts that the trigger may ask about, at moments one window apart, so that no two of its
  windows overlap: what a firing would be worth if it were drawn by lot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from statistics import median, quantiles
from zoneinfo import ZoneInfo

from expansion.calendar.spans import add_span, local_date
from expansion.language.model.values import Span
from expansion.measure.past import Onset
from expansion.measure.replay import Replayed
from expansion.records.outcomes import OutcomeRecord

_FEW = 4  # leads, below which quarters of them mean nothing


@dataclass(frozen=True)
class Eligible:
    """The accounts that a trigger may ask about at a moment: those of its cohort that were there."""

    at: datetime
    accounts: frozenset[str]


@dataclass(frozen=True)
class Firing:
    """A firing that counts, and what came of it. `settled`: its window is over."""

    account_id: str
    at: datetime
    settled: bool
    hit: OutcomeRecord | None
    expected: Decimal | None  # expansion ARR a year, by the price book

    @property
    def lead(self) -> timedelta | None:
        return self.hit.at - self.at if self.hit else None


@dataclass(frozen=True)
class Month:
    """The settled firings of a calendar month, and how many of them an expansion followed."""

    first: date
    settled: int
    hits: int


@dataclass(frozen=True)
class Base:
    """Accounts drawn by lot: so many at moments one window apart, and of how many an expansion came within one."""

    asked: int
    came: int


@dataclass(frozen=True)
class Leads:
    """Days from a firing to the expansion that followed: the middle, and the middle half where there are enough."""

    median: float
    quarters: tuple[float, float] | None


@dataclass(frozen=True)
class Score:
    """What one trigger did over a stretch of history. Counts; shares and intervals are made of them."""

    trigger: str
    tier: str
    window: Span
    first: datetime
    last: datetime
    known_until: datetime
    firings: tuple[Firing, ...]
    true_at_first: int  # accounts
    left_alone: Mapping[str, int]  # reason -> firings
    held_back: int  # firings that a brake would have held for a person
    bought_before: int  # firings of accounts that had bought within the window before
    announced: int  # of the expansions that could have been announced, those with a firing in the window before
    expansions: int
    base: Base
    days: int  # that were played
    untold: int  # of these, on which it could not be told for somebody

    @cached_property
    def settled(self) -> list[Firing]:
        return [one for one in self.firings if one.settled]

    @property
    def open(self) -> int:
        """Firings whose window goes on."""
        return len(self.firings) - len(self.settled)

    @cached_property
    def hits(self) -> list[Firing]:
        return [one for one in self.settled if one.hit is not None]

    @property
    def accounts(self) -> int:
        return len({one.account_id for one in self.firings})

    @property
    def false_alarms(self) -> int:
        return len(self.settled) - len(self.hits)

    @cached_property
    def came(self) -> list[OutcomeRecord]:
        """The expansions behind the hits, each once, however many firings announced it."""
        return list({id(one.hit): one.hit for one in self.hits if one.hit is not None}.values())

    @property
    def leads(self) -> Leads | None:
        days = sorted(one.lead / timedelta(days=1) for one in self.hits if one.lead is not None)
        if not days:
            return None
        if len(days) < _FEW:
            return Leads(median(days), None)
        low, middle, high = quantiles(days, n=4, method="inclusive")
        return Leads(middle, (low, high))

    def months(self, zone: ZoneInfo) -> list[Month]:
        """The settled firings by the month in which they fired, without gaps."""
        by: dict[date, list[Firing]] = {}
        for one in self.settled:
            by.setdefault(local_date(one.at, zone).replace(day=1), []).append(one)
        return [Month(first, len(by[first]), sum(one.hit is not None for one in by[first])) for first in sorted(by)]


@dataclass(frozen=True)
class Bought:
    """The expansions that a trigger's tier counts, by account and in order of time."""

    by_account: Mapping[str, Sequence[OutcomeRecord]]
    window: Span
    zone: ZoneInfo

    @classmethod
    def of(cls, outcomes: Iterable[OutcomeRecord], tier: str, window: Span, zone: ZoneInfo) -> Bought:
        """One without a tier counts for every tier: nobody said what was bought."""
        by: dict[str, list[OutcomeRecord]] = {}
        for one in sorted(outcomes, key=lambda each: each.at):
            if one.kind == "expansion" and one.tier in (None, tier):
                by.setdefault(one.account_id, []).append(one)
        return cls(by, window, zone)

    def end(self, at: datetime) -> datetime:
        """The last moment at which an expansion counts for what was so at this one."""
        return add_span(at, self.window, self.zone)

    def after(self, account: str, at: datetime) -> OutcomeRecord | None:
        """The first expansion within the window after a moment."""
        mine = self.by_account.get(account, ())
        place = bisect_right(mine, at, key=lambda one: one.at)
        return mine[place] if place < len(mine) and mine[place].at <= self.end(at) else None

    def lately(self, account: str, at: datetime) -> bool:
        """Whether the account had bought, and the window since is not over."""
        mine = self.by_account.get(account, ())
        place = bisect_right(mine, at, key=lambda one: one.at)
        return place > 0 and at < self.end(mine[place - 1].at)

    def within(self, after: datetime, until: datetime) -> list[OutcomeRecord]:
        return [one for some in self.by_account.values() for one in some if after < one.at <= until]


def score(
    trigger: str, tier: str, replayed: Replayed, bought: Bought, asked: Sequence[Eligible], known_until: datetime
) -> Score:
    """Firings against expansions. `asked`: at moments one window apart, for the base rate."""
    onsets = _of_accounts(replayed.of(trigger))
    heard = [one for one in onsets if one.decision != "suppressed"]
    candidates = [one for one in heard if not bought.lately(one.account_id, one.decided_at)]
    firings = tuple(_firing(one, bought, known_until) for one in candidates)
    first, last = replayed.moments[0], replayed.moments[-1]
    could = bought.within(bought.end(first), min(last, known_until))
    told = _told(could, heard, bought)
    return Score(
        trigger=trigger,
        tier=tier,
        window=bought.window,
        first=first,
        last=last,
        known_until=known_until,
        firings=firings,
        true_at_first=len({one.account_id for one in replayed.true_at_first(trigger)}),
        left_alone=Counter(one.reason for one in onsets if one.decision == "suppressed"),
        held_back=sum(one.decision == "flood" for one in heard),
        bought_before=len(heard) - len(candidates),
        announced=told,
        expansions=len(could),
        base=_base(asked, bought, known_until),
        days=len(replayed.moments),
        untold=replayed.unknown.get(trigger, 0),
    )


def _of_accounts(onsets: Iterable[Onset]) -> list[Onset]:
    """Of several people of an account who fire at one moment, one: its seller has one conversation."""
    found: dict[tuple[str, datetime], Onset] = {}
    for one in onsets:
        found.setdefault((one.account_id, one.at), one)
    return list(found.values())


def _firing(one: Onset, bought: Bought, known_until: datetime) -> Firing:
    """From the moment at which it was decided to act, which is later where it was left alone at first."""
    at = one.decided_at
    hit = bought.after(one.account_id, at)
    return Firing(
        one.account_id, at, bought.end(at) <= known_until, hit if hit and hit.at <= known_until else None, one.expected
    )


def _told(outcomes: Iterable[OutcomeRecord], heard: Iterable[Onset], bought: Bought) -> int:
    """How many of these expansions had a firing in the window before them."""
    fired: dict[str, list[datetime]] = {}
    for one in heard:
        fired.setdefault(one.account_id, []).append(one.decided_at)
    return sum(any(at < one.at <= bought.end(at) for at in fired.get(one.account_id, ())) for one in outcomes)


def _base(asked: Sequence[Eligible], bought: Bought, known_until: datetime) -> Base:
    counted, came = 0, 0
    for one in asked:
        if bought.end(one.at) > known_until:
            continue
        candidates = [account for account in one.accounts if not bought.lately(account, one.at)]
        counted += len(candidates)
        came += sum(bought.after(account, one.at) is not None for account in candidates)
    return Base(counted, came)


def apart(moments: Sequence[datetime], bought: Bought) -> list[datetime]:
    """Of these moments those that lie one window apart, the first being the first."""
    found: list[datetime] = []
    for moment in moments:
        if not found or bought.end(found[-1]) <= moment:
            found.append(moment)
    return found
