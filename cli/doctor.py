"""`expansion doctor`: every configured system, asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
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
        as_json([asdict(finding) | {"mark": _mark(finding)} for finding in findings])
    else:
        for finding in findings:
            echo(shown(finding))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _mark(finding: Finding) -> str:
    return finding.mark if finding.ok else "problem"


def shown(finding: Finding) -> str:
    """A finding as people read it: the mark, the system, what was found, and below it what to do."""
    lines = [f"{_mark(finding):<7}  {finding.system}: {finding.what}"]
    if finding.remedy and _mark(finding) != "ok":
        lines += [f"         {line}".rstrip() for line in finding.remedy.splitlines()]
    return "\n".join(lines)


_BROKEN = "cannot be used"


def _findings() -> list[Finding]:
    from flows.opening import open_place

    place = open_place()
    try:
        systems = place.systems()
        own = [_own("ledger", place, _ledger), _own("usage store", place, _store)]
        if not any(finding.what == _BROKEN for finding in own):  # what cannot be read says nothing of its clock
            own.insert(1, _own("clock", place, _clock))
        own += _first_run(place)
        return [*own, *_systems(place, systems)]
    finally:
        place.close()


def _own(name: str, place: Place, ask: Callable[[Place], Finding]) -> Finding:
    """A broken ledger or store is a finding like any other: the systems are asked all the same."""
    from expansion.ledger.database import LedgerError
    from expansion.usage.manifest import StoreError
    from integrations.kit.declare import Finding

    try:
        return ask(place)
    except (LedgerError, StoreError) as error:
        return Finding(name, _BROKEN, False, str(error))


def _systems(place: Place, systems: list[str]) -> Iterator[Finding]:
    from expansion.contract import Failure
    from integrations.kit.declare import Finding

    for system in systems:
        connected = place.connect(system)
        if connected is None:
            yield Finding(system, "is not connected", False, str(place.problems[system]))
            continue
        try:
            findings = [*connected.check(place.used(system)), *_contradictions(place, system, connected)]
            yield from (replace(finding, system=system) for finding in findings)
        except Failure as failure:
            yield Finding(system, "does not answer", False, str(failure))


def _contradictions(place: Place, system: str, connected: Connected) -> Iterator[Finding]:
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
        return Finding("ledger", f"{many(unsure, 'step')} unsure", False, "`expansion unsure` lists them")
    return Finding("ledger", f"{where}, up to date, no step is unsure", True)


def _clock(place: Place) -> Finding:
    from expansion.ledger.agreement import ClocksDisagree
    from integrations.kit.declare import Finding

    try:
        said = place.agree()
    except ClocksDisagree as error:
        what, _, remedy = str(error).partition("\n\nhint: ")
        return Finding("clock", what, False, remedy)
    if said:
        return Finding("clock", said, True, "let both keep the time (NTP) before it is more", mark="warning")
    counts = "agrees with the ledger's database" if place.ledger.is_postgres else "counts, for the ledger is here"
    return Finding("clock", f"this machine's {counts}; nothing lies ahead of it", True)


def _first_run(place: Place) -> list[Finding]:
    """A warning where the first run would act on everybody at once."""
    from cli.first_runs import HINT, acting_at_once, told
    from expansion.ledger.database import LedgerError
    from integrations.kit.declare import Finding

    try:
        names = acting_at_once(place)
    except LedgerError:  # told already
        return []
    return [Finding("triggers", told(names), True, HINT, mark="warning")] if names else []


def _store(place: Place) -> Finding:
    from integrations.kit.declare import Finding

    manifest = place.store.manifest()
    events = sum(segment.rows for segment in manifest.segments)
    until = f", known until {manifest.watermark:%Y-%m-%d %H:%M} UTC" if manifest.watermark else ""
    return Finding("usage store", f"{many(events, 'event')}{until}", True)
