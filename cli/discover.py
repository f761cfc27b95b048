"""`expansion discover`: which behaviours came before expansions, with a draft of a trigger for each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, echo, many, say, table
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from expansion.measure.discover import Finding, Lift
    from expansion.measure.drafts import Draft
    from jobs.discover import Discovery

DAY = click.DateTime(["%Y-%m-%d"])
_SHOWN = 10


class NoSuchDraft(ForPeople):
    """A name that no finding has."""


@click.command("discover")
@click.option("--among", "cohort", help="Only accounts of this cohort of facts.yaml.")
@click.option("--from", "first", type=DAY, help="The first day. Left out: a year and a half before the last.")
@click.option("--to", "last", type=DAY, help="The last day. Left out: the last that events reach over.")
@click.option("--write", "names", multiple=True, metavar="NAME", help="Write the draft of this name, with its cases.")
@click.option("--json", "json_", is_flag=True, help="As JSON, with the text of each draft.")
def command(
    cohort: str | None, first: datetime | None, last: datetime | None, names: tuple[str, ...], json_: bool
) -> None:
    """Which behaviours came before expansions, compared with accounts of the same size at the same time.

    Every event is tried by times, people, days and growth over several windows, and so are facts that are numbers.
    What comes before is not always what causes: a draft is there to be read. Nothing is written without --write.
    """
    from cli.beginning import must_be_ours
    from flows.opening import open_place
    from jobs.discover import discover_behaviours, write

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        _must_be_a_cohort(place.definitions.workspace.facts.cohorts, cohort)
        found = discover_behaviours(place, cohort, first and first.date(), last and last.date(), place.clock.seen())
        written = [path for name in names for path in write(place, _called(found, name))]
    finally:
        place.close()
    if json_:
        as_json(_for_scripts(found) | {"written_to": [one.as_posix() for one in written]})
        return
    _show(found)
    for path in written:
        say(f"{path} is written")
    if found.discovered.found and not written:
        say(f"\nhint: `--write {found.drafts[0].name}` writes its draft and its cases; `expansion check` runs them")


def _must_be_a_cohort(known: Any, name: str | None) -> None:
    from expansion.language.model.mistakes import suggest

    if name is not None and name not in known:
        hint = suggest(name, known, "there are") or "leave --among out"
        raise NoSuchDraft(f"there is no cohort `{name}`\n\nhint: {hint}")


def _called(found: Discovery, name: str) -> Draft:
    from expansion.language.model.mistakes import suggest

    every = {one.name: one for one in found.drafts}
    if name not in every:
        hint = suggest(name, every, "there are") or "nothing was found that a draft could be made of"
        raise NoSuchDraft(f"there is no draft `{name}`\n\nhint: {hint}")
    return every[name]


def _show(found: Discovery) -> None:
    said = found.discovered
    echo(f"Looked at every four weeks from {found.first} to {found.last}: {said.account_months:,} account-months,")
    echo(f"{many(said.expansions, 'expansion')} in the four weeks after; the same size: {found.size}")
    echo(f"{many(said.tried, 'behaviour')} tried; of those below at most one in ten is there by chance\n")
    if not said.found:
        echo("Nothing came before expansions more often than chance would have it")
        return
    pairs = list(zip(said.found, found.drafts, strict=True))
    ordered = [*(one for one in pairs if not one[0].echo_of), *(one for one in pairs if one[0].echo_of)]
    table([_row(one, draft) for one, draft in ordered[:_SHOWN]])
    if (more := len(ordered) - _SHOWN) > 0:
        say(f"\n{more} more: --json has all")


def _row(one: Finding, draft: Draft) -> dict[str, Any]:
    words = ", ".join(f"{word}: {value}" for word, value in one.behaviour.words.items())
    return {
        "draft": draft.name,
        "behaviour": words,
        "lift": _lift(one.lift),
        "halves": " and ".join("–" if each.value is None else f"{each.value:.1f}" for each in one.halves),
        "expanded": f"{one.came:,} of {one.showed:,}",
        "": _said(one),
    }


def _said(one: Finding) -> str:
    if one.echo_of:
        return f"goes along with {one.echo_of}"
    return "" if one.is_stable else "not in both halves"


def _lift(lift: Lift) -> str:
    if lift.value is None:
        return "too few to say"
    return f"{lift.value:.1f} times ({lift.low:.1f} to {lift.high:.1f})"


def _for_scripts(found: Discovery) -> dict[str, Any]:
    said = found.discovered
    return {
        "from": found.first,
        "to": found.last,
        "tried": said.tried,
        "account_months": said.account_months,
        "expansions": said.expansions,
        "found": [_finding(one, draft) for one, draft in zip(said.found, found.drafts, strict=True)],
    }


def _finding(one: Finding, draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "subject": one.behaviour.number.subject,
        "condition": draft.condition,
        "account_months": one.showed,
        "expanded": one.came,
        "lift": _number(one.lift),
        "halves": [_number(each) for each in one.halves],
        "is_stable": one.is_stable,
        "p": one.p,
        "false_share": one.false_share,
        "other_forms": one.forms,
        "goes_along_with": one.echo_of,
        "trigger": draft.trigger,
        "cases": draft.cases,
    }


def _number(lift: Lift) -> dict[str, float | None]:
    return {"value": lift.value, "low": lift.low, "high": lift.high}
