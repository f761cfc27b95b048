"""What people have answered by the buttons of a message: as lines below it, and as steps that show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from expansion.calendar.spans import day_text, local_date
from expansion.contract import ActionWords
from expansion.follow.cleared import change_task, new_step
from expansion.records.dispositions import ANSWER, DispositionRecord, standing
from expansion.records.firing import NewStep
from expansion.records.ledger import StepRecord

BUTTONS = "buttons"  # the input of a message that has some
LINES = 10  # of what people have said; older opinions are counted
REASONS = {
    "no-need": "they do not need more",
    "bad-timing": "bad timing",
    "in-talks": "in talks already",
    "wrong-data": "the numbers are wrong",
    "other": "another reason",
}


def lines(said: Iterable[DispositionRecord], zone: ZoneInfo) -> list[str]:
    """`Claimed by dana@acme.example on 3 March 2026`: each person's last word on each matter, the claim first."""
    now = standing(said)
    first = sorted(now, key=lambda one: one.kind != "claimed")
    found = [line(one, zone) for one in first]
    more = len(found) - LINES
    return found if more <= 0 else [*found[: LINES - 1], f"and {more + 1} more"]


def shows(message: StepRecord, new: DispositionRecord, words: ActionWords, shown: list[str], others: int) -> NewStep:
    """The step that shows it: below the message; in its thread where several accounts share the message.

    `others`: how many other accounts the message is about.
    """
    if others or words.answered_by is None:
        note = f"{message.called}: {shown[0] if new.kind == 'claimed' else shown[-1]}"
        return _step(message, new, words.followed_by or "", change_task(message, (), note).model_dump(mode="json"))
    made = {"step": message.key, "remote_id": message.remote_id or "", "made": dict(message.input or {})}
    return _step(message, new, words.answered_by, {**made, "answers": shown, "number": new.id})


def to_show(
    messages: Iterable[StepRecord], actions: Mapping[str, ActionWords]
) -> Iterator[tuple[StepRecord, ActionWords]]:
    """The messages of a firing that have buttons, and whose action can show what was answered."""
    for one in messages:
        words = actions.get(one.action)
        if words is not None and words.answered_by and words.followed_by and (one.input or {}).get(BUTTONS):
            yield one, words


def _step(message: StepRecord, new: DispositionRecord, action: str, input_: dict[str, Any]) -> NewStep:
    return new_step(message, f"{ANSWER[1:]}{new.id}", action, input_, because=f"{new.who} answered: {new.kind}")


def line(one: DispositionRecord, zone: ZoneInfo) -> str:
    """What somebody said, when."""
    day = day_text(local_date(one.at, zone))
    match one.kind:
        case "claimed":
            return f"Claimed by {one.who} on {day}"
        case "snoozed" if one.until:
            return f"Snoozed by {one.who} until {day_text(local_date(one.until, zone))}"
        case "useful":
            return f"Useful, says {one.who}"
    why = REASONS.get(one.reason or "", one.reason)
    return f"Not useful, says {one.who}{f': {why}' if why else ''}"
