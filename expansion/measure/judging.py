"""Firings of every setting beside the outcomes that are known: accounts and moments as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from expansion.calendar.spans import add_span
from expansion.evaluate.numbers import Array
from expansion.evaluate.subjects import account_of
from expansion.language.model.values import Span
from expansion.measure.curves import Expansions, Judged, Lots
from expansion.measure.played import Played
from expansion.measure.tune import DAY
from expansion.records.outcomes import OutcomeRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = 3_600_000  # milliseconds: a day on which clocks go back is longer


def millis(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment_of(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)


def longest(window: Span) -> int:
    """At most how many milliseconds a window is long."""
    exact = window.exact
    return window.days * DAY + _HOUR if exact is None else exact // timedelta(milliseconds=1)


def of_tier(outcomes: Iterable[OutcomeRecord], tier: str) -> list[OutcomeRecord]:
    """The expansions that count for a tier; one without a tier counts for every tier: nobody said what was bought."""
    return [one for one in outcomes if one.kind == "expansion" and one.tier in (None, tier)]


def judged(played: Played, outcomes: Sequence[OutcomeRecord], window: Span, zone: ZoneInfo) -> Judged:
    """Every firing with what came within the window after it."""
    index: dict[str, int] = {}

    def places(accounts: Sequence[str]) -> Array:
        return _array(index.setdefault(one, len(index)) for one in accounts)

    ends = [add_span(at, window, zone) for at in played.moments]
    moments, until = _array(map(millis, played.moments)), _array(map(millis, ends))
    bought = Expansions.of(
        places([one.account_id for one in outcomes]),
        _array(millis(one.at) for one in outcomes),
        _array(millis(add_span(one.at, window, zone)) for one in outcomes),
        [None if one.amount is None else (one.amount, one.currency or "") for one in outcomes],
    )
    drawn = _array(place for place, accounts in played.lots for _ in accounts)
    lots = Lots.of(moments[drawn], until[drawn], places([one for _, some in played.lots for one in some]), bought)
    accounts = places([account_of(one) for one in played.onsets.subjects])
    return Judged.of(played.onsets, accounts, moments, until, bought, len(played.turning.settings), lots)


def _array(values: Iterable[int]) -> Array:
    return np.fromiter(values, dtype=np.int64)
