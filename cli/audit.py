"""`expansion audit`: everything that was done outside, or decided by a person, in the order in which it happened."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cli import scripts
from cli.beginning import must_be_ours, nothing_yet
from cli.output import as_json, echo, many, say, table

if TYPE_CHECKING:
    from expansion.ledger.audit import AuditRecord
    from expansion.ledger.store import Ledger


@click.command("audit")
@click.option("--step", help="Only this step, by the first letters of its key.")
@click.option("--system", help="Only this system, such as slack.")
@click.option(
    "--what",
    type=click.Choice(["step", "settlement", "approval", "pause", "forget", "clock", "answer", "outcome"]),
    help="Only lines of this kind.",
)
@click.option("--limit", default=50, type=click.IntRange(min=1), show_default=True, help="At most so many lines.")
@click.option("--verify", is_flag=True, help="Whether the whole audit is as it was written, instead of the lines.")
@click.option("--heads", is_flag=True, help="The newest hash of each chain, to keep elsewhere.")
@click.option("--json", "json_", is_flag=True, help="As JSON, with every field.")
def command(
    step: str | None, system: str | None, what: str | None, limit: int, verify: bool, heads: bool, json_: bool
) -> None:
    """What was done outside and what people decided, the newest first: when, who, what, where, what came of it.

    Lines are only added: the database refuses to change or remove one. `--verify` finds what was changed behind its
    back, with exit code 1. Lines missing at the very end show only against hashes that were kept elsewhere (`--heads`).
    """
    from flows.opening import open_place

    place = open_place(looking=True)
    try:
        must_be_ours(place)
        ledger = place.ledger
        if heads:
            as_json([{"chain": chain, "hash": hash_} for chain, hash_ in ledger.audit_heads().items()])
        elif verify:
            sys.exit(_verified(ledger, json_))
        else:
            lines = ledger.audit(step_key=step, what=what, system=system, limit=limit)  # type: ignore[arg-type]  # a choice
            _list(lines, json_, nothing_yet(place, _nothing(step, system, what)))
    finally:
        place.close()


def _verified(ledger: Ledger, json_: bool) -> int:
    from dataclasses import asdict

    breaks = ledger.audit_breaks()
    if json_:
        as_json({"chains": len(ledger.audit_heads()), "breaks": [asdict(one) for one in breaks]})
    for one in () if json_ else breaks:
        echo(f"line {one.id}: {one.what}")
    if not json_:
        chains = many(len(ledger.audit_heads()), "chain")
        say(
            f"{chains}: {many(len(breaks), 'place')} where it is not as it was written"
            if breaks
            else f"{chains}: whole"
        )
    return 1 if breaks else 0


def _nothing(step: str | None, system: str | None, what: str | None) -> str:
    """Why there are no lines."""
    given = (("step", step), ("system", system), ("kind", what))
    if named := [f"{kind} `{name}`" for kind, name in given if name is not None]:
        return f"there is no line of {' and '.join(named)}; without these, `expansion audit` lists all"
    return "nothing yet; a line is written for each step that goes out, and for what people decide"


def _list(lines: list[AuditRecord], json_: bool, nothing: str) -> None:
    if json_:
        as_json([scripts.told(line) for line in lines])
    elif lines:
        table([_row(line) for line in lines])
    else:
        say(nothing)


def _row(line: AuditRecord) -> dict[str, str]:
    return {
        "at": f"{line.at:%Y-%m-%d %H:%M:%S}",
        "who": _who(line.who),
        "what": line.what,
        "action": line.action,
        "step": (line.step_key or "")[:12],
        "outcome": line.outcome,
        "id there": line.remote_id or "",
        "note": line.note or "",
    }


def _who(name: str) -> str:
    """`person dana`; of a process only the machine and its number there, the rest is in the JSON."""
    machine, slash, rest = name.partition("/")
    return f"run on {machine}, process {rest.partition('/')[0]}" if slash else name
