"""What the conversations that are open now may bring: the chance of each times what it is worth, month by month.

The chance is measured where enough conversations of a tier are over, and the estimate of policy.yaml before. When a yes
comes is taken from the yeses so far; before there are enough, any day of the window is as good. An account counts once,
with the conversation that promises most.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from expansion.measure.forecast import LATEST, LOOKED_AT, WEEK, Forecast, Stretch, Told, judged

FEWEST_OVER = 20  # conversations of a tier that are over, before their share of yeses is taken for the chance
FEWEST_WON = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Talk:
    """A conversation that a trigger began."""

    account: str
    tier: str
    at: datetime
    until: datetime  # the end of the tier's attribution window
    worth: float | None  # a year
    likely: float  # as policy.yaml estimates


@dataclass(frozen=True)
class Sale:
    """An expansion. `tier` None: nobody says of what."""

    account: str
    tier: str | None
    at: datetime
    known_at: datetime
    amount: float | None


@dataclass(frozen=True)
class Chance:
    """How many conversations of a tier end in a yes."""

    share: float
    over: int  # conversations that are over
    won: int
    measured: bool  # False: the estimate of policy.yaml
    waits: tuple[float, ...] = ()  # of those won, the share of the window that had passed, sorted
    paid: float = 1.0  # what those won brought, as a share of what they were thought to be worth

    def by(self, passed: float) -> float:
        """The share of the yeses that have come once so much of the window has passed."""
        if passed <= 0 or passed >= 1:
            return float(passed >= 1)
        return bisect_right(self.waits, passed) / len(self.waits) if self.measured else passed


@dataclass(frozen=True)
class _Won:
    known: datetime  # that it is over, and was won
    wait: float
    worth: float | None
    amount: float | None


@dataclass(frozen=True)
class _Tier:
    """The conversations of a tier: when each is over, and when of those won that is known, with how long they took."""

    likely: float
    over: Sequence[datetime]
    won: Sequence[_Won]  # both sorted

    def chance(self, at: datetime) -> Chance:
        over = bisect_right(self.over, at)
        won = self.won[: bisect_right(self.won, at, key=lambda each: each.known)]
        if over < FEWEST_OVER or len(won) < FEWEST_WON:
            return Chance(self.likely, over, len(won), measured=False)
        waits = tuple(sorted(each.wait for each in won))
        return Chance(len(won) / over, over, len(won), measured=True, waits=waits, paid=_paid(won))


def _tier(talks: Sequence[Talk], won: Mapping[Talk, Sale]) -> _Tier:
    sold = [(one, won[one]) for one in talks if one in won]
    return _Tier(
        likely=talks[0].likely,
        over=sorted(one.until for one in talks),
        won=sorted((_as_won(one, sale) for one, sale in sold), key=lambda each: each.known),
    )


def _as_won(talk: Talk, sale: Sale) -> _Won:
    wait = (sale.at - talk.at) / (talk.until - talk.at)
    return _Won(max(talk.until, sale.known_at), wait, talk.worth, sale.amount)


def _paid(won: Sequence[_Won]) -> float:
    """Of those of which both are known; as it was thought, while they are few."""
    known = [(each.amount, each.worth) for each in won if each.amount is not None and each.worth]
    thought = sum(worth for _, worth in known)
    return sum(amount for amount, _ in known) / thought if len(known) >= FEWEST_WON and thought else 1.0


@dataclass(frozen=True)
class Expected:
    """What one account may bring in a stretch."""

    talk: Talk
    chance: float
    paid: float = 1.0

    @property
    def worth(self) -> float:
        """The chance times the worth; nothing where that is not known."""
        return self.chance * self.paid * (self.talk.worth or 0.0)


@dataclass(frozen=True)
class Week:
    """What would have been told in a week of the past, and what came of just those conversations."""

    expected: Sequence[Expected]
    came: Sequence[tuple[Talk, Sale]]


@dataclass(frozen=True)
class Pipeline:
    """All conversations and all sales; asked for any moment it sees only what was known then."""

    talks: Sequence[Talk]
    sales: Sequence[Sale]
    _won: Mapping[Talk, Sale] = field(init=False)  # the first sale within each conversation's window
    _tiers: Mapping[str, _Tier] = field(init=False)
    _begun: Sequence[Talk] = field(init=False)  # in the order in which they began
    _longest: timedelta = field(init=False)

    def __post_init__(self) -> None:
        of: dict[str, list[Sale]] = {}
        for each in sorted(self.sales, key=lambda sale: sale.at):
            of.setdefault(each.account, []).append(each)
        won = {talk: sale for talk in self.talks if (sale := _first(talk, of.get(talk.account, ())))}
        tiers = dict.fromkeys(one.tier for one in self.talks)
        object.__setattr__(self, "_won", won)
        object.__setattr__(
            self, "_tiers", {tier: _tier([t for t in self.talks if t.tier == tier], won) for tier in tiers}
        )
        object.__setattr__(self, "_begun", sorted(self.talks, key=_at))
        object.__setattr__(self, "_longest", max((one.until - one.at for one in self.talks), default=timedelta(0)))

    def won(self, talk: Talk, known: datetime) -> Sale | None:
        """The sale that counts as a conversation's doing, as it was known then."""
        sale = self._won.get(talk)
        return sale if sale and sale.known_at <= known else None

    def chances(self, at: datetime) -> dict[str, Chance]:
        """The chance of each tier, by what was over then."""
        return {name: tier.chance(at) for name, tier in self._tiers.items()}

    def open(self, at: datetime) -> list[Talk]:
        """The conversations that go on then, without a yes so far."""
        first, last = (bisect_right(self._begun, moment, key=_at) for moment in (at - self._longest, at))
        return [one for one in self._begun[first:last] if at < one.until and self.won(one, at) is None]

    def expected(self, at: datetime, ahead: Stretch) -> list[Expected]:
        """What each account with an open conversation may bring in a stretch: with the one that promises most."""
        chances = self.chances(at)
        best: dict[str, Talk] = {}
        for one in sorted(
            self.open(at), key=lambda one: (-chances[one.tier].share * (one.worth or 0.0), one.at, one.tier)
        ):
            best.setdefault(one.account, one)
        return [
            Expected(one, _within(one, chances[one.tier], at, ahead), chances[one.tier].paid) for one in best.values()
        ]

    def forecasts(self, at: datetime, ahead: Stretch) -> dict[str | None, tuple[Forecast, Forecast]]:
        """How many yeses a stretch brings, and what they are worth a year: of each tier, and of all (None); with the
        errors of such forecasts so far."""
        now, past = self.expected(at, ahead), self._past(at, ahead)
        worths = [one.worth for one in self.talks if one.worth]
        unit = sum(worths) / len(worths) if worths else 1.0
        tiers = sorted({one.talk.tier for one in now})
        return {tier: _judged(now, past, ahead, tier, unit) for tier in (None, *tiers)}

    def _past(self, at: datetime, ahead: Stretch) -> list[Week]:
        """Each week whose stretch is over, the newest last."""
        if not self.talks:
            return []
        began, newest = min(one.at for one in self.talks), at - ahead.end * DAY
        weeks = min(LATEST + LOOKED_AT + ahead.weeks, (newest - began) // (WEEK * DAY) + 1)  # more play no part
        return [self._week(newest - back * WEEK * DAY, ahead, at) for back in reversed(range(max(0, weeks)))]

    def _week(self, then: datetime, ahead: Stretch, known: datetime) -> Week:
        expected = self.expected(then, ahead)
        start, end = then + ahead.start * DAY, then + ahead.end * DAY
        found = ((one.talk, self.won(one.talk, known)) for one in expected)
        return Week(expected, [(talk, sale) for talk, sale in found if sale and start < sale.at <= end])


def _judged(
    now: Sequence[Expected], past: Sequence[Week], ahead: Stretch, tier: str | None, unit: float
) -> tuple[Forecast, Forecast]:
    mine = [one for one in now if tier in (None, one.talk.tier)]
    told = [_told(week, tier) for week in past]
    number = judged([one for one, _ in told], sum(one.chance for one in mine), ahead)
    return number, judged([one for _, one in told], sum(one.worth for one in mine), ahead, unit)


def _told(week: Week, tier: str | None) -> tuple[Told, Told]:
    """In number and in money. A sale without an amount is worth what was thought."""
    mine = [one for one in week.expected if tier in (None, one.talk.tier)]
    came = [(talk, sale) for talk, sale in week.came if tier in (None, talk.tier)]
    money = sum(talk.worth or 0.0 if sale.amount is None else sale.amount for talk, sale in came)
    return Told(sum(one.chance for one in mine), len(came)), Told(sum(one.worth for one in mine), money)


def _at(talk: Talk) -> datetime:
    return talk.at


def _first(talk: Talk, sales: Iterable[Sale]) -> Sale | None:
    mine = (one for one in sales if one.tier in (None, talk.tier))
    return next((one for one in mine if talk.at < one.at <= talk.until), None)


def _within(talk: Talk, chance: Chance, at: datetime, ahead: Stretch) -> float:
    """The chance of a yes in a stretch, of a conversation that has gone on for some time without one."""
    length = talk.until - talk.at
    now, start, end = ((at + days * DAY - talk.at) / length for days in (0, ahead.start, ahead.end))
    left = 1 - chance.share * chance.by(now)
    return chance.share * (chance.by(end) - chance.by(start)) / left if left > 0 else 0.0
