"""`expansion explain`: yes, no or cannot tell for each line, the numbers, the evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.showing import as_json, say
from cli.values import MOMENT

_SECTIONS = {
    "accounts": "accounts (asked of these only)",
    "when": "when (all of these)",
    "unless": "unless (none of these)",
}


@click.command("explain")
@click.argument("trigger")
@click.argument("account")
@click.option("--as-of", type=MOMENT, help="A moment in the past: only what had arrived by then counts.")
@click.option("--json", "json_", is_flag=True, help="The explanation as JSON.")
def command(trigger: str, account: str, as_of: datetime | None, json_: bool) -> None:
    """Why TRIGGER fires, stays quiet or cannot tell for ACCOUNT (its id): every line, its number, its evidence."""
    from cli.accounts import name_of, need_account
    from expansion.decide.evidence import evidence_record
    from flows.clock import moment
    from flows.deciding import NoSuchTrigger
    from flows.place import Place

    place = Place()
    try:
        known = place.workspace.triggers
        if trigger not in known:
            raise NoSuchTrigger(f"there is no trigger `{trigger}`; there are: {', '.join(sorted(known))}")
        evaluator = place.evaluator(moment(as_of))
        need_account(evaluator, account)
        evidence = evaluator.explain(known[trigger], account)
        firing = place.ledger.firing(trigger, account)
        name = name_of(evaluator, account)
    finally:
        place.close()
    fired = {"fired_at": firing.fired_at, "decision": firing.decision, "reason": firing.reason} if firing else None
    if json_:
        as_json({"trigger": trigger, "account": account, **evidence_record(evidence, []), "in_ledger": fired})
        return
    zone = ZoneInfo(place.workspace.policy.time_zone)
    at = evidence.as_of.astimezone(zone)
    who = f"{name} ({account})" if name else account
    click.echo(f"{trigger} for {who}, as of {at:%Y-%m-%d %H:%M %Z}: {evidence.answer.value}")
    _lines(evidence.lines, zone)
    if firing is not None:
        say(f"\nin the ledger: fired {firing.fired_at.astimezone(zone):%Y-%m-%d}, {firing.decision}: {firing.reason}")


def _lines(lines: Any, zone: ZoneInfo) -> None:
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            click.echo(f"\n{_SECTIONS.get(section, section)}")
        _line(line, zone)


def _line(line: Any, zone: ZoneInfo) -> None:
    indent = "  " * (line.depth + 1)
    click.echo(f"{indent}{line.answer.value.upper():<12} {line.text}")
    inner = indent + " " * 13
    if line.seen:
        click.echo(f"{inner}seen: {line.seen}")
    if line.cause:
        click.echo(f"{inner}because: {line.cause}")
    if line.people:
        more = f" and {len(line.people) - 5} more" if len(line.people) > 5 else ""
        click.echo(f"{inner}people: {', '.join(line.people[:5])}{more}")
    for event in line.events:
        who = f" by {event.user_id}" if event.user_id else ""
        click.echo(f"{inner}{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S} {event.event}{who} ({event.event_id})")
