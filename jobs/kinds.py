"""The kinds of runs, and what each says of itself in one line. A new kind of run is a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from expansion.records.ledger import FiringRecord, RunKind, StepRecord
from expansion.text.many import many
from jobs.report import RunReport, is_earlier, is_new
from jobs.worth import counting, headline, totals

Did = Callable[[RunReport, Sequence[StepRecord]], str]


def _steps_done(report: RunReport, steps: Sequence[StepRecord]) -> str:
    return f"{many(sum(step.state == 'done' for step in steps), 'step')} done"


def _pulled(report: RunReport, steps: Sequence[StepRecord]) -> str:
    return f"{sum(one['stored'] for one in report.pulled):,} new"


def _compared(report: RunReport, steps: Sequence[StepRecord]) -> str:
    return report.reconciled


def _outcomes(report: RunReport, steps: Sequence[StepRecord]) -> str:
    return report.outcomes or "no outcomes"


@dataclass(frozen=True)
class Kind:
    """What is told of a kind of run."""

    did: Did  # in a few words
    decides: bool = False  # it looks for what is new: that is said first, and alerts tell of it


KINDS: Mapping[RunKind, Kind] = {
    "expansion": Kind(_steps_done, decides=True),
    "follow_up": Kind(_steps_done),
    "react": Kind(_steps_done, decides=True),
    "playbook": Kind(_steps_done),
    "approval": Kind(_steps_done),
    "pull": Kind(_pulled),
    "reconcile": Kind(_compared),
    "outcomes": Kind(_outcomes),
}


def headline_of(kind: RunKind, report: RunReport, firings: Sequence[FiringRecord], steps: Sequence[StepRecord]) -> str:
    """One line: `9 of 11 new firings acted on, worth $84,300 a year; …: $4,800, 24 steps done, 1 problem`."""
    parts = [KINDS[kind].did(report, steps)]
    unsure = sum(step.state == "unsure" for step in steps)
    parts += [f"{unsure} unsure"] if unsure else []
    parts += [many(len(report.problems), "problem")] if report.problems else []
    lead = _decided(firings) if KINDS[kind].decides else []
    return "; ".join([*lead, ", ".join(part for part in parts if part)])


def _decided(firings: Sequence[FiringRecord]) -> list[str]:
    """What is new, and what earlier runs found and this one has decided about."""
    counted = counting(firings)
    new, again = totals(counted, only=is_new), totals(counted, only=is_earlier)
    said = [headline(new, "new firing")] if new else ["0 new firings"]
    return [*said, *([headline(again, "firings of earlier runs")] if again else [])]
