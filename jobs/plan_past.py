"""The last weeks by two versions of the definitions: every day decided by both, as a run of that day would have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from expansion.calendar.spans import local_date
from expansion.evaluate.results import Answers
from expansion.language.model.models import Trigger
from expansion.measure.replay import Replayed, replay
from expansion.plan.affected import affected, mean_the_same
from expansion.plan.past import PastOf, past_of
from jobs.days import Then, days, ends_of_days
from jobs.decide import triggers_to_check
from jobs.definitions import Definitions
from jobs.place import Place

DAYS = 30
_OLD = " before"  # behind the name of a trigger as it was; no name holds a blank


@dataclass(frozen=True)
class Past:
    """What the touched triggers would have done in these days, by either version."""

    first: date
    last: date
    asked_for: int  # days; there are fewer where the store does not reach back so far
    triggers: tuple[PastOf, ...]
    untold: Mapping[str, int]  # trigger -> on how many days the new version could not be told for somebody
    names: Mapping[str, str]  # what the accounts are called that fire by one version alone

    @property
    def days(self) -> int:
        """None at all where no day before this one is stored."""
        return max(0, (self.last - self.first).days + 1)


def past(place: Place, old: Definitions, new: Definitions, as_of: datetime, days: int = DAYS) -> Past | None:
    """Both versions over the days that have ended; None where nothing is touched that a run asks.

    The day before them is played too: what is true then has begun at a time that nobody knows, and counts nowhere.
    """
    was, now = touched(old, new)
    last = local_date(as_of, new.zone) - timedelta(days=1)
    first = max(last - timedelta(days=days - 1), _reaches_back(place, new) + timedelta(days=1))
    if not (was or now):
        return None
    if first > last:
        return Past(first, last, days, (), {}, {})
    moments = ends_of_days(first - timedelta(days=1), last, new.zone)
    before, after = _played(place, (old, was), (new, now), moments)
    found = [
        past_of(name, before.of(name), after.of(name), moments[1:], new.zone)
        for name in sorted({one.trigger for one in (*was, *now)})
    ]
    return Past(first, last, days, tuple(found), dict(after.unknown), _names(place, new, moments[-1], found))


def touched(old: Definitions, new: Definitions) -> tuple[list[Trigger], list[Trigger]]:
    """The triggers of either version that a run asks, and about which the edit may have it decide otherwise."""
    names = set(affected(old.workspace, new.workspace))
    guarded = old.workspace.policy != new.workspace.policy  # guard rails hold for every trigger
    was, now = ([one for one in triggers_to_check(side) if guarded or one.trigger in names] for side in (old, new))
    return was, now


_Side = tuple[Definitions, Sequence[Trigger]]


def _played(place: Place, old: _Side, new: _Side, moments: Sequence[datetime]) -> tuple[Replayed, Replayed]:
    """Both replays; where all words mean the same, both versions are asked together: history is read once."""
    if not mean_the_same(old[0].workspace, new[0].workspace):
        return _alone(place, *old, moments), _alone(place, *new, moments)
    both = [*new[1], *(one.model_copy(update={"trigger": f"{one.trigger}{_OLD}"}) for one in old[1])]
    asked, then = list(place.answers_over(new[0], both, moments)), Then.of(place, new[0], moments)
    as_it_was = [(at, {one.trigger: _called(found, one) for one in old[1]}) for at, found in asked]
    return (
        replay(old[1], old[0].workspace.policy, (then.day(*one) for one in as_it_was)),
        replay(new[1], new[0].workspace.policy, (then.day(*one) for one in asked)),
    )


def _alone(
    place: Place, definitions: Definitions, triggers: Sequence[Trigger], moments: Sequence[datetime]
) -> Replayed:
    return replay(triggers, definitions.workspace.policy, days(place, definitions, triggers, moments))


def _called(found: Mapping[str, Answers], trigger: Trigger) -> Answers:
    return replace(found[f"{trigger.trigger}{_OLD}"], trigger=trigger.trigger)


def _reaches_back(place: Place, definitions: Definitions) -> date:
    """The first day of which the events of every source are known; where there are none, any day."""
    named: list[str | None] = [events.from_ for events in definitions.workspace.facts.events]
    spans = [found for source in named or [None] if (found := place.stored.spans(source))]
    return max((local_date(each[0][0], definitions.zone) for each in spans), default=date.min)


def _names(place: Place, definitions: Definitions, at: datetime, found: Iterable[PastOf]) -> dict[str, str]:
    """By id; where no fact names accounts, each is called by its id."""
    accounts = {account for one in found for account in (*one.added, *one.dropped)}
    fact = definitions.workspace.policy.account.name
    said = place.evaluator(definitions, at).fact(fact, accounts) if fact and accounts else {}
    return {account: (said[account].as_text if account in said else None) or account for account in sorted(accounts)}
