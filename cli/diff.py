"""`expansion diff`: why two runs decided otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import scripts
from cli.output import as_json, echo, say, table

if TYPE_CHECKING:
    from expansion.plan.changes import Change
    from expansion.records.ledger import RunRecord
    from jobs.diff import Otherwise, RunDiff

_NOTHING_NEW = "nothing new"


@click.command("diff")
@click.argument("first", metavar="RUN_A", type=click.IntRange(min=1))
@click.argument("second", metavar="RUN_B", type=click.IntRange(min=1))
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(first: int, second: int, json_: bool) -> None:
    """Why the runs RUN_A and RUN_B decided otherwise: the definitions, the data that had arrived, or the ledger.

    `expansion ledger --runs` lists their numbers. Both are played again, each by the commit of its definitions, over
    what had arrived by its moment, with the ledger as it stood when it began. Nothing is written or sent.
    """
    from flows.opening import open_place
    from jobs.again import run_called
    from jobs.diff import diff

    place = open_place(looking=True)
    try:
        found = diff(place, run_called(place, first), run_called(place, second))
    finally:
        place.close()
    if json_:
        as_json(_for_scripts(found))
    else:
        _show(found)


def _show(found: RunDiff) -> None:
    first, second = found.first, found.second
    echo(f"{_called(first)}, and {_called(second)[0].lower()}{_called(second)[1:]}")
    for note in found.notes:
        echo(note)
    _section("Definitions", [line for one in found.changes for line in _lines(one)])
    moved = f"what had arrived by {_moment(first)} -> by {_moment(second)}"
    _section("Data", [moved] if first.as_of != second.as_of else [])
    _section("Ledger", list(found.ledger) if first.id != second.id else [])
    if found.otherwise:
        echo()
        table([_row(one, first, second) for one in found.otherwise], title="Decided otherwise")
    say("")
    say(f"{len(found.otherwise):,} decided otherwise; nothing was written or sent")


def _section(title: str, lines: list[str]) -> None:
    echo()
    echo(title)
    for line in lines or ["the same"]:
        echo(f"  {line}", below="  ")


def _lines(change: Change) -> list[str]:
    return [change.title, *(f"  {line}" for line in change.lines)]


def _moment(run: RunRecord) -> str:
    return f"{run.as_of:%Y-%m-%d %H:%M} UTC"


def _called(run: RunRecord) -> str:
    return f"Run {run.id} of {_moment(run)} ({run.git_revision})"


def _row(one: Otherwise, first: RunRecord, second: RunRecord) -> dict[str, Any]:
    return {
        "account": one.name,
        "trigger": one.trigger,
        f"run {first.id}": one.first or _NOTHING_NEW,
        f"run {second.id}": one.second or _NOTHING_NEW,
        "because of": f"the {one.cause}",
    }


def _for_scripts(found: RunDiff) -> dict[str, Any]:
    return {
        "first": _run(found.first),
        "second": _run(found.second),
        "notes": list(found.notes),
        "changes": [
            {"kind": one.kind, "name": one.name, "what": one.what, "lines": list(one.lines)} for one in found.changes
        ],
        "ledger": list(found.ledger),
        "otherwise": [scripts.told(one) for one in found.otherwise],
    }


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "as_of": run.as_of,
        "git_revision": run.git_revision,
        "definitions_hash": run.definitions_hash,
        "watermark": run.watermark,
    }
