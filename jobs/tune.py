"""One number of a trigger, chosen on earlier history and judged on later. A patch where it is better; it is written
into the trigger's file only where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date
from expansion.evaluate.source import Source
from expansion.history.over import engines_over
from expansion.history.population import first_seen
from expansion.language.model.models import Trigger
from expansion.language.model.values import Span
from expansion.language.yaml.layout import find
from expansion.language.yaml.reading import read
from expansion.measure.curves import Stretch
from expansion.measure.dials import Dial, dial_called
from expansion.measure.judging import judged, longest, millis, moment_of, of_tier
from expansion.measure.patch import Patch, patched
from expansion.measure.played import Game, Then, spread
from expansion.measure.tune import TooLittleHistory, Tuned, halves, tune
from expansion.measure.turned import Turning
from expansion.records.outcomes import OutcomeRecord
from jobs.days import ends_of_days
from jobs.decide import trigger_called
from jobs.definitions import Definitions
from jobs.outcomes import collect
from jobs.place import Place

USUAL = 365  # days, where nobody says how many
_LARGEST = 1_000_000  # bytes of a definition: see reading.py


@dataclass(frozen=True)
class Tuning:
    """What came of it. `earlier` and `later`: the first and the last day whose firings chose, and judged."""

    trigger: Trigger
    dial: Dial
    window: Span
    earlier: tuple[date, date]
    later: tuple[date, date]
    tuned: Tuned
    patch: Patch | None  # None: no better than today


def tune_trigger(
    place: Place, name: str, number: str | None, first: date | None, last: date | None, now: datetime
) -> Tuning:
    """Play a trigger at every setting of one of its numbers, and hold its firings against what came."""
    definitions = place.definitions
    trigger = trigger_called(definitions, name)
    dial = dial_called(trigger, number)
    window = definitions.workspace.policy.tiers[trigger.leads_to].attribution
    outcomes = of_tier(collect(place, now), trigger.leads_to)
    known = _known_until(place, definitions, outcomes, now)
    moments = _moments(place, first, last, known, definitions)
    parts = halves(millis(moments[0]), millis(moments[-1]), millis(known), longest(window))
    game = Game.of(definitions.vocabulary, trigger, dial)
    tried = game.settings(_engines(place, definitions, trigger, list(spread(moments))))
    turning = Turning.of(game.compiled, dial, tried)
    played = game.play(turning, _engines(place, definitions, trigger, moments), moments)
    found = tune(judged(played, outcomes, window, definitions.zone), turning.settings, dial.value, parts)
    patch = _patch(place, name, dial, found) if found.is_better else None
    days = [_days(part, definitions.zone) for part in (parts.earlier, parts.later)]
    return Tuning(trigger, dial, window, days[0], days[1], found, patch)


def apply(place: Place, patch: Patch) -> Path:
    """Write the patch into its file; which file that is."""
    path = place.settings.playbooks / patch.path
    beginning = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    path.write_bytes(beginning + patch.after.encode())
    return path


def _patch(place: Place, name: str, dial: Dial, found: Tuned) -> Patch:
    path = find(place.files).triggers[name]
    text = place.files.read(path, _LARGEST).decode("utf-8-sig")
    return patched(path, text, read(place.files, path), dial.at, dial.shown(found.chosen))


def _engines(place: Place, definitions: Definitions, trigger: Trigger, moments: Sequence[datetime]) -> Iterator[Then]:
    """The trigger's engine at each moment, by what was known then."""

    def source(moment: datetime) -> Source:
        return place.events.relations(moment, looking=place.looking)

    return engines_over(source, definitions.vocabulary, moments, of_users=trigger.who == "users")


def _known_until(place: Place, definitions: Definitions, outcomes: Sequence[OutcomeRecord], now: datetime) -> datetime:
    """Up to when what came is known: as far as events reach, or the newest outcome."""
    until = place.evaluator(definitions, now).known_until()
    newest = [one.at for one in outcomes if one.at <= now]
    if until is None or not outcomes:
        what = "no event is stored" if until is None else "no expansion is known"
        raise TooLittleHistory(
            f"{what}, so there is nothing to choose by\n\n"
            "hint: `expansion pull` and `expansion import` bring in events; docs/measuring.md says how expansions come"
        )
    return min(max([until, *newest]), now)


def _moments(
    place: Place, first: date | None, last: date | None, known: datetime, definitions: Definitions
) -> list[datetime]:
    """The last moments of the days to play: up to the last one that is over, from the first one that anything is known
    of, and at most a year unless somebody says so."""
    zone = definitions.zone
    today = local_date(known, zone)
    end = min(last or today, today - timedelta(days=1))
    seen = first_seen(place.events.relations(known, looking=place.looking)) or known
    begin = max(first or end - timedelta(days=USUAL - 1), local_date(seen, zone))
    if begin >= end:
        raise TooLittleHistory(f"no days of history lie between {begin} and {end}\n\nhint: `--from` is the earlier one")
    return ends_of_days(begin, end, zone)


def _days(part: Stretch, zone: ZoneInfo) -> tuple[date, date]:
    return local_date(moment_of(part.start), zone), local_date(moment_of(part.end - 1), zone)
