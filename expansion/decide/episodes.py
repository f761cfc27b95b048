"""Episodes: from a firing until the trigger is certainly over. Never two open for one account and trigger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from expansion.decide.calendar import start_of_day_after
from expansion.decide.firing import LastEpisode
from expansion.evaluate.results import Answers
from expansion.language.values import Span


@dataclass(frozen=True)
class Candidate:
    """An account whose trigger became true: a new episode begins."""

    account_id: str
    episode: int


@dataclass(frozen=True)
class Cooling:
    """An account whose trigger is true again, within `quiet_for` of its last firing."""

    trigger: str
    account_id: str
    until: datetime


@dataclass(frozen=True)
class Changes:
    """What one evaluation changes in a trigger's episodes, each in the order of account ids."""

    begins: tuple[Candidate, ...]
    ends: tuple[str, ...]
    cooling: tuple[Cooling, ...]


def changes(
    answers: Answers,
    open_episodes: Collection[str],
    last: Mapping[str, LastEpisode],
    quiet_for: Span | None,
    zone: ZoneInfo,
) -> Changes:
    """Which episodes begin, which end, and which accounts must wait.

    A cannot tell neither begins nor ends an episode, even beside a yes. When a trigger without `clears_below` is over
    is the evaluator's word: `cleared` holds the accounts for which it is certainly no longer true.

    The cooldown counts from the firing, not from its clearing, and whatever was decided about it: held-out accounts
    keep the same rhythm as the others, or lift could not be compared. In days, weeks or months it is over when that
    day begins in the policy's zone, so that a run which starts a second earlier than last time does not lose a day.
    """
    told = answers.yes - answers.unknown.keys()
    waits = [
        Cooling(answers.trigger, account, until)
        for account in sorted(told - set(open_episodes))
        if (until := quiet_until(last.get(account), quiet_for, zone)) and answers.as_of < until
    ]
    begins = sorted(told - set(open_episodes) - {wait.account_id for wait in waits})
    ends = sorted((answers.cleared & set(open_episodes)) - answers.yes - answers.unknown.keys())
    return Changes(tuple(Candidate(each, _next(last.get(each))) for each in begins), tuple(ends), tuple(waits))


def quiet_until(last: LastEpisode | None, quiet_for: Span | None, zone: ZoneInfo) -> datetime | None:
    """From when an account may fire again; None where nothing holds it."""
    if last is None or quiet_for is None:
        return None
    return start_of_day_after(last.fired_at, quiet_for, zone)


def _next(last: LastEpisode | None) -> int:
    return 1 if last is None else last.episode + 1
