"""`expansion import`: events or facts from files."""

from __future__ import annotations

import sys
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, many, say, table
from cli.scripts import counted

if TYPE_CHECKING:
    from expansion.language.model.facts import Facts
    from expansion.usage.import_events import Imported
    from jobs.place import Place

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--map", "map_", required=True, type=_FILE, help="Which column is what; docs/import.md shows one.")
@click.option("--json", "json_", is_flag=True, help="The result as JSON.")
def command(files: tuple[Path, ...], map_: Path, json_: bool) -> None:
    """Bring in events or facts from FILES: JSON lines, CSV or Parquet; .gz may follow the first two.

    Events that are stored already are dropped by their id, so the same file can be imported twice. Rows that cannot be
    read are listed in a file beside the store, each with its line and the reason; the others are stored. Exit code 1 if
    a file held nothing that could be read.
    """
    results = _import(files, map_)
    rows = [_row(result) for result in results]
    if json_:
        as_json([_told(result) for result in results])
    else:
        table(rows)
    for result in results:
        for reason, count in result.rejects.items():
            say(f"{result.source}: {many(count, 'row')}: {reason}")
        for note in result.notes:
            say(f"{result.source}: {note}")
        if result.report:
            say(f"every one of them, with its line: {result.report}")
    useless = [r for r in results if r.rejects and not (r.stored or r.duplicates or r.records)]
    sys.exit(1 if useless else 0)


def _row(result: Imported) -> dict[str, Any]:
    """How many events are stored; of facts how many of their values are new, for what is known changes nothing."""
    repeats = {"repeats": result.duplicates, "not readable": sum(result.rejects.values())}
    if result.rows is None:
        return {"file": result.source, "what": many(result.stored, "new event"), **repeats}
    known = ", all known before" if result.records and not result.stored else ""
    what = f"{many(result.stored, 'new value')} in {many(result.rows, 'row')}{known}" if result.rows else "no rows"
    return {
        "file": result.source,
        "what": what,
        **repeats,
    }


def _told(result: Imported) -> dict[str, Any]:
    return {
        "file": result.source,
        "what": "events" if result.rows is None else "values",
        "rows": result.rows,
        "stored": result.stored,
        "repeats": result.duplicates,
        "not_readable": sum(result.rejects.values()),
        "reasons": counted(result.rejects, "reason", "rows"),
        "report": result.report,
        "notes": result.notes,
    }


def _import(files: tuple[Path, ...], map_: Path) -> list[Imported]:
    """One file after the other; what was stored before a file that cannot be used stays stored."""
    from expansion.files.import_file import import_file
    from expansion.usage.compaction import put_together
    from flows.opening import open_place
    from jobs.clock import moment

    place = open_place()
    store, results = place.store, []
    zone, facts = _vocabulary(place)
    with click.progressbar(files, label="importing", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        for file in shown:
            results.append(import_file(store, file, map_, moment(None), zone=zone, facts=facts))
    put_together(store)
    return results


def _vocabulary(place: Place) -> tuple[tzinfo, Facts | None]:
    """The zone of policy.yaml, and facts.yaml; files may be imported before there are any."""
    from datetime import UTC

    from expansion.language.model.mistakes import Mistakes

    try:
        return place.definitions.zone, place.definitions.workspace.facts
    except (Mistakes, OSError) as error:
        say(f"days count as UTC and no column was compared: {str(error).splitlines()[0]}")
        return UTC, None
