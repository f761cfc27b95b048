"""`expansion facts`: the words that triggers may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.output import as_json, echo, table

if TYPE_CHECKING:
    from expansion.language.model.facts import CohortDefinition, FactDefinition


@click.command("facts")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(json_: bool) -> None:
    """The facts, cohorts and groups of people of facts.yaml with where each comes from; and the sources there are."""
    from flows.opening import open_place

    place = open_place(looking=True)
    facts = place.definitions.workspace.facts
    rows = [{"fact": name, "kind": facts.kind(name), "from": _made(fact)} for name, fact in facts.facts.items()]
    cohorts = [{"cohort": name, "from": _cohort(cohort)} for name, cohort in facts.cohorts.items()]
    people = [{"people": name, "who": f"{g.field} is {g.is_}"} for name, g in facts.people.items()]
    sources = [
        {"source": name, "gives": ", ".join(sorted(words.gives)), "what": words.title}
        for name, words in sorted(place.catalog.sources.items())
    ]
    if json_:
        given = [{**one, "gives": one["gives"].split(", ")} for one in sources]
        as_json({"facts": rows, "cohorts": cohorts, "people": people, "sources": given})
        return
    for title, many in (("Facts", rows), ("Cohorts", cohorts), ("People", people), ("Sources", sources)):
        if many:
            table(many, title=title)
            echo()


def _made(fact: FactDefinition) -> str:
    """Where a fact's values come from, in a few words."""
    from expansion.language.model.models import (
        CountedFact,
        DifferenceFact,
        HeadroomFact,
        LimitFact,
        PaceFact,
        RatioFact,
    )

    match fact:
        case RatioFact():
            return " ÷ ".join(fact.parts)
        case DifferenceFact():
            return " − ".join(fact.parts)
        case HeadroomFact(parts=(used, limit)):
            return f"({limit} − {used}) ÷ {limit}"
        case PaceFact(parts=(used, limit)):
            return f"days until {used} reaches {limit}, at the pace of {fact.pace_over}"
        case LimitFact():
            return f"limit {fact.limit_of} of the account's plan, from policy.yaml"
        case CountedFact():
            word, events = fact.counted
            return f"{word} of {' or '.join(events)} over {fact.over}"
    return f"{fact.from_} {fact.field}{' of each person' if fact.who == 'users' else ''}"


def _cohort(cohort: CohortDefinition) -> str:
    from expansion.language.model.models import SourcedCohort

    return f"{cohort.from_} {cohort.name}" if isinstance(cohort, SourcedCohort) else "conditions in facts.yaml"
