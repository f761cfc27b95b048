"""Which behaviours came before expansions, over what is stored; drafts of triggers, written only where asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from expansion.calendar.spans import add_span, local_date
from expansion.evaluate.compile import Compiler
from expansion.evaluate.logic import YES
from expansion.evaluate.numbers import Array
from expansion.evaluate.source import Source
from expansion.evaluate.subjects import account_of
from expansion.history.over import engines_over
from expansion.history.population import first_seen
from expansion.language.model.conditions import Condition
from expansion.language.model.values import Span
from expansion.measure.behaviours import WINDOWS, Asked, Number, numbers
from expansion.measure.discover import Discovered, Finding, NothingToDiscover, discover
from expansion.measure.drafts import Around, Draft, draft
from expansion.measure.matched import Rows
from expansion.measure.scores import Bought
from expansion.records.outcomes import OutcomeRecord
from jobs.days import ends_of_days
from jobs.definitions import Definitions
from jobs.outcomes import collect
from jobs.place import Place

EVERY = 28  # days between moments, and after each
USUAL = 540  # days, where nobody says how many
_EVENTS = 60  # the commonest; each is tried in fourteen ways
_FEWEST_MOMENTS = 4


@dataclass(frozen=True)
class Discovery:
    """What came of it: the first and the last moment, the events that were tried, the drafts beside the findings."""

    first: date
    last: date
    events: tuple[str, ...]
    size: str  # what accounts of the same size have in common
    discovered: Discovered
    drafts: tuple[Draft, ...]


def discover_behaviours(
    place: Place, cohort: str | None, first: date | None, last: date | None, now: datetime
) -> Discovery:
    """Look at every account each four weeks, and hold what it had done against what it bought after."""
    definitions = place.definitions
    outcomes = [one for one in collect(place, now) if one.kind == "expansion"]
    known = _known_until(place, definitions, outcomes, now)
    moments = _moments(place, definitions, first, last, known)
    events = _events(place, moments[-1])
    windows = [one for one in WINDOWS if one <= (moments[0] - _seen(place, known)).days]
    passed_over = _passed_over(definitions)
    events = [one for one in events if one not in passed_over]
    wanted = [one for one in numbers(definitions.workspace.facts, events, windows) if one.subject not in passed_over]
    looked = list(_looked_at(place, definitions, moments, wanted, cohort))
    rows, values = _rows(looked, moments, outcomes, definitions)
    found = discover(rows, wanted, values)
    drafts = _drafts(definitions, found.found, outcomes, cohort)
    zone, value = definitions.zone, definitions.workspace.policy.account.value
    size = f"{value}, else people seen in four weeks" if value else "people seen in four weeks"
    return Discovery(local_date(moments[0], zone), local_date(moments[-1], zone), tuple(events), size, found, drafts)


def write(place: Place, one: Draft) -> list[Path]:
    """The draft's files; a trigger that there is already is not written over: names are free ones."""
    texts = {"triggers": one.trigger, "cases": one.cases}
    written = []
    for folder, text in texts.items():
        if text is not None:
            path = place.settings.playbooks / folder / f"{one.name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _moments(
    place: Place, definitions: Definitions, first: date | None, last: date | None, known: datetime
) -> list[datetime]:
    """Every four weeks, the last of them four weeks before what is known ends. The first has a quarter to look back on,
    or in a short history four weeks."""
    zone, seen = definitions.zone, local_date(_seen(place, known), definitions.zone)
    end = min(last or date.max, local_date(known, zone) - timedelta(days=EVERY + 1))
    for back in (max(WINDOWS), EVERY):
        begin = max(first or end - timedelta(days=USUAL), seen + timedelta(days=back))
        days = [end - timedelta(days=EVERY * n) for n in range((end - begin).days // EVERY + 1)]
        if len(days) >= _FEWEST_MOMENTS:
            return [ends_of_days(one, one, zone)[0] for one in reversed(days)]
    there, need = (local_date(known, zone) - seen).days, EVERY * (_FEWEST_MOMENTS + 1)
    raise NothingToDiscover(
        f"history with outcomes is {there} days long, and {need} are needed in what is looked at:"
        f" {_FEWEST_MOMENTS} moments four weeks apart, with four weeks before and after\n\n"
        "hint: begin earlier with --from, or bring in events and outcomes from before"
    )


def _seen(place: Place, known: datetime) -> datetime:
    return first_seen(_source(place, known)) or known


def _source(place: Place, at: datetime) -> Source:
    return place.events.relations(at, looking=place.looking)


def _known_until(place: Place, definitions: Definitions, outcomes: Sequence[OutcomeRecord], now: datetime) -> datetime:
    until = place.evaluator(definitions, now).known_until()
    if until is None or not outcomes:
        what = "no event is stored" if until is None else "no expansion is known"
        raise NothingToDiscover(
            f"{what}, so nothing can be said to come before one\n\n"
            "hint: `expansion pull` and `expansion import` bring in events; docs/measuring.md says how expansions come"
        )
    return min(max(until, *(one.at for one in outcomes if one.at <= now)), now)


def _events(place: Place, at: datetime) -> list[str]:
    """The names of the commonest events."""
    names = _source(place, at).names()
    assert names is not None, "a store knows the names of its events"
    return [name for name, _ in islice(names.read_events(), _EVENTS)]


def _passed_over(definitions: Definitions) -> set[str]:
    """What is an outcome itself, and what keeps accounts from being asked: neither can be a reason to ask them."""
    policy = definitions.workspace.policy
    named = {str(getattr(one, "event", None) or getattr(one, "fact", "")) for one in policy.outcomes}
    conditions = (one for each in policy.suppress for one in each.when if isinstance(one, Condition))
    return named | {name for one in conditions for name in (one.fact, *one.events) if name}


@dataclass(frozen=True)
class _Then:
    """The accounts of one moment that are compared: their size, and their numbers."""

    accounts: tuple[str, ...]
    size: Array
    values: Array


def _looked_at(
    place: Place, definitions: Definitions, moments: Sequence[datetime], wanted: Sequence[Number], cohort: str | None
) -> Iterator[_Then]:
    """Those who did anything in four weeks before: who has left would be like nobody who expands."""
    compiler = Compiler(definitions.vocabulary.facts, definitions.vocabulary.policy, definitions.vocabulary.triggers)
    asked = Asked.of(wanted, compiler)
    people = Asked.of([_PEOPLE], compiler)
    value = definitions.workspace.policy.account.value
    worth = Asked.of([Number(value, (("fact", value),), is_fact=True)], compiler) if value else None
    among = compiler.cohort(cohort) if cohort else None
    for _, engine in engines_over(partial(_source, place), definitions.vocabulary, moments):
        active = people.values(engine)[:, 0]
        size = worth.values(engine)[:, 0] if worth else active
        there = active >= 1
        if among is not None:
            engine.measure([among])
            there &= engine.answer(among) == YES
        those = np.flatnonzero(there)
        ids = tuple(account_of(engine.subjects.ids[one]) for one in those.tolist())
        yield _Then(ids, np.where(np.isnan(size), active, size)[those], asked.values(engine)[those])


def _rows(
    looked: Sequence[_Then], moments: Sequence[datetime], outcomes: Sequence[OutcomeRecord], definitions: Definitions
) -> tuple[Rows, Array]:
    """Without those that had expanded within the longest attribution window before."""
    longest = max((one.attribution for one in definitions.workspace.policy.tiers.values()), key=lambda one: one.days)
    bought = Bought.of((replace(one, tier=None) for one in outcomes), "", longest, definitions.zone)
    index: dict[str, int] = {}
    kept, account, moment, expanded = [], [], [], []
    for place, (at, then) in enumerate(zip(moments, looked, strict=True)):
        until = add_span(at, Span(EVERY, "days"), definitions.zone)
        for one in then.accounts:
            after = bought.after(one, at)
            kept.append(not bought.lately(one, at))
            account.append(index.setdefault(one, len(index)))
            moment.append(place)
            expanded.append(after is not None and after.at <= until)
    keep = np.array(kept, dtype=bool)
    size = np.concatenate([one.size for one in looked])[keep]
    came = np.array(expanded, dtype=bool)[keep]
    rows, order = Rows.of(np.array(moment)[keep], np.array(account)[keep], size, came)
    return rows, np.concatenate([one.values for one in looked])[keep][order]


def _drafts(
    definitions: Definitions, found: Sequence[Finding], outcomes: Sequence[OutcomeRecord], cohort: str | None
) -> tuple[Draft, ...]:
    """For the tier that is bought most often, and the first playbook: both are for a person to choose."""
    workspace = definitions.workspace
    tiers = Counter(one.tier for one in outcomes if one.tier in workspace.policy.tiers).most_common(1)
    tier = str(tiers[0][0]) if tiers else next(iter(workspace.policy.tiers))
    playbook = next(iter(sorted(workspace.playbooks)), "write-one-first")
    owner = str(workspace.policy.owners.fallback)
    around = Around(workspace.facts, owner, tier, playbook, cohort, frozenset(workspace.triggers))
    return tuple(draft(one, around) for one in found)


_PEOPLE = Number("any event", (("event", "any event"), ("count", "people"), ("over", f"{EVERY} days")))
