"""The report of a run on a terminal, and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli import scripts
from cli.fired import show_fired
from cli.output import echo, many, say, table

if TYPE_CHECKING:
    from expansion.records.ledger import FiringRecord, RunRecord, StepRecord
    from jobs.report import RunReport

_CAUSES = 3  # of a trigger that cannot be told; the JSON has all


def show_report(report: RunReport, firings: Sequence[FiringRecord], steps: Sequence[StepRecord]) -> None:
    """What fired, what was decided again, what was done; then what a person has to know."""
    from jobs.report import is_earlier, is_new

    show_fired([one for one in firings if is_new(one)], "What fired")
    if again := [one for one in firings if is_earlier(one)]:
        echo()
        show_fired(again, "What was decided again")
    if steps:
        echo()
    table(_counted(steps), title="What was done")
    show_unknown(report.unknown)
    if report.not_due:
        names = ", ".join(report.not_due)
        say(f"not due yet, evaluated before: {names} (`--trigger NAME` evaluates one now)")
    if report.waiting:
        say(f"{many(report.waiting, 'firing')} waiting for a person: `expansion approve` lists them")
    for said in report.paused:
        say(f"paused: {said}")
    for notice in report.notices:
        say(f"worth a look: {notice}")
    show_problems(report)


def show_unknown(unknown: Mapping[str, Mapping[str, int]]) -> None:
    """Of each trigger the most frequent causes."""
    for trigger, causes in unknown.items():
        for cause, count in sorted(causes.items(), key=lambda item: -item[1])[:_CAUSES]:
            say(f"cannot tell for {many(count, 'account')}, {trigger}: {cause}")


def show_problems(report: RunReport) -> None:
    for problem in report.problems:
        say(f"problem: {problem.system} ({problem.whose}): {problem.sentence}")


def _counted(steps: Iterable[StepRecord]) -> list[dict[str, object]]:
    """A line for each action of a playbook: how many steps are done, how many wait and until when, what else."""
    found: dict[tuple[str, str], list[StepRecord]] = {}
    for step in steps:
        found.setdefault((step.playbook, step.action), []).append(step)
    return [{"playbook": name, "action": action, **_standing(some)} for (name, action), some in sorted(found.items())]


def _standing(steps: Sequence[StepRecord]) -> dict[str, object]:
    states = [step.state for step in steps]
    waiting = [step for step in steps if step.state == "waiting"]
    others = {state: states.count(state) for state in dict.fromkeys(states) if state not in ("done", "waiting")}
    return {
        "done": states.count("done") or "",
        "waiting": len(waiting) or "",
        "next on": f"{min(step.not_before for step in waiting):%Y-%m-%d}" if waiting else "",
        "else": ", ".join(f"{count} {state}" for state, count in others.items()),
    }


def report_for_scripts(
    run: RunRecord, report: RunReport, firings: Sequence[FiringRecord], steps: Sequence[StepRecord]
) -> dict[str, Any]:
    """The same as one object."""
    from jobs.kinds import headline_of
    from jobs.worth import counting, totals

    return {
        "run_id": run.id,
        "kind": run.kind,
        "status": run.status,
        "as_of": run.as_of,
        "headline": headline_of(run.kind, report, firings, steps),
        "became": scripts.money(totals(counting(firings))),
        "firings": scripts.firings(firings),
        "steps": [scripts.step(one) for one in steps],
        **summary_for_scripts(report.summary()),
    }


def summary_for_scripts(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What a run wrote down, with lists where it counted by a text."""
    told = dict(summary)
    if "fired" in told:
        told["fired"] = scripts.counted(told["fired"], "trigger", "firings")
    if "unknown" in told:
        told["unknown"] = unknown_for_scripts(told["unknown"])
    if "unreadable" in told:
        told["unreadable"] = scripts.counted(told["unreadable"], "fact", "accounts")
    return told


def unknown_for_scripts(unknown: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [
        {"trigger": trigger, "cause": cause, "accounts": count}
        for trigger, causes in unknown.items()
        for cause, count in causes.items()
    ]
