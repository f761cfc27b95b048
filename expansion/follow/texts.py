"""The words of what follows: notes on tasks, and messages about tasks that nobody has touched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from expansion.text.escapes import FORMATS
from expansion.text.many import many


def title_of(recipe: Mapping[str, Any]) -> str:
    """The trigger's title as it was at the firing."""
    return str(recipe.get("context", {}).get("trigger", {}).get("title", "the trigger"))


def ended(recipe: Mapping[str, Any], day: str, *, close: bool) -> str:
    """The note on a task whose episode has ended."""
    what = "Closed, because nobody had begun to work on it" if close else "Decide whether the task is still worth it"
    return f"The reason for this task has gone: “{title_of(recipe)}” is no longer true since {day}. {what}."


def over(recipe: Mapping[str, Any], day: str) -> str:
    """In the thread of a message whose episode has ended."""
    return f"Over: “{title_of(recipe)}” is no longer true since {day}."


def taken_up(touch: str) -> str:
    """In the thread of a message whose task somebody has begun to work on: `first touch: now In Progress`."""
    return f"Taken up: {touch.removeprefix('first touch: ') or 'somebody works on the task'}."


def overdue(spent: timedelta, promise: str) -> str:
    """In the thread of a message whose task nobody has touched in time."""
    return f"Overdue: nobody has touched the task for {hours_text(spent)}; {promise} were agreed."


def hours_text(span: timedelta) -> str:
    """`8 working hours`, `7 working hours and 30 minutes`."""
    minutes = int(span.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = [many(hours, "working hour")] if hours else []
    parts += [many(rest, "minute" if hours else "working minute")] if rest or not hours else []
    return " and ".join(parts)


def reminder(promise: str, *, over: bool) -> str:
    """The headline of a reminder in a channel."""
    return f"no first touch within {promise}" if over else f"the first touch is due within {promise}"


def escalation(promise: str) -> str:
    """The headline of an escalation in a channel."""
    return f"still no first touch, {promise} were agreed"


def reminder_note(promise: str, spent: timedelta, *, over: bool) -> str:
    """A reminder on the task itself."""
    when = f"it should have been within {promise}" if over else f"it should be within {promise}"
    return f"Nobody has touched this task for {hours_text(spent)}; {when}. If it is not worth a call, close it."


def reassign_note(spent: timedelta, promise: str) -> str:
    """On the task itself; who has it now is in the task's owner."""
    return f"Given to somebody else: nobody touched this task for {hours_text(spent)}, and {promise} were agreed."


def message(what: str, task: str, account: str, owner: str, spent: timedelta, link: str | None) -> str:
    """In a Slack channel. Everything that is put in is made harmless for Slack."""
    put = FORMATS["mrkdwn"]
    name = put.link(put.escape(task), link) if link else put.escape(task)
    said = f"Nobody has touched it for {hours_text(spent)}. It is with {put.escape(owner)}."
    return f"*{put.escape(account)}*: {put.escape(what)}\n{name}\n{said}"
