"""How far ahead to look: when what is known now counts no longer, and what no passing of time can turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from expansion.evaluate.logic import NO, YES
from expansion.evaluate.measures import EventMeasure, FactMeasure, Window, basic_measures
from expansion.evaluate.tree import Group, Leaf, Line, Member, Node, Repeated, Returned, Walked, lines, measures
from expansion.memory.account import Account

_YEAR = 366
_MOST_MOMENTS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTED = ("times", "people", "days", "distinct")


def horizon(node: Node) -> int:
    """After how many days nothing that is known now counts any longer, as far as windows go; a year at most."""
    return min(_YEAR, max((_reach(line, points) for line, points in lines(node)), default=0))


def _reach(line: Line, points: int) -> int:
    if _is_relative(line):
        return _YEAR
    silence = line.silence.days if isinstance(line, Returned) else 0
    backs = [sum(span.days for span in one.back) for one in _basics(line) if isinstance(one, FactMeasure)]
    return max([*backs, *map(_days, _windows(line))], default=0) + silence + points


def _days(window: Window) -> int:
    return (window.span.days if window.span else 0) + sum(span.days for span in window.shift)


def may_turn(node: Node, answer: int) -> bool:
    """Whether the passing of time alone can turn an answer: what happened leaves windows, or is looked back upon."""
    match node:
        case Group():
            return True
        case Member():
            return False
        case Walked() | Returned():
            return answer != NO  # nothing is walked, and nothing comes back, where nothing happens
        case Repeated():
            return any(may_turn(part, answer) or part.condition.fact for part in node.parts)
    moving = any(isinstance(one, EventMeasure) or one.back for one in _basics(node))
    return _is_relative(node) or (moving and not _stands(node, answer))


def _stands(leaf: Leaf, answer: int) -> bool:
    """Counts of windows that end with the check only fall where nothing happens."""
    windows = [one.window for one in _basics(leaf) if isinstance(one, EventMeasure)]
    counts = all(isinstance(t.measure, EventMeasure) and t.measure.aggregate in _COUNTED for t in leaf.tests)
    if not counts or any(window.shift for window in windows):
        return False
    asked = {test.word for test in leaf.tests}
    return (answer == NO and asked <= {"at_least", "more_than"}) or (
        answer == YES and asked <= {"at_most", "less_than"}
    )


# --- hours ------------------------------------------------------------------------------------------------------------


def is_hourly(node: Node) -> bool:
    """Whether any window is of hours or minutes."""
    return any(window.is_hourly for line, _ in lines(node) for window in _windows(line))


def leaving(node: Node, account: Account) -> list[datetime]:
    """Of a line about hours alone the moments at which an event enters or leaves; nothing for others, and for many."""
    if not isinstance(node, Leaf | Walked) or node.points > 1 or _is_relative(node):
        return []
    if any(isinstance(one, FactMeasure) and one.back for one in _basics(node)):
        return []
    windows = _windows(node)
    if not windows or not all(window.is_hourly for window in windows):
        return []
    lengths = [timedelta()]
    for window in windows:
        exact = [span.exact for span in (*window.shift, window.span) if span is not None]
        if None in exact:
            return []
        lengths += [sum((one for one in exact[:n] if one), timedelta()) for n in range(1, len(exact) + 1)]
    moments = {at + length for at in _happened(node, account) for length in lengths}
    return sorted(moments) if len(moments) <= _MOST_MOMENTS else []


def _happened(line: Leaf | Walked, account: Account) -> list[datetime]:
    """When anything happened that a line reads."""
    if isinstance(line, Walked):
        every = [at for column in line.walk.columns for at in account.details[column].values["ts"].tolist()]
    else:
        held = [account.of_late, *account.late_details.values()]
        every = [at for one in held if one.moment is not None for at in one.moment.tolist()]
    return [_EPOCH + timedelta(microseconds=at) for at in set(every)]


# --- lines ------------------------------------------------------------------------------------------------------------


def _basics(line: Line) -> list[EventMeasure | FactMeasure]:
    parts = line.parts if isinstance(line, Repeated) else (line,)
    return [basic for part in parts for measure in measures(part) for basic in basic_measures(measure)]


def _windows(line: Line) -> list[Window]:
    own = [line.window] if isinstance(line, Walked | Returned) else []
    return own + [one.window for one in _basics(line) if isinstance(one, EventMeasure)]


def _is_relative(line: Line) -> bool:
    """Compared with the day of the check."""
    return line.condition.older_than is not None or line.condition.newer_than is not None
