"""The ledger beside the systems: ask each how what was done stands now, and write down where they disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from expansion.contract import Failure, Refused
from expansion.follow.differences import differences, needs_somebody
from expansion.records.ledger import DifferenceRecord, StepRecord
from expansion.text.many import many
from jobs.follow import look_at
from jobs.place import Place

LOOK_BACK = 60  # days; what is older has had its time, and some systems archive it


@dataclass(frozen=True)
class Reconciled:
    """What a comparison found."""

    compared: int
    open: tuple[tuple[DifferenceRecord, StepRecord], ...]  # every difference that there is now
    new: int
    gone: int
    not_compared: Mapping[tuple[str, str], int]  # (action, why) -> steps
    out_of_reach: int  # of these, because their system could not be asked this time

    @property
    def for_somebody(self) -> int:
        """Differences that a person should do something about."""
        return sum(needs_somebody(difference) for difference, _ in self.open)

    def headline(self) -> str:
        """`120 compared, 3 differences, 2 of them new, 1 gone, 4 could not be compared`."""
        untold = sum(self.not_compared.values())
        count = len(self.open)
        parts = [f"{self.compared:,} compared", many(count, "difference")]
        parts += [f"{self.new} of them new"] if self.new else []
        parts += [f"{self.gone} gone"] if self.gone else []
        parts += [f"{untold:,} could not be compared"] if untold else []
        return ", ".join(parts)


def reconcile_all(place: Place, now: datetime, days: int = LOOK_BACK) -> Reconciled:
    """Compare what was done in the last days with each system. Only the table of differences is written."""
    ledger = place.ledger
    steps = {step.key: step for step in ledger.to_compare(now - timedelta(days=days))}
    following = ledger.following(steps)
    seen = look_at(place, steps.values(), following)
    told = {key: standing for key, standing in seen.items() if not isinstance(standing, Failure)}
    found = [
        one
        for key, standing in told.items()
        for one in differences(steps[key], standing, following.get(key, []), _restore(place, steps[key]))
    ]
    gone = ledger.note_differences(told, found, now)
    open_ = ledger.differences()
    known = ledger.steps_called(one.step_key for one in open_)
    failures = {key: failure for key, failure in seen.items() if isinstance(failure, Failure)}
    return Reconciled(
        compared=len(told),
        open=tuple((one, known[one.step_key]) for one in open_),
        new=sum(_is_new(one, now) for one in open_),
        gone=gone,
        not_compared=Counter((steps[key].action, str(failure)) for key, failure in failures.items()),
        out_of_reach=sum(not isinstance(failure, Refused) for failure in failures.values()),
    )


def _restore(place: Place, step: StepRecord) -> str | None:
    words = place.catalog.actions.get(step.action)
    return words.restore if words else None


def _is_new(one: DifferenceRecord, now: datetime) -> bool:
    return one.first_seen_at == now


def difference_rows(found: Iterable[tuple[DifferenceRecord, StepRecord]]) -> list[dict[str, str]]:
    """One row per difference: whose, what is otherwise, what to do, since when it is known."""
    return [
        {
            "account": step.called,
            "step": f"{step.playbook}, {step.step_id}",
            "system": step.integration,
            "what": one.detail,
            "what to do": one.advice,
            "known since": f"{one.first_seen_at:%Y-%m-%d %H:%M}",
            "link": step.link or "",
        }
        for one, step in found
    ]


def untold_rows(not_compared: Mapping[tuple[str, str], int]) -> list[dict[str, str]]:
    """One row per action and reason: what could not be compared."""
    return [{"action": action, "steps": f"{count:,}", "why": why} for (action, why), count in not_compared.items()]
