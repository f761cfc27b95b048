"""Checks `outcomes` of policy.yaml: sources that tell outcomes, facts that have a history, tiers that exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from expansion.language.check.facts import check_where, not_given
from expansion.language.check.kinds import CALLED
from expansion.language.check.opened import Known, not_of_account, not_share, unknown
from expansion.language.model.mistakes import Mistake
from expansion.language.model.models import SourcedFact
from expansion.language.model.outcomes import OutcomeDefinition, OutcomeEvent, OutcomeFact, OutcomeFrom
from expansion.language.yaml.source import Source, Steps


def check_outcomes(known: Known, source: Source, outcomes: Sequence[OutcomeDefinition]) -> Iterator[Mistake]:
    """Each by itself, and against facts.yaml, the tiers and the sources that integrations offer."""
    for index, one in enumerate(outcomes):
        at: Steps = ("outcomes", index)
        match one:
            case OutcomeEvent():
                yield from check_where(source, (*at, "where"), one.where)
            case OutcomeFact():
                yield from _fact(known, source, at, one)
            case OutcomeFrom():
                yield from not_given(known, source, (*at, "from"), one.from_, "outcomes")
        if one.tier is not None:
            yield from unknown(source, (*at, "tier"), one.tier, known.tiers(), "a tier of policy.yaml", "policy.yaml")


def _fact(known: Known, source: Source, at: Steps, one: OutcomeFact) -> Iterator[Mistake]:
    yield from unknown(source, (*at, "fact"), one.fact, known.names("facts"), "a fact of facts.yaml", "facts.yaml")
    kind = known.kind(one.fact)
    definition = known.facts.model.facts.get(one.fact) if known.facts.model else None
    if kind and (kind not in ("money", "number") or not isinstance(definition, SourcedFact)):
        called = CALLED[kind] if isinstance(definition, SourcedFact) else "made of events or of other facts"
        message = f"an outcome is a change of money or of a number that a source tells, and `{one.fact}` is {called}"
        yield source.mistake((*at, "fact"), message, "name a fact with `from`, such as the ARR of the CRM")
    else:
        yield from not_of_account(known, source, (*at, "fact"), one.fact)
    if one.rises is not None and one.rises.value < 0:
        yield source.mistake((*at, "rises"), f"`{one.rises}` is no rise", "write how much it rises, such as  rises: 5%")
    if one.falls is not None:
        yield from not_share(source, (*at, "falls"), one.falls)
