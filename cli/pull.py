"""`expansion pull`: what the connected sources know, into the usage store."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from cli.completing import SOURCE
from cli.output import as_json, many, say

if TYPE_CHECKING:
    from jobs.place import Place
    from jobs.pull import Pull, Pulled
    from jobs.report import RunReport


@click.command("pull")
@click.argument("sources", nargs=-1, type=SOURCE)
@click.option("--json", "json_", is_flag=True, help="The result as JSON.")
def command(sources: tuple[str, ...], json_: bool) -> None:
    """Bring in what the sources of facts.yaml know: all, or only SOURCES, such as `salesforce` or `mixpanel.export`.

    Nothing is evaluated, decided or sent, and no Prefect server is needed. Events are read since the last pull, and the
    last days again. Then `expansion run --dry-run` shows what would happen. Exit code 1 where a source has a problem.
    """
    from flows.opening import open_place
    from jobs.pull_all import chosen

    place = open_place()
    try:
        wanted = chosen(place, sources)
        place.begin()
        report, ended_by = _pulled(place, wanted)
        if report is not None and not sources:
            _bring_in(place)
    finally:
        place.close()
    if report is None:
        say("stopped: what was read of a finished source is stored, and the next pull goes on from there")
        sys.exit(128 + (ended_by or 0))
    if json_:
        as_json(_told(report))
    else:
        _show(report)
    sys.exit(1 if report.problems else 0)


def _bring_in(place: Place) -> None:
    """What was pushed to `expansion serve`, as a run does it."""
    from jobs.event_store import bring_in

    done = bring_in(place.store)
    for source, one in sorted(done.by_source.items()):
        aside = sum(one.rejects.values())
        more = f", {aside:,} set aside, listed in {one.report}" if aside else ""
        say(f"{source}, pushed: {one.stored:,} new{more}")
    if done.waiting:
        say(f"{many(done.waiting, 'pushed event')} wait until the account of their person is told")
    if done.waiting_people:
        say(f"{many(done.waiting_people, 'pushed fact')} of people wait until their account is told")
    for cohort, came in sorted(done.half.items()):
        say(f"{cohort}: {came} pages have come; until all are there, the cohort stays as it was")


def _pulled(place: Place, wanted: list[Pull]) -> tuple[RunReport | None, int | None]:
    """The report; None where a signal ended it, with its number."""
    from cli.stopping import Job
    from jobs.pull import Stopped
    from jobs.pull_all import pull_all

    stopping = threading.Event()

    async def work() -> RunReport:
        pulling = asyncio.to_thread(pull_all, place, wanted, place.now, stopping.is_set, _tell, _begins)
        thread = asyncio.ensure_future(pulling)
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            await asyncio.wait([thread])  # it comes to an end by itself, and writes down that it did
            if not thread.cancelled():
                thread.exception()
            raise

    job = Job(work, lambda _: stopping.set())
    try:
        report = job.finish()
    except Stopped:
        report = None
    return (None, job.signal) if job.signal is not None else (report, None)


def _begins(pull: Pull) -> None:
    if sys.stderr.isatty():
        say(f"reading {pull.title}")


def _tell(pulled: Pulled) -> None:
    if pulled.problem is None:
        say(line(pulled))


def line(pulled: Pulled) -> str:
    """What came of one pull."""
    repeats = f", {pulled.repeats:,} repeats left out" if pulled.repeats else ""
    return f"{pulled.pull.title}: {_came(pulled.stored, pulled.changed)}{repeats}"


def _came(new: int, changed: int) -> str:
    """Rows of tables change; what is pulled elsewhere is new, or known."""
    return f"{new:,} new, {changed:,} changed" if changed else f"{new:,} new"


def _show(report: RunReport) -> None:
    from cli.reporting import show_problems

    for notice in report.notices:
        say(f"worth a look: {notice}")
    show_problems(report)
    if not report.pulled:
        say("nothing to pull: no fact, cohort, event or outcome comes from a system; `expansion import` reads files")
        return
    new, changed = (sum(int(one[what]) for one in report.pulled) for what in ("stored", "changed"))
    say(f"\n{many(len(report.pulled), 'pull')}, {_came(new, changed)}; nothing was evaluated or sent")
    say("next: `expansion run --dry-run` shows what would happen")


def _told(report: RunReport) -> dict[str, Any]:
    return {
        "pulled": report.pulled,
        "notices": report.notices,
        "problems": [vars(problem) for problem in report.problems],
    }
