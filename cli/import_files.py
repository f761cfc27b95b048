"""`expansion import`: events or facts from files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output import as_json, many, say, table
from cli.scripts import counted

if TYPE_CHECKING:
    from expansion.files.results import FileResult, ImportResult
    from expansion.language.workspace import Workspace
    from jobs.place import Place

_MAP = click.Path(path_type=Path, dir_okay=False, exists=True)
_MOST = 30  # files that are shown one by one; those with something to say always are


@click.command("import")
@click.argument("files", nargs=-1, required=True)
@click.option("--map", "map_", required=True, type=_MAP, help="Which column is what; `expansion map` makes one.")
@click.option("--json", "json_", is_flag=True, help="The result as JSON.")
def command(files: tuple[str, ...], map_: Path, json_: bool) -> None:
    """Bring in events or facts from FILES: CSV, JSON, Parquet, Excel and more.

    FILES may be packed, and folders and patterns.

    Events that are stored already are dropped by their id, so the same file can be imported twice. Rows that cannot be
    read are listed in a file beside the store, each with its line and the reason; the others are stored. A file that
    cannot be used stops no other. Exit code 1 if there was one, or one of which no row could be read.
    """
    result = _import(files, map_)
    if json_:
        as_json(_told(result))
    else:
        table(list(_rows(result)))
    for line in _said(result):
        say(line)
    sys.exit(1 if any(file.is_useless for file in result.files) else 0)


def _rows(result: ImportResult) -> Iterator[dict[str, Any]]:
    """A row for each file, or for those of many that have something to say; and one for all together."""
    files = result.files
    shown = files if len(files) <= _MOST else [one for one in files if one.rejects or one.failure]
    yield from (_row(result, file) for file in shown[:_MOST])
    if len(files) > 1:
        yield {
            "file": f"all {len(files)}"
            if len(shown) == len(files)
            else f"all {len(files)}, and the others without fault",
            "what": _stored(result, result.stored, files),
            **_counts(files),
        }


def _row(result: ImportResult, file: FileResult) -> dict[str, Any]:
    if file.failure:
        return {"file": file.source, "what": "not used", **_counts([file])}
    alone = len(result.files) == 1
    stored = result.values if alone and result.values is not None else file.stored
    return {"file": file.source, "what": _stored(result, stored, [file]), **_counts([file])}


def _stored(result: ImportResult, stored: int | None, files: Sequence[FileResult]) -> str:
    """How many events are stored; of facts how many of their values are new, for what is known changes nothing."""
    if result.what == "events":
        return many(stored or 0, "new event")
    rows, new = sum(one.rows for one in files), "new merge" if result.what == "merges" else "new value"
    if stored is None:
        return many(rows, "row")
    read = rows - sum(one.left_out + one.not_readable for one in files)
    known = ", all known before" if read and not stored else ""
    return f"{many(stored, new)} in {many(rows, 'row')}{known}" if rows else "no rows"


def _counts(files: Sequence[FileResult]) -> dict[str, int]:
    left_out, updated = (sum(getattr(one, name) for one in files) for name in ("left_out", "updated"))
    return {
        **({"updated": updated} if updated else {}),
        "repeats": sum(one.repeats for one in files),
        **({"left out": left_out} if left_out else {}),
        "not readable": sum(one.not_readable for one in files),
    }


def _said(result: ImportResult) -> Iterator[str]:
    """What went wrong, file by file, and what may not be as it was meant."""
    for file in result.files:
        if file.failure:
            yield file.failure
        for reason, count in file.rejects.items():
            example = file.examples.get(reason)
            yield f"{file.source}: {many(count, 'row')}: {reason}{f'; one says `{example}`' if example else ''}"
        if file.report:
            yield f"every one of them, with its line: {file.report}"
    yield from result.notes


def _told(result: ImportResult) -> dict[str, Any]:
    return {
        "what": {"facts": "values"}.get(result.what, result.what),
        "stored": result.stored,
        "files": [
            {
                "file": file.source,
                "rows": file.rows,
                "stored": file.stored,
                "updated": file.updated,
                "repeats": file.repeats,
                "left_out": file.left_out,
                "not_readable": file.not_readable,
                "reasons": counted(file.rejects, "reason", "rows"),
                "report": file.report,
                "failure": file.failure,
            }
            for file in result.files
        ],
        "notes": result.notes,
    }


def _import(files: tuple[str, ...], map_: Path) -> ImportResult:
    """All files; what was stored before one that cannot be used stays stored."""
    from expansion.files.import_files import import_files
    from expansion.usage.compaction import put_together
    from flows.opening import open_place
    from jobs.clock import moment

    place = open_place()
    workspace = _workspace(place)
    zone = workspace.policy.time_zone if workspace else "UTC"
    result = import_files(place.store, files, map_, moment(None), zone=zone, workspace=workspace)
    put_together(place.store)
    return result


def _workspace(place: Place) -> Workspace | None:
    """What files are compared with; they may be imported before there is any."""
    from expansion.language.model.mistakes import Mistakes

    try:
        return place.definitions.workspace
    except (Mistakes, OSError) as error:
        say(f"days count as UTC and no column was compared: {str(error).splitlines()[0]}")
        return None
