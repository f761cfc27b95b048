"""`expansion doctor`: every configured system, asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.output import as_json, echo, many

if TYPE_CHECKING:
    from integrations.kit.declare import Connected, Finding
    from jobs.place import Place


@click.command("doctor")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(json_: bool) -> None:
    """Ask every system that the playbooks name: reachable, signed in, allowed, within its limits?

    Nothing is changed in any of them; your ledger gets its tables, if it has none yet. Exit code 1 if anything needs a
    person; each line says what to do. A warning is no reason for exit code 1: it works, and is worth a look.
    """
    findings = _findings()
    if json_:
        as_json([{"system": system, **asdict(finding), "mark": _mark(finding)} for system, finding in findings])
    else:
        for system, finding in findings:
            echo(shown(system, finding))
    sys.exit(0 if all(finding.ok for _, finding in findings) else 1)


def _mark(finding: Finding) -> str:
    return finding.mark if finding.ok else "problem"


def shown(system: str, finding: Finding) -> str:
    """A finding as people read it: the mark, the system, what was found, and below it what to do."""
    lines = [f"{_mark(finding):<7}  {system}: {finding.what}"]
    if finding.remedy and _mark(finding) != "ok":
        lines += [f"         {line}".rstrip() for line in finding.remedy.splitlines()]
    return "\n".join(lines)


_BROKEN = "cannot be used"


def _findings() -> list[tuple[str, Finding]]:
    """Each with the system that it is of, or the part of our own."""
    from flows.opening import open_place

    place = open_place()
    try:
        engine = ["warehouse"] if place.settings.engine_url is not None else []
        systems = list(dict.fromkeys([*place.definitions.systems, *engine]))
        own = [("ledger", _own(place, _ledger)), ("usage store", _own(place, _store))]
        readable = not any(finding.what == _BROKEN for _, finding in own)
        if readable:  # what cannot be read says nothing of its clock, nor of what came in
            own.insert(1, ("clock", _own(place, _clock)))
            own += [("usage store", finding) for finding in _sources(place)]
        own += [("triggers", finding) for finding in _first_run(place)]
        own += [("serve", finding) for finding in _doors(place)]
        return [*own, *((system, finding) for system in systems for finding in _system(place, system))]
    finally:
        place.close()


def _doors(place: Place) -> Iterator[Finding]:
    """Sources of facts.yaml that push: has `expansion serve` a key of each?"""
    from integrations.kit.declare import Finding
    from web.serve.doors import open_doors

    doors = open_doors()
    opened = {door.name for door in doors.open}
    for name, words in place.catalog.sources.items():
        if words.pushed and name in place.definitions.named:
            wrong = doors.wrong.get(name)
            remedy = str(wrong) if wrong else f"`expansion serve` lets nobody in without a key; {name} has none set"
            yield Finding(f"takes {name}" if name in opened else f"takes no {name}", name in opened, remedy)


def _own(place: Place, ask: Callable[[Place], Finding]) -> Finding:
    """A broken ledger or store is a finding like any other: the systems are asked all the same."""
    from expansion.ledger.database import LedgerError
    from expansion.usage.storage.manifest import StoreError
    from integrations.kit.declare import Finding

    try:
        return ask(place)
    except (LedgerError, StoreError) as error:
        return Finding(_BROKEN, False, str(error))


def _system(place: Place, system: str) -> list[Finding]:
    from expansion.contract import Failure
    from integrations.kit.declare import Finding

    connected = place.systems.connect(system)
    if connected is None:
        return [Finding("is not connected", False, str(place.systems.problems[system]))]
    try:
        return [*connected.check(place.definitions.used(system)), *_contradictions(place, connected)]
    except Failure as failure:
        return [Finding("does not answer", False, str(failure))]


def _contradictions(place: Place, connected: Connected) -> Iterator[Finding]:
    """Fields that facts.yaml takes for something else than the system describes."""
    from datetime import UTC, datetime

    from jobs.pull import pulls, wanted

    for pull in pulls(place):
        source = connected.sources.get(pull.source)
        if pull.what == "facts" and source is not None:
            yield from source.contradictions(wanted(place, pull.source, datetime.now(UTC)))


def _ledger(place: Place) -> Finding:
    from integrations.kit.declare import Finding

    unsure = len(place.ledger.unsure_steps())
    where = "PostgreSQL" if place.ledger.is_postgres else "SQLite"
    if unsure:
        return Finding(f"{many(unsure, 'step')} unsure", False, "`expansion unsure` lists them")
    return Finding(f"{where}, up to date, no step is unsure", True)


def _clock(place: Place) -> Finding:
    from expansion.ledger.agreement import ClocksDisagree
    from integrations.kit.declare import Finding

    try:
        said = place.agree()
    except ClocksDisagree as error:
        what, _, remedy = str(error).partition("\n\nhint: ")
        return Finding(what, False, remedy)
    if said:
        return Finding(said, True, "let both keep the time (NTP) before it is more", mark="warning")
    counts = "agrees with the ledger's database" if place.ledger.is_postgres else "counts, for the ledger is here"
    return Finding(f"this machine's {counts}; nothing lies ahead of it", True)


def _first_run(place: Place) -> list[Finding]:
    """A warning where the first run would act on everybody at once."""
    from cli.first_runs import HINT, acting_at_once, told
    from expansion.ledger.database import LedgerError
    from integrations.kit.declare import Finding

    try:
        names = acting_at_once(place)
    except LedgerError:  # told already
        return []
    return [Finding(told(names), True, HINT, mark="warning")] if names else []


def _sources(place: Place) -> list[Finding]:
    """A warning for each source that brings too little, too much or nothing new."""
    from expansion.usage.storage.manifest import StoreError
    from integrations.kit.declare import Finding
    from jobs.sources import REMEDY, wrong_now

    remedy = f"{REMEDY}; look what changed there, or say with `expects` in facts.yaml that it is right"
    try:
        return [Finding(hole.said, True, remedy, mark="warning") for hole in wrong_now(place, place.now())]
    except StoreError:  # told already
        return []


def _store(place: Place) -> Finding:
    from integrations.kit.declare import Finding

    manifest = place.store.manifest()
    events = sum(segment.rows for segment in manifest.segments)
    until = f", known until {manifest.watermark:%Y-%m-%d %H:%M} UTC" if manifest.watermark else ""
    return Finding(f"{many(events, 'event')}{until}", True)
