"""`expansion doctor`: every configured system, asked."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from cli.showing import as_json


@click.command("doctor")
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(json_: bool) -> None:
    """Ask every system that the playbooks name: reachable, signed in, allowed, within its limits?

    Nothing is written anywhere. Exit code 1 if anything needs a person; each line says what to do.
    """
    findings = list(_findings())
    if json_:
        as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok     ' if finding.ok else 'problem'}  {finding.system}: {finding.what}")
            if finding.remedy and not finding.ok:
                click.echo("\n".join(f"         {line}" for line in finding.remedy.splitlines()))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _findings() -> list[Any]:
    from expansion.contract import Failure
    from flows.place import Place
    from integrations.base import Finding

    place = Place()
    try:
        found = [_ledger(place), _store(place)]
        for system in place.systems():
            connected = place.connect(system)
            if connected is None:
                found.append(Finding(system, "settings are not complete", False, str(place.problems[system])))
                continue
            try:
                found += connected.check()
            except Failure as failure:
                found.append(Finding(system, "does not answer", False, str(failure)))
        return found
    finally:
        place.close()


def _ledger(place: Any) -> Any:
    from integrations.base import Finding

    unsure = len(place.ledger.unsure_steps())
    where = "PostgreSQL" if place.ledger.is_postgres else "SQLite"
    if unsure:
        return Finding("ledger", f"{unsure} steps are unsure", False, "`expansion unsure` lists them")
    return Finding("ledger", f"{where}, up to date, no step is unsure", True)


def _store(place: Any) -> Any:
    from integrations.base import Finding

    manifest = place.store.manifest()
    events = sum(segment.rows for segment in manifest.segments)
    until = f", known until {manifest.watermark:%Y-%m-%d %H:%M}" if manifest.watermark else ""
    return Finding("usage store", f"{events:,} events{until}", True)
