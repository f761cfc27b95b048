"""What triggers would have done over a stretch of history: their firings day by day, each decided as a run would.

The same functions decide as in a run: episodes, cooldowns, suppressions, the holdout, the flood brake, the playbook.
Three things are not played: nobody pauses, snoozes or approves, nobody's attention budget runs out, and what is true on
the first day is noted and counts nowhere, since nobody knows when it began.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from zoneinfo import ZoneInfo

from expansion.accounts.priority import priorities
from expansion.calendar.spans import span_from
from expansion.decide.episodes import Candidate, Changes, changes
from expansion.decide.flood import PAST_RUNS, per_day
from expansion.decide.history import OfNow
from expansion.decide.rulings import Ruling, TriggerPast, rulings
from expansion.evaluate.results import Answers, Evaluator
from expansion.language.model.models import Policy, Trigger
from expansion.language.model.values import Span
from expansion.measure.past import Onset, Past
from expansion.measure.together import Together
from expansion.records.firing import Conversation, subject_of
from expansion.usage.identity.former_ids import NOBODY, FormerIds

OLD_NEWS = "true on the first day already: nobody knows since when"
_SEED = Ruling("quiet", OLD_NEWS)
_Ruled = tuple[Mapping[Candidate, Ruling], Mapping[str, Decimal | None]]  # and what each account is worth
_NOTHING: _Ruled = ({}, {})


@dataclass(frozen=True)
class Day:
    """One moment of history: what every trigger answers, and what else is asked about those who fire.

    `evaluator` is asked for only where somebody fires: to open the store as of a moment takes longer than to decide.
    """

    at: datetime
    answers: Mapping[str, Answers]
    evaluator: Callable[[], Evaluator]
    ids: FormerIds = NOBODY


@dataclass(frozen=True)
class Replayed:
    """The firings of a stretch of history, in the order in which they came."""

    moments: tuple[datetime, ...]
    onsets: tuple[Onset, ...]  # those of the first day too
    unknown: Mapping[str, int]  # trigger -> on how many of the days it could not be told for somebody
    seeds: Collection[int] = field(default_factory=frozenset)  # ids of those that were true on the first day

    def of(self, trigger: str) -> list[Onset]:
        """Its firings; without what was true on the first day."""
        return [one for one in self.onsets if one.trigger == trigger and one.id not in self.seeds]

    def true_at_first(self, trigger: str) -> list[Onset]:
        return [one for one in self.onsets if one.trigger == trigger and one.id in self.seeds]


def replay(triggers: Sequence[Trigger], policy: Policy, days: Iterable[Day]) -> Replayed:
    """Play the days one after the other. Each trigger counts as live, whatever its status."""
    playing = _Playing([as_live(one) for one in triggers], policy)
    for day in days:
        playing.play(day)
    return playing.result()


def as_live(trigger: Trigger) -> Trigger:
    """The same trigger, as if nobody only watched it."""
    return trigger if trigger.status == "live" else trigger.model_copy(update={"status": "live"})


def _together(day: Day, changed: Iterable[Changes]) -> Evaluator:
    """What answers about all of a day's candidates, of whatever trigger."""
    accounts = {one.account_id for change in changed for one in (*change.begins, *change.again)}
    return Together(day.evaluator(), sorted(accounts))


@dataclass
class _Playing:
    triggers: Sequence[Trigger]
    policy: Policy
    past: Past = field(default_factory=Past)
    moments: list[datetime] = field(default_factory=list)
    seeds: int = 0  # so many of the onsets are of the first day
    unknown: dict[str, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.policy.time_zone)

    def play(self, day: Day) -> None:
        if self.moments and day.at <= self.moments[-1]:
            raise ValueError(f"{day.at} does not come after {self.moments[-1]}")
        history, is_first = OfNow(self.past, day.ids), not self.moments
        changed = {one.trigger: self._changes(one, day.answers[one.trigger], history) for one in self.triggers}
        asking = cache(partial(_together, day, changed.values()))
        ruled = {
            one.trigger: (dict.fromkeys(changed[one.trigger].begins, _SEED), {})
            if is_first
            else self._ruled(one, changed[one.trigger], history, asking)
            for one in self.triggers
        }
        for name, change in changed.items():
            self._write(name, change, ruled[name], history, day.at)
        self.moments.append(day.at)
        self.seeds = self.seeds or (len(self.past.onsets) if is_first else 0)
        for name in changed:
            self.unknown[name] = self.unknown.get(name, 0) + bool(day.answers[name].unknown)

    def _changes(self, trigger: Trigger, answers: Answers, history: OfNow) -> Changes:
        still_open, last = history.open_episodes(trigger.trigger), history.last_episode(trigger.trigger)
        return changes(answers, still_open, last, trigger.quiet_for, self.zone)

    def _ruled(self, trigger: Trigger, changed: Changes, history: OfNow, asking: Callable[[], Evaluator]) -> _Ruled:
        candidates = (*changed.begins, *changed.again)
        if not candidates:
            return _NOTHING
        evaluator = asking()
        at = evaluator.as_of

        def began(span: Span) -> Sequence[Conversation]:
            return history.conversations(span_from(at, span, self.zone), at + timedelta(microseconds=1))

        today, counts = self._counts(trigger, candidates, history, at)
        past = TriggerPast(counts, today, began=began)
        accounts = list(dict.fromkeys(one.account_id for one in changed.begins))
        worth = priorities(self.policy.tiers[trigger.leads_to], accounts, self.policy.currency, evaluator)
        ruled = rulings(trigger, candidates, self.policy, evaluator, past)
        return ruled, {account: one.expected for account, one in worth.items()}

    def _counts(
        self, trigger: Trigger, candidates: Sequence[Candidate], history: OfNow, at: datetime
    ) -> tuple[int, Sequence[int]]:
        """As a run counts: see decide._counts."""
        if trigger.check != "on_event":
            return 0, history.past_counts(trigger.trigger, PAST_RUNS)
        fired = history.fired(trigger.trigger, at - timedelta(days=PAST_RUNS), at)
        return per_day(fired, at, self.zone, {each.account_id for each in candidates})

    def _write(self, name: str, changed: Changes, ruled: _Ruled, history: OfNow, at: datetime) -> None:
        ends, moves = history.ends(name), history.moves(name)
        for ended in ends:
            self.past.supersede(ended, at)
        for moved in moves:
            self.past.move(moved)
        self.past.rule(name, at, *ruled)
        for over in changed.ends:
            self.past.end(name, subject_of(over.account_id, over.user_id), at)

    def result(self) -> Replayed:
        seeds = frozenset(one.id for one in self.past.onsets[: self.seeds])
        return Replayed(tuple(self.moments), tuple(self.past.onsets), dict(self.unknown), seeds)
