"""Where a system disagrees with the ledger about what a step made, and what to do about it. Nothing is repaired."""

from __future__ import annotations

from collections.abc import Iterator

from expansion.contract import Standing
from expansion.follow.cleared import CLEARED, LEFT, assigned_to
from expansion.records.ledger import Difference, StepRecord

NOTHING_TO_DO = "nothing: it is done"


def differences(
    step: StepRecord, standing: Standing, following: list[StepRecord], restore: str | None
) -> Iterator[Difference]:
    """What is otherwise than the ledger has it. What a later step of ours changed is no difference.

    `restore`: how a person gets back what such a step made.
    """
    if not standing.there:
        if not _was_taken_back(following):
            detail = standing.missing or f"{step.action} made it, and it is not there any more"
            yield Difference(step.key, "deleted", detail, _about_deleted(restore))
        return
    if standing.missing and not _from_leavers(following):
        advice = "if the people should have it, put it back there; the ledger does not do it again"
        yield Difference(step.key, "changed", standing.missing, advice)
    if standing.moved:
        was = assigned_to(step, following) or "its owner"
        now = standing.owner or "somebody else"
        advice = f"if that is right, make it the account's owner as well, or later steps still go to {was}"
        yield Difference(step.key, "moved", f"given to {was}, and {now} has it", advice)
    if standing.closed and not _was_closed(following):
        yield Difference(step.key, "closed", f"it was finished there: {standing.state}", NOTHING_TO_DO)


def needs_somebody(difference: Difference) -> bool:
    """Whether there is anything to do about it."""
    return difference.advice != NOTHING_TO_DO


def _about_deleted(restore: str | None) -> str:
    if restore:
        return f"{restore}; the ledger does not make it again"
    return "if it was deleted on purpose there is nothing to do; the ledger does not send it again"


def _was_taken_back(following: list[StepRecord]) -> bool:
    """A tag that a step of ours removed when the episode ended, or when people left the account."""
    ended = [one for one in following if one.step_id.endswith(f".{CLEARED}") and one.state == "done"]
    return any(one.input is not None and "close" not in one.input for one in ended) or _from_leavers(following)


def _from_leavers(following: list[StepRecord]) -> bool:
    """Taken back from some; no system tells from whom it is missing."""
    return any(f".{LEFT}-" in one.step_id and one.state == "done" for one in following)


def _was_closed(following: list[StepRecord]) -> bool:
    return any(one.state == "done" and bool((one.input or {}).get("close")) for one in following)
