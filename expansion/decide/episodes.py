"""Episodes: from a firing until the trigger is certainly over. Never two open for one trigger and account.

For a trigger about people every person has episodes of their own, so that "account" here stands for either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from expansion.calendar.spans import start_of_day_after
from expansion.evaluate.results import Answers
from expansion.evaluate.subjects import Subject, account_of, user_of
from expansion.language.model.values import Span
from expansion.records.firing import AGAIN, HELD, Cleared, LastEpisode, OpenEpisode, subject_of

_NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Candidate:
    """An account whose trigger became true, so that a new episode begins; or whose open episode is decided again."""

    account_id: str
    episode: int
    user_id: str = ""
    was: OpenEpisode | None = None  # what was decided about the open episode
    approved_by: str | None = None  # who lets it go, or did, where it was held for a person

    @property
    def has_passed(self) -> bool:
        """Whether it is past the flood brake and the quiet first run."""
        return self.approved_by is not None or (self.was is not None and self.was.has_passed)

    @property
    def subject(self) -> Subject:
        return subject_of(self.account_id, self.user_id)


@dataclass(frozen=True)
class Cooling:
    """An account whose trigger is true again, within `quiet_for` of its last firing."""

    trigger: str
    account_id: str
    until: datetime
    user_id: str = ""


@dataclass(frozen=True)
class Changes:
    """What one evaluation changes in a trigger's episodes, each in the order of account and user ids."""

    begins: tuple[Candidate, ...]
    ends: tuple[Cleared, ...]
    cooling: tuple[Cooling, ...]
    again: tuple[Candidate, ...] = ()  # open episodes to decide about again


def changes(
    answers: Answers,
    open_episodes: Mapping[Subject, OpenEpisode],
    last: Mapping[Subject, LastEpisode],
    quiet_for: Span | None,
    zone: ZoneInfo,
    released: Mapping[str, str] = _NOBODY,
) -> Changes:
    """Which episodes begin, which end, and which accounts must wait.

    A cannot tell neither begins nor ends an episode, even beside a yes. When a trigger without `clears_below` is over
    is the evaluator's word: `cleared` holds the accounts for which it is certainly no longer true. About people who
    left the account nobody asks any more: their episodes end.

    The cooldown counts from the firing, not from its clearing, and whatever was decided about it: held-out accounts
    keep the same rhythm as the others, or lift could not be compared. In days, weeks or months it is over when that
    day begins in the policy's zone, so that a run which starts a second earlier than last time does not lose a day.
    """
    still_open, name = frozenset(open_episodes), answers.trigger
    new = answers.yes - answers.unknown.keys() - still_open
    waits = {
        each: until for each in new if (until := quiet_until(last.get(each), quiet_for, zone)) and answers.as_of < until
    }
    over = (answers.cleared & still_open) | (answers.left & still_open)
    over = over - answers.yes - answers.unknown.keys()
    return Changes(
        tuple(Candidate(account, _next(last.get(each)), user) for each, account, user in _ordered(new - waits.keys())),
        tuple(Cleared(name, account, user) for _, account, user in _ordered(over)),
        tuple(Cooling(name, account, waits[each], user) for each, account, user in _ordered(waits)),
        again(answers, open_episodes, released),
    )


def again(
    answers: Answers, open_episodes: Mapping[Subject, OpenEpisode], released: Mapping[str, str]
) -> tuple[Candidate, ...]:
    """The open episodes to decide about again: what kept them may have lapsed, or a person lets them go.

    `released` gives who lets an account go. Only where the trigger is certainly still true; and a run over an earlier
    day does not decide about what was decided later.
    """
    still = (answers.yes & open_episodes.keys()) - answers.unknown.keys()
    found = []
    for each, account, user in _ordered(still):
        was = open_episodes[each]
        by = was.approved_by or (released.get(account) if was.decision in HELD else None)
        if was.decided_at <= answers.as_of and (was.decision in AGAIN or (was.decision in HELD and by)):
            found.append(Candidate(account, was.episode, user, was, by))
    return tuple(found)


def _ordered(subjects: Iterable[Subject]) -> list[tuple[Subject, str, str]]:
    """Each with its account and its person, in the order of these."""
    return sorted(((each, account_of(each), user_of(each)) for each in subjects), key=lambda one: one[1:])


def quiet_until(last: LastEpisode | None, quiet_for: Span | None, zone: ZoneInfo) -> datetime | None:
    """From when an account may fire again; None where nothing holds it."""
    if last is None or quiet_for is None:
        return None
    return start_of_day_after(last.fired_at, quiet_for, zone)


def _next(last: LastEpisode | None) -> int:
    return 1 if last is None else last.episode + 1
