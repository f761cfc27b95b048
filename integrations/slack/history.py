"""Whether posted messages are still in their channels: read from the channels' history, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from expansion.contract import Failure, Made, Standing
from integrations.kit.shapes import reading

_DELETED = "tombstone"  # what history shows of a deleted message that has replies
History = Callable[[str, float, float], Iterator[dict[str, Any]]]  # channel id, oldest, latest: newest first


def standings(made: Sequence[Made], history: History) -> list[Standing | Failure]:
    """One for each message, in order.

    What the history shows between the oldest and the newest of them is certain; where it breaks off, what lies further
    back cannot be told.
    """
    found: dict[str, Standing | Failure] = {}
    for channel in dict.fromkeys(_channel(one) for one in made):
        wanted = {one.remote_id.partition(":")[2] for one in made if _channel(one) == channel}
        found |= {f"{channel}:{ts}": one for ts, one in _of_channel(channel, wanted, history).items()}
    return [found[one.remote_id] for one in made]


def _channel(one: Made) -> str:
    return one.remote_id.partition(":")[0]


def _of_channel(channel: str, wanted: set[str], history: History) -> dict[str, Standing | Failure]:
    there: set[str] = set()
    reached: str | None = None
    times = sorted(float(ts) for ts in wanted)
    try:
        for message in history(channel, times[0] - 1, times[-1] + 1):
            with reading("Slack"):
                float(message["ts"])  # its time, by which the page is in order
            reached = str(message["ts"])
            if message.get("subtype") != _DELETED:
                there.add(reached)
    except Failure as failure:
        return {ts: _seen(ts, there, reached) or failure for ts in wanted}
    return {ts: Standing(there=ts in there) for ts in wanted}


def _seen(ts: str, there: set[str], reached: str | None) -> Standing | None:
    """What is certain although the history broke off: all that is newer than the last message that was read."""
    if reached is None or float(ts) < float(reached):
        return None
    return Standing(there=ts in there)
