"""What may tell that an account is about to buy more, one value each, as it was known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np

from expansion.measure.calibration import Flags, Floats

Area = Literal["triggers", "usage", "engagement", "firmographics", "deals"]
# How a value is said: see words.py.
Form = Literal[
    "trigger", "line", "times", "people", "days", "growth", "growth of people", "amount", "number", "text", "yes_no",
    "past", "ahead", "share",
]  # fmt: skip
LEVELS = 6  # values of a text that are told apart; rarer ones are "another"


@dataclass(frozen=True)
class Feature:
    """One column. Those of a `group` say much the same, so that only together they have an effect worth naming."""

    key: str
    group: str
    area: Area
    form: Form
    title: str  # of the trigger, the event, the fact
    level: str = ""  # of a text: the value that is meant
    days: int = 0  # of a count: how far back


@dataclass(frozen=True)
class Observed:
    """All accounts that were there at a moment. NaN and None: not known then, which is never nought."""

    moment: datetime
    accounts: Sequence[str]
    numbers: Mapping[Feature, Floats]
    texts: Mapping[Feature, Sequence[str | None]] = field(default_factory=dict)


def columns(observed: Sequence[Observed]) -> tuple[Feature, ...]:
    """The columns of all these moments: each text as one for each of its commonest values."""
    numbers = dict.fromkeys(feature for one in observed for feature in one.numbers)
    texts = dict.fromkeys(feature for one in observed for feature in one.texts)
    levels = (level for feature in texts for level in _levels(feature, observed))
    return (*numbers, *levels)


def values(observed: Observed, wanted: Sequence[Feature]) -> Floats:
    """A row for each account, a column for each feature."""
    found = np.full((len(observed.accounts), len(wanted)), np.nan)
    of_text = {feature.key: told for feature, told in observed.texts.items()}
    for place, feature in enumerate(wanted):
        if feature.level:
            found[:, place] = _is(of_text.get(feature.group), feature.level, len(observed.accounts))
        elif feature in observed.numbers:
            found[:, place] = observed.numbers[feature]
    return found


def usage(event: str, counts: Mapping[str, Floats], area: Area = "usage") -> dict[Feature, Floats]:
    """What the counts of an event say: how much of it there is, and whether it grows.

    `counts`: by what is counted and how many days; `before` are those of the stretch of the same length before; a
    number for each account. Counts are taken as logarithms: ten more of ten are news, of ten thousand they are none.
    Growth is the logarithm of the one over the other, with one added to each, so that one after none is no miracle.
    """
    return {
        _of(area, event, "times", 28): np.log1p(counts["times 28"]),
        _of(area, event, "people", 28): np.log1p(counts["people 28"]),
        _of(area, event, "days", 28): counts["days 28"],
        _of(area, event, "growth", 7): _growth(counts["times 7"], counts["times 7 before"]),
        _of(area, event, "growth", 28): _growth(counts["times 28"], counts["times 28 before"]),
        _of(area, event, "growth of people", 28): _growth(counts["people 28"], counts["people 28 before"]),
    }


def amounts(told: Floats) -> Floats:
    """Facts that are numbers, by their order of magnitude: contracts of a thousand and a million differ by steps."""
    return np.sign(told) * np.log1p(np.abs(told))


@dataclass(frozen=True)
class Deal:
    """An expansion, as far as the speed of deals goes."""

    account_id: str
    at: datetime


def deal_velocity(
    moment: datetime, accounts: Sequence[str], deals: Iterable[Deal], size: Floats
) -> dict[Feature, Floats]:
    """How fast this account bought more before, and accounts of its size do. `deals`: those known at the moment.

    `size`: what the account is worth now; NaN where that is not known. Accounts are compared within thirds by it; an
    account does not count among those that it is compared with.
    """
    place = {account: index for index, account in enumerate(accounts)}
    own: list[list[datetime]] = [[] for _ in accounts]
    for deal in deals:
        if deal.account_id in place and deal.at <= moment:
            own[place[deal.account_id]].append(deal.at)
    since = np.array([_days(moment, max(each)) if each else np.nan for each in own])
    between = np.array([_days(max(each), min(each)) / (len(each) - 1) if len(each) > 1 else np.nan for each in own])
    lately = np.array([sum(_days(moment, at) <= 365 for at in each) for each in own], dtype=float)
    return {
        _deals("since", "past", "The last expansion"): since,
        _deals("between", "past", "Between its expansions"): between,
        _deals("count", "number", "Expansions in a year"): lately,
        _deals("peers", "share", "Accounts of its size that expanded in a year"): _among_peers(lately > 0, size),
    }


def _among_peers(did: Flags, size: Floats) -> Floats:
    """The share among the others of an account's third by size; NaN where its size is not known or it is alone."""
    found, known = np.full(len(did), np.nan), np.flatnonzero(~np.isnan(size))
    order = known[np.argsort(size[known], kind="stable")]
    for third in np.array_split(order, 3):
        if len(third) > 1:
            found[third] = (did[third].sum() - did[third]) / (len(third) - 1)
    return found


def _days(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 86_400


def _deals(key: str, form: Form, title: str) -> Feature:
    return Feature(f"deals:{key}", f"deals:{key}", "deals", form, title)


def _of(area: Area, event: str, form: Form, days: int) -> Feature:
    return Feature(f"usage:{event}:{form}:{days}", f"usage:{event}", area, form, event, days=days)


def _growth(now: Floats, before: Floats) -> Floats:
    return np.log((now + 1) / (before + 1))


def _levels(feature: Feature, observed: Sequence[Observed]) -> list[Feature]:
    """The commonest values of a text. With equal counts the alphabet decides."""
    seen: dict[str, int] = {}
    for text in (text for one in observed for text in one.texts.get(feature, ()) if text):
        seen[text] = seen.get(text, 0) + 1
    first = sorted(seen, key=lambda text: (-seen[text], text))[:LEVELS]
    if len(seen) > len(first) and seen[first[-1]] < 0.01 * sum(seen.values()):
        return []  # nearly everybody has another one: a name or an id
    return [Feature(f"{feature.key}={text}", feature.key, feature.area, "text", feature.title, text) for text in first]


def _is(told: Sequence[str | None] | None, level: str, count: int) -> Floats:
    if told is None:
        return np.full(count, np.nan)
    return np.array([np.nan if text is None else float(text == level) for text in told])
