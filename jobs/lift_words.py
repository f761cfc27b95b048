"""What a comparison says, in words for a meeting: no figure that cannot be stood behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, floor, inf

from expansion.measure.intervals import FEWEST, Interval
from expansion.measure.lift import PACE, Lift
from expansion.measure.sequential import MOST_WEEKS
from expansion.text.many import many
from jobs.lift import Compared

EVERYTHING = "all together"


def called(compared: Compared) -> str:
    """The trigger's name, or that it is all of them."""
    return compared.trigger or EVERYTHING


def told(compared: Compared) -> list[str]:
    """The verdict first, then what follows from it, a sentence each."""
    if compared.lift is None:
        return [*([compared.why_not] if compared.why_not else []), *compared.notes]
    return [*_sentences(compared.lift), *compared.notes]


def _sentences(lift: Lift) -> Iterator[str]:
    yield _verdict(lift)
    if lift.contradicts:
        yield (
            "the weekly looks do not go together: either what acting brings has changed, or this is the one time in "
            "twenty; only the last look is told"
        )
    if lift.verdict in ("too_few", "not_yet"):
        yield _how_long(lift)
    if lift.open and lift.verdict != "nothing":
        yield f"{many(lift.open, 'account')} may still buy: the time that counts for their firing is not over"


def _verdict(lift: Lift) -> str:
    held = many(lift.held_out.converted, "held-out account")
    match lift.verdict:
        case "nothing":
            return "nobody has fired since anybody is held out, so there is nothing to compare yet"
        case "too_few":
            return f"too few to say: {held} bought more; below {FEWEST}, a ratio hangs on a handful of accounts"
        case "not_yet":
            return f"not enough yet: {_counted(lift)}{_between(lift.ratio)} as often fits, so also no difference"
        case "lift":
            return f"acting brings more: {_counted(lift)}{_at_least(lift.ratio)}"
        case "loss":
            return f"acting brings less: {_counted(lift)}{_at_most(lift.ratio)}"


def _counted(lift: Lift) -> str:
    if lift.counted is None:
        return ""
    return f"those not held out bought more {times(lift.counted)} times as often as those held out; "


def _between(ratio: Interval | None) -> str:
    if ratio is None or ratio.high == inf:
        return f"anything from {times(ratio.low if ratio else 0, floor)} times"
    return f"anything from {times(ratio.low, floor)} to {times(ratio.high, ceil)} times"


def _at_least(ratio: Interval | None) -> str:
    """Ninety-five of a hundred histories are within both ends, however often one looks."""
    if ratio is None:
        return ""
    most = "" if ratio.high == inf else f", and at most {times(ratio.high, ceil)}"
    return f"it is at least {times(ratio.low, floor)} times as often{most}"


def _at_most(ratio: Interval | None) -> str:
    return f"it is at most {times(ratio.high, ceil)} times as often" if ratio else ""


def _how_long(lift: Lift) -> str:
    wanted = f"a lift of {float((lift.expected - 1) * 100):g}%"
    pace = f"at the pace so far ({lift.a_week:.1f} accounts a week buy more)"
    if lift.a_week == 0:
        return f"nobody who fired has bought more in the last {PACE} weeks, so nobody can say how long it will take"
    if lift.weeks is None:
        within = f"; within a year one of {ceil((lift.in_a_year - 1) * 20) * 5}% would" if lift.in_a_year else ""
        return (
            f"{wanted} would take more than {MOST_WEEKS // 52} years to show {pace}{within}: a larger share held out "
            "makes it sooner, and so do more triggers"
        )
    return f"about {many(max(1, lift.weeks), 'more week')} until {wanted} would show in four of five cases, {pace}"


def times(ratio: float, rounded: Callable[[float], float] = round) -> str:
    """`1.42`, `3.1`, `17`: as many digits as say something; an end of an interval is rounded outwards."""
    digits = 2 if ratio < 2 else 1 if ratio < 10 else 0
    return f"{rounded(ratio * 10**digits) / 10**digits:.{digits}f}"
