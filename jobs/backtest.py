"""What triggers would have done over a stretch of history, and how often they would have been right. Nothing is written
or sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from expansion.evaluate.results import Answer
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Trigger
from expansion.language.yaml.files import Files, Overlaid
from expansion.measure.replay import Replayed, replay
from expansion.measure.scores import Bought, Eligible, Score, apart, score
from expansion.records.outcomes import OutcomeRecord
from expansion.text.for_people import ForPeople
from jobs.days import Then, days, ends_of_days, reaches_to
from jobs.decide import trigger_called
from jobs.definitions import Definitions, read_definitions
from jobs.place import Place


class CannotBacktest(ForPeople):
    """There is not enough to go by, or nothing to ask."""


@dataclass(frozen=True)
class Backtest:
    """The scores of each trigger over the same days, in the order of their names."""

    first: date
    last: date
    zone: ZoneInfo
    currency: str
    triggers: tuple[Trigger, ...]
    scores: tuple[Score, ...]
    replayed: Replayed
    outcomes: int  # that are known at all
    is_draft: bool
    minutes: Mapping[str, int | None]  # tier -> of a seller, a conversation


def draft_of(place: Place, file: Path) -> tuple[str, Definitions]:
    """The trigger that a file drafts, and the definitions with it in the place of the one there is."""
    name, path = file.stem, f"triggers/{file.name}"
    if not file.is_file():
        raise CannotBacktest(
            f"there is no file {file}\n\nhint: `--draft` takes a trigger's file, like `seat-limit.yaml`"
        )
    files: Files = Overlaid(place.files, path, file)
    return name, read_definitions(files, place.catalog)


def triggers_of(definitions: Definitions, names: Collection[str]) -> list[Trigger]:
    """Those named, or all; drafts too: that is what a backtest is for."""
    known = definitions.workspace.triggers
    chosen = [trigger_called(definitions, name) for name in sorted(set(names))] if names else list(known.values())
    if not chosen:
        raise CannotBacktest("there is no trigger yet\n\nhint: write one in playbooks/triggers")
    return sorted(chosen, key=lambda one: one.trigger)


def backtest(
    place: Place,
    definitions: Definitions,
    triggers: Sequence[Trigger],
    outcomes: Sequence[OutcomeRecord],
    first: date,
    last: date,
    now: datetime,
) -> Backtest:
    """Play the triggers from the end of the first day to that of the last, and hold them against what came."""
    moments = ends_of_days(first, last, definitions.zone)
    _must_be_past(moments, now, definitions.zone)
    known_until = _known_until(place, definitions, outcomes, now)
    policy = definitions.workspace.policy
    replayed = replay(triggers, policy, days(place, definitions, triggers, moments))
    eligible = cache(partial(_eligible, Then.of(place, definitions, moments)))
    scored = [_scored(definitions, trigger, replayed, outcomes, known_until, eligible) for trigger in triggers]
    return Backtest(
        first,
        last,
        definitions.zone,
        policy.currency,
        tuple(triggers),
        tuple(scored),
        replayed,
        len(outcomes),
        is_draft=isinstance(definitions.files, Overlaid),
        minutes={name: tier.minutes for name, tier in policy.tiers.items()},
    )


USUAL = 180  # days, where nobody says how many


def stretch(
    place: Place, definitions: Definitions, first: date | None, last: date | None, now: datetime
) -> tuple[date, date]:
    """The days to play: those that were named, else the last of which anything is known, and so many before."""
    if last is None:
        until = min(_stored_until(place, definitions, now), now)
        last = until.astimezone(definitions.zone).date()
        if last == now.astimezone(definitions.zone).date():
            last -= timedelta(days=1)
    return first or last - timedelta(days=USUAL - 1), last


def _scored(
    definitions: Definitions,
    trigger: Trigger,
    replayed: Replayed,
    outcomes: Sequence[OutcomeRecord],
    known_until: datetime,
    eligible: Callable[[str | None, datetime], Eligible],
) -> Score:
    tier = definitions.workspace.policy.tiers[trigger.leads_to]
    bought = Bought.of(outcomes, trigger.leads_to, tier.attribution, definitions.zone)
    asked = [eligible(trigger.accounts, at) for at in apart(replayed.moments, bought)]
    return score(trigger.trigger, trigger.leads_to, replayed, bought, asked, known_until)


def _eligible(then: Then, cohort: str | None, at: datetime) -> Eligible:
    """The accounts of a trigger's cohort at a moment; all that were there where it has none."""
    evaluator = then.evaluator(at)
    there = evaluator.accounts()
    if cohort:
        answers = evaluator.holds([Condition(cohort=cohort)], there)
        there = [account for account in there if answers[account] is Answer.YES]
    return Eligible(at, frozenset(there))


def _known_until(place: Place, definitions: Definitions, outcomes: Sequence[OutcomeRecord], now: datetime) -> datetime:
    """Up to when what came is known: as far as anything is, or the newest outcome."""
    newest = [one.at for one in outcomes if one.at <= now]
    return min(max([_stored_until(place, definitions, now), *newest]), now)


def _stored_until(place: Place, definitions: Definitions, now: datetime) -> datetime:
    until = reaches_to(place, definitions, now)
    if until is None:
        raise CannotBacktest(
            "nothing is stored, so there is no history to go by\n\nhint: `expansion pull` brings in what the "
            "connected systems know, `expansion import` what files hold"
        )
    return until


def _must_be_past(moments: Sequence[datetime], now: datetime, zone: ZoneInfo) -> None:
    if not moments:
        raise CannotBacktest("the last day lies before the first\n\nhint: `--from` is the earlier one")
    if moments[-1] > now:
        today = now.astimezone(zone).date()
        raise CannotBacktest(
            f"the last day is not over yet\n\nhint: history ends yesterday: `--to {today - timedelta(days=1)}`"
        )
