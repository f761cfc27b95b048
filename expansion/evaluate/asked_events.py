"""What the definitions of a workspace ask of events: of which names, and which properties; and what of that is late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from expansion.evaluate.coverage import Coverage, Reach
from expansion.evaluate.measures import Calendar
from expansion.evaluate.relations import StoreRelations
from expansion.language.check.find_conditions import everywhere
from expansion.language.model.models import CountedFact
from expansion.language.model.outcomes import OutcomeEvent
from expansion.language.workspace import Workspace
from expansion.language.yaml.source import Source, Steps

ANY_EVENT = "any event"
Asked = tuple[Source, Steps, tuple[str, ...], Mapping[str, Any], tuple[str, ...]]  # where, events, `where`, properties


def asked_events(workspace: Workspace) -> Iterator[Asked]:
    """Every filter of events that triggers, cohorts and facts name."""
    known = workspace.known
    if known.facts.source:
        for name, fact in workspace.facts.facts.items():
            if isinstance(fact, CountedFact):
                yield known.facts.source, ("facts", name), fact.counted[1], fact.where, ()
    if known.policy.source:
        for index, one in enumerate(workspace.policy.outcomes):
            if isinstance(one, OutcomeEvent):
                yield (
                    known.policy.source,
                    ("outcomes", index),
                    (one.event,),
                    one.where,
                    (one.amount,) if one.amount else (),
                )
    for source, condition, at in everywhere(known):
        if condition.subject == "event":
            _, prop = condition.aggregate
            yield source, at, condition.events, condition.where, (prop,) if prop else ()
        elif condition.subject == "sequence":
            for place, step in enumerate(condition.steps):
                yield source, (*at, "sequence", place), step.events, step.where, ()
            if (excluded := condition.excluded) is not None:
                yield source, (*at, "not_between"), excluded.events, excluded.where, ()


def late_events(stored: StoreRelations, workspace: Workspace, as_of: datetime) -> list[Reach]:
    """The tables and sources that bring what somebody asks for, and ended too long before the check."""
    facts, policy = workspace.facts, workspace.policy
    sources = [events.from_ for events in facts.events]
    coverage = Coverage.of(stored.bringing(sources), sources, policy, Calendar(as_of, ZoneInfo(policy.time_zone)))
    asked = {() if ANY_EVENT in events else tuple(sorted(events)) for _, _, events, _, _ in asked_events(workspace)}
    found = [reach for events in sorted(asked) for reach in coverage.late_by(events)]
    if not stored.manifest.segments and sources:
        found += coverage.late_by(())
    return list(dict.fromkeys(found))
