"""`expansion triggers`: every trigger and how it stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.beginning import how_to_begin, must_be_ours
from cli.completing import TRIGGER
from cli.engine import engine_option
from cli.naming import need_trigger
from cli.options import MOMENT
from cli.output import as_json, say, table

if TYPE_CHECKING:
    from expansion.evaluate.results import Answers
    from expansion.language.model.models import Trigger
    from expansion.records.ledger import FiringRecord
    from jobs.place import Place


@click.command("triggers")
@click.argument("name", required=False, type=TRIGGER)
@click.option("--as-of", type=MOMENT, help="For how many it was true at a moment in the past.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(name: str | None, as_of: datetime | None, engine: str | None, json_: bool) -> None:
    """Every trigger, or NAME: its status, how often it is checked, when it ran last, for how many it is true now.

    `firing` counts the episodes that were acted on and still go on, `held` those that wait for a person. Nothing is
    written or sent.
    """
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.decide import evaluate, triggers_to_check
    from jobs.pause import told_pauses

    place = open_place(looking=True, engine=engine)
    try:
        must_be_ours(place)
        if name is not None:
            need_trigger(place, name)
        chosen = [one for key, one in sorted(place.definitions.workspace.triggers.items()) if name in (None, key)]
        at = moment(as_of)
        evaluated = evaluate(
            place, place.definitions, triggers_to_check(place.definitions, [name] if name else []), at, build=False
        )
        rows = [_row(place, one, evaluated.answers.get(one.trigger)) for one in chosen]
        empty, paused = how_to_begin(place, at, evaluated.accounts), told_pauses(place)
    finally:
        place.close()
    if json_:
        as_json(rows)
        return
    table([_shown(row) for row in rows])
    if not rows:
        say("there is no trigger yet; write one in playbooks/triggers")
    if empty:
        say(f"\n{empty}")
    for sentence in paused:
        say(f"paused: {sentence}")


def _row(place: Place, trigger: Trigger, answers: Answers | None) -> dict[str, Any]:
    """As a script reads it; what was not asked, as of a draft, is null."""
    from expansion.records.firing import HELD
    from expansion.records.ledger import FiringFilter

    found = place.ledger.firings(FiringFilter(trigger=trigger.trigger, open_only=True))
    return {
        "trigger": trigger.trigger,
        "title": trigger.title,
        "status": trigger.status,
        "check": trigger.check,
        "who": trigger.who,
        "owner": trigger.owner,
        "last_run_at": place.ledger.ran_at(trigger.trigger),
        "asked": answers.asked if answers else None,
        "true_now": len(answers.yes) if answers else None,
        "cannot_tell": len(answers.unknown) if answers else None,
        "firing": _count(found, ("acting",)),
        "held": _count(found, tuple(HELD)),
    }


def _count(found: list[FiringRecord], decisions: tuple[str, ...]) -> int:
    return sum(one.decision in decisions for one in found)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    last = row["last_run_at"]
    return {
        "trigger": row["trigger"],
        "status": row["status"],
        "check": row["check"],
        "last run": f"{last:%Y-%m-%d}" if last else "never",
        "true now": "–" if row["true_now"] is None else row["true_now"],
        "unknown": row["cannot_tell"] or "",
        "firing": row["firing"] or "",
        "held": row["held"] or "",
    }
