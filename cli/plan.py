"""`expansion plan`: what an edit would do before it does it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli import scripts
from cli.engine import engine_option
from cli.options import MOMENT
from cli.output import as_json, document, echo, say, table

if TYPE_CHECKING:
    from expansion.explain.cases import CaseResult
    from expansion.plan.effect import OfTrigger
    from expansion.plan.inside import Inside
    from jobs.plan import Plan
    from jobs.plan_past import Past
    from jobs.revisions import Version


@click.command("plan")
@click.option(
    "--against",
    metavar="REVISION",
    help="A commit, branch or tag; or `deployed`: the commit of the newest run. Left out: the last commit where the "
    "folder has changes; else where the branch left main.",
)
@click.option("--as-of", type=MOMENT, help="A moment in the past: only what had arrived by then counts.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    show_default=True,
    help="`markdown`: for a pull request.",
)
@click.option(
    "--days",
    default=30,
    type=click.IntRange(1, 400),
    show_default=True,
    help="Also so many of the last days, each decided by both.",
)
@click.option("--no-history", is_flag=True, help="Only the next run: the last days are left out.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="As JSON, with every account and field.")
def command(
    against: str | None,
    as_of: datetime | None,
    format_: str,
    days: int,
    no_history: bool,
    engine: str | None,
    json_: bool,
) -> None:
    """What the edited playbooks would do that the others would not: who newly fires or stops, what goes to whom, what
    it is worth, what is held, and what becomes of accounts that are inside a playbook. Nothing is written or sent.

    Exit code 1 if a case fails.
    """
    from cli.beginning import how_to_begin
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.plan import plan
    from jobs.plan_markdown import plan_markdown
    from jobs.revisions import compared_with, here

    place = open_place(looking=True, engine=engine)
    try:
        at = moment(as_of) if as_of else place.clock.seen()
        made = plan(place, compared_with(place, against), here(place), at, None if no_history else days)
        if empty := how_to_begin(place, at, made.accounts):
            made = replace(made, notes=(empty, *made.notes))
    finally:
        place.close()
    if json_:
        as_json(_for_scripts(made))
    elif format_ == "markdown":
        document(plan_markdown(made))
    else:
        _show(made)
    sys.exit(1 if made.failed else 0)


def _show(made: Plan) -> None:
    from jobs.plan_told import cases_said, compared, headline, sections

    echo(compared(made))
    echo(headline(made))
    for line in (*made.notes, *cases_said(made.cases)):
        echo(line)
    for section in sections(made):
        echo()
        echo(section.title)
        for line in section.lines:
            echo(f"  {line}", below="  ")
        if section.rows:
            table(section.rows)
        for line in section.after:
            echo(line)
    say("")
    say("nothing was written or sent")


def _for_scripts(made: Plan) -> dict[str, Any]:
    from jobs.plan_told import headline

    return {
        "headline": headline(made),
        "as_of": made.as_of,
        "before": _version(made.before),
        "after": _version(made.after),
        "accounts": made.accounts,
        "notes": list(made.notes),
        "changes": [
            {"kind": one.kind, "name": one.name, "what": one.what, "lines": list(one.lines)} for one in made.changes
        ],
        "cases": [_case(one) for one in made.cases],
        "triggers": [_trigger(one) for one in made.effect.triggers],
        "steps": [scripts.told(one) for one in made.effect.steps],
        "held": [scripts.told(one) for one in made.effect.held],
        "became_before": scripts.money(made.worth_before),
        "became_after": scripts.money(made.worth_after),
        "inside": [_inside(one) for one in made.inside],
        "past": _past(made.past) if made.past else None,
    }


def _version(one: Version) -> dict[str, Any]:
    definitions = one.definitions
    return {"called": one.called, "git_revision": one.revision, "definitions_hash": definitions.hash}


def _case(one: CaseResult) -> dict[str, Any]:
    from expansion.explain.cases import SAID

    said = {"trigger": one.case.trigger, "title": one.case.title, "expected": one.case.expect}
    return {**said, "came_out": SAID[one.answer], "passed": one.passed}


def _trigger(one: OfTrigger) -> dict[str, Any]:
    from expansion.evaluate.subjects import account_of, user_of

    differs = [scripts.firing(each.after, counts=False) | {"differs": list(each.what)} for each in one.differs]
    ends = sorted((account_of(who), user_of(who)) for who in one.ends)
    return {
        "trigger": one.trigger,
        "accounts_before": one.true_before,
        "accounts_after": one.true_after,
        "untold_before": one.untold_before,
        "untold_after": one.untold_after,
        "fires": scripts.firings(one.fires),
        "stops": scripts.firings(one.stops),
        "differs": differs,
        "ends": [{"account_id": account, "user_id": user or None} for account, user in ends],
    }


def _inside(one: Inside) -> dict[str, Any]:
    return {
        "trigger": one.trigger,
        "open_episodes": one.open,
        "steps_waiting": one.waiting,
        "still_asked": not one.is_left,
        "ends": [each.account_id for each in one.ends],
        "steps_skipped": one.skipped,
        "steps_taken_up": one.taken_up,
        "keeps_playbooks": list(one.keeps),
    }


def _past(found: Past) -> dict[str, Any]:
    return {
        "first": found.first,
        "last": found.last,
        "days": found.days,
        "days_asked_for": found.asked_for,
        "triggers": [scripts.told(one) | {"days_untold": found.untold.get(one.trigger, 0)} for one in found.triggers],
    }
