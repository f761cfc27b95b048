"""`expansion check`: every YAML file and every case."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cli.output import as_json, echo, many, say
from cli.scripts import mistake

if TYPE_CHECKING:
    from expansion.evaluate.results import Line
    from expansion.explain.cases import CaseResult
    from expansion.language.model.mistakes import Mistake
    from expansion.language.workspace import Workspace
    from expansion.tables.maps import Maps
    from expansion.usage.storage.manifest import Manifest
    from jobs.place import Place


@click.command("check")
@click.option("--json", "json_", is_flag=True, help="Mistakes and case results as JSON.")
def command(json_: bool) -> None:
    """Check every YAML file of the playbooks folder, the maps in `sources/`, and every case. No network, no account.

    Every mistake of every file is printed at once, with its line and a hint. Exit code 1 if there is any, or if a case
    fails. What is only worth a look is a warning: growth from next to nothing, a window that is longer than the events
    that are stored, the name of an event, a property or a value that none of them has, a source that `expansion serve`
    would take and facts.yaml does not name, or triggers whose first live run would act on everybody at once.
    """
    from cli import first_runs
    from expansion.language.model.mistakes import Mistakes
    from flows.opening import open_place

    place = open_place()
    _renew_schemas(place)
    try:
        workspace = place.definitions.workspace
        if wrong := _maps(place).told():
            raise Mistakes(wrong)
    except Mistakes as found:
        if json_:
            as_json({"mistakes": [mistake(one) for one in found.mistakes], "warnings": [], "cases": []})
        else:
            echo(str(found))
            say(f"\n{many(len(found.mistakes), 'mistake')}")
        sys.exit(1)
    results = _run(place)
    failed = [result for result in results if not result.passed]
    warnings = [
        *workspace.warnings,
        *_without_a_map(place),
        *_too_long(place),
        *_not_named(place),
        *_never_seen(place),
        *first_runs.warnings(place),
    ]
    if json_:
        cases = [_case(result) for result in results]
        as_json({"mistakes": [], "warnings": [mistake(warning) for warning in warnings], "cases": cases})
    else:
        _print(workspace, warnings, results, failed)
    sys.exit(1 if failed else 0)


def _renew_schemas(place: Place) -> None:
    """A name that was added is not underlined for long: where an editor's schemas hold the names, they are renewed."""
    from cli.init import own_names_of
    from expansion.language.own_names import MARK
    from expansion.language.schema import write_schemas

    folder = place.settings.playbooks.parent
    schemas = folder / ".schema"
    with suppress(OSError, UnicodeDecodeError):
        if MARK in (schemas / "trigger.json").read_text(encoding="utf-8"):
            write_schemas(
                schemas,
                place.catalog,
                own_names_of(folder, place.catalog, place.settings.playbooks, place.settings.home),
            )


def _maps(place: Place) -> Maps:
    from expansion.tables.maps import read_maps

    return read_maps(place.settings.sources)


def _without_a_map(place: Place) -> list[Mistake]:
    from expansion.tables.maps import without_a_map

    return without_a_map(_maps(place), place.definitions.named, place.settings.sources)


def _run(place: Place) -> list[CaseResult]:
    from expansion.explain.cases import run_cases

    cases = [case for many in place.definitions.workspace.cases.values() for case in many]
    return list(run_cases(cases, place.definitions.workspace.triggers, place.definitions.vocabulary))


def _too_long(place: Place) -> tuple[Mistake, ...]:
    """Windows that are longer than what is stored; none where nothing is."""
    from expansion.language.look_back import windows_longer_than
    from expansion.usage.storage.manifest import StoreError

    try:
        days = _days_known(place.stored, place.definitions.workspace)
    except StoreError as error:
        say(f"{error}\n")
        return ()
    return windows_longer_than(place.definitions.workspace, *days) if days else ()


def _never_seen(place: Place) -> tuple[Mistake, ...]:
    """Names that no stored event has; none where nothing is stored, or a warehouse has the events."""
    from expansion.evaluate.naming import never_seen
    from expansion.usage.storage.manifest import StoreError
    from jobs.clock import utc_now

    try:
        if place.settings.engine_url is not None or not place.stored.segments:
            return ()
        return never_seen(place.definitions.workspace, place.store, utc_now())
    except StoreError:
        return ()  # said already


def _not_named(place: Place) -> tuple[Mistake, ...]:
    """Sources whose door in `expansion serve` has a key, and that facts.yaml does not name."""
    from expansion.language.model.mistakes import Mistake
    from web.serve.doors import open_doors

    file = str(place.settings.playbooks / "shared/facts.yaml")
    named = place.definitions.named
    return tuple(
        Mistake(
            file, 0, 0,
            f"the key of `{door.name}` is set, so `expansion serve` takes what it sends; facts.yaml does not name it",
            hint=f"write `- {{from: {door.name}}}` under `events`, or remove the key",
        )
        for door in open_doors().open
        if door.name not in named and "events" in door.gives
    )  # fmt: skip


def _days_known(stored: Manifest, workspace: Workspace) -> tuple[date, date] | None:
    """The first and the last day that events of every source are known of."""
    zone = ZoneInfo(workspace.policy.time_zone)
    sources: list[str | None] = [events.from_ for events in workspace.facts.events] or [None]
    every = [spans for source in sources if (spans := stored.spans(source))]
    if not every:
        return None
    first, last = max(spans[0][0] for spans in every), min(spans[-1][1] for spans in every)
    return (first.astimezone(zone).date(), last.astimezone(zone).date()) if first <= last else None


def _print(workspace: Workspace, warnings: list[Mistake], results: list[CaseResult], failed: list[CaseResult]) -> None:
    for warning in warnings:
        say(f"{warning}\n")
    for result in failed:
        echo(_told(result))
    checked = f"{many(len(workspace.triggers), 'trigger')}, {many(len(workspace.playbooks), 'playbook')}: no mistakes"
    say(f"{checked}; {len(results) - len(failed)} of {many(len(results), 'case')} pass")


def _told(result: CaseResult) -> str:
    """A failed case: what was expected, what came out, and the lines that decided."""
    from expansion.explain.cases import SAID

    case = result.case
    came = SAID[result.answer]
    lines = [f"{case.file}:{case.line}: {case.title}", f"  expected: {case.expect}", f"  came out: {came}"]
    lines.append(f"  now is:   {case.today:%A}, {case.today.day} {case.today:%B %Y}, noon")
    if came == case.expect:
        lines.append(f"  but not because of `{case.because}`")
    lines += [f"    {line.answer.value:<12} {line.text}{_detail(line)}" for line in result.evidence.lines]
    return "\n".join([*lines, ""])


def _detail(line: Line) -> str:
    parts = [f"seen {line.seen}" if line.seen else "", line.cause or ""]
    said = "; ".join(part for part in parts if part)
    return f"  ({said})" if said else ""


def _case(result: CaseResult) -> dict[str, Any]:
    from expansion.explain.cases import SAID

    case = result.case
    said = {"trigger": case.trigger, "title": case.title, "file": case.file, "line": case.line}
    return {**said, "expected": case.expect, "came_out": SAID[result.answer], "passed": result.passed}
