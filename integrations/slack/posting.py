"""Posting, one message a second in a place, and finding again what was posted.

Slack has no idempotency key: a post whose outcome nobody knows is looked up in the history by the key in its metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.kit.declare import ActionBase
from integrations.kit.said import number
from integrations.kit.shapes import reading
from integrations.slack.client import Api
from integrations.slack.history import standings
from integrations.slack.meanings import MissingScope
from integrations.slack.message import Message, digests, inputs, single

# `fired_at` is by our clock and a message's `ts` by Slack's: a look-up that missed one would let it be posted again.
CLOCKS_DIFFER = timedelta(days=1)
DIGEST_ABOVE = 5  # so many messages for one place are read one by one; more become a digest


@dataclass(frozen=True)
class Place:
    """Where messages go: a channel as posting takes it, and as it is called in sentences, with no name of a person."""

    channel: str
    called: str


class Posts(ActionBase):
    """Posts; finds what was posted by its key. What is one's own is where it goes: `place` and `channel_id`."""

    offers = frozenset({"annotate", "updates"})
    followed_by = "slack.reply_in_thread"
    answered_by = "slack.show_answers"
    batch = 200  # not Slack's number: so many pieces can become digests together

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now

    def place(self, where: str) -> Place:
        """Where `where` leads. Raises a Failure, after which certainly nothing was posted."""
        raise NotImplementedError

    def channel_id(self, place: Place) -> str:
        """History is asked by id; posting takes names."""
        return place.channel

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[int, Reply] = {}
        for message in messages(pieces):
            reply = self._post(message)
            replies |= {id(piece): reply for piece in message.pieces}
        return [replies[id(piece)] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        found: dict[int, Done | Failure | None] = {}
        for where in dict.fromkeys(inputs(piece).where for piece in pieces):
            mine = [piece for piece in pieces if inputs(piece).where == where]
            found |= self._found(where, mine)
        return [found[id(piece)] for piece in pieces]

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return standings(made, lambda channel, oldest, latest: self._api.history(channel, channel, oldest, latest))

    def posted(self, place: Place, ts: str) -> None:
        """It was posted in the channel with this id."""

    def _post(self, message: Message) -> Reply:
        try:
            with reading("Slack"):
                place = self.place(inputs(message.pieces[0]).where)
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return failure
        try:
            with reading("Slack", wrote=True):
                posted = self._api.post(
                    place.channel,
                    place.called,
                    text=message.text,
                    blocks=list(message.blocks),
                    metadata=message.metadata,
                    client_msg_id=message.client_msg_id,
                )
                channel_id, ts = a_message(posted["channel"], posted["ts"])
        except Failure as failure:
            return failure
        self.posted(place, channel_id)
        return self._done(channel_id, ts, len(message.pieces))

    def _done(self, channel_id: str, ts: str, pieces: int, *, already: bool = False) -> Done:
        note = f"in one digest with {pieces - 1} more" if pieces > 1 else None
        return Done(f"{channel_id}:{ts}", self._api.link(channel_id, ts), note, already)

    # --- looking up ---

    def _found(self, where: str, pieces: Sequence[Piece]) -> dict[int, Done | Failure | None]:
        called = "Slack"
        try:
            with reading("Slack"):
                place = self.place(where)
                called = place.called
                there = self._posted(place, pieces)
        except MissingScope as failure:
            return {id(piece): _look_yourself(called, failure) for piece in pieces}
        except Failure as failure:
            return {id(piece): failure for piece in pieces}
        return {id(piece): there.get(piece.key) for piece in pieces}

    def _posted(self, place: Place, pieces: Sequence[Piece]) -> dict[str, Done]:
        """Which of these are in the channel's history. Raises Failure where that cannot be told."""
        channel_id = self.channel_id(place)
        wanted = {piece.key for piece in pieces}
        found: dict[str, Done] = {}
        for message in self._api.history(channel_id, place.called, self._oldest(pieces)):
            keys = keys_of(message)
            for key in wanted.intersection(keys):
                _, ts = a_message(channel_id, message["ts"])
                found.setdefault(key, self._done(channel_id, ts, len(keys), already=True))
            if len(found) == len(wanted):
                break
        return found

    def _oldest(self, pieces: Sequence[Piece]) -> float:
        """Nothing was posted before it fired; but a run for a day to come has firings ahead of the clock."""
        first = min(piece.fired_at for piece in pieces)
        return 0.0 if first > self._now() else (first - CLOCKS_DIFFER).timestamp()


def a_message(channel_id: Any, ts: Any) -> tuple[str, str]:
    """Where a message is: its time is its id there."""
    if not isinstance(channel_id, str) or not isinstance(ts, str) or number(ts) is None:
        raise ValueError("no message")
    return channel_id, ts


def keys_of(message: dict[str, Any]) -> list[str]:
    """The keys of the steps that a message was posted for."""
    return str((message.get("metadata") or {}).get("event_payload", {}).get("keys", "")).split()


def _look_yourself(called: str, failure: MissingScope) -> Refused:
    """Not NoAccess, after which the same question is asked in every run: a bot without the right never gets to know."""
    return Refused(
        f"Slack, {called}: the bot may not look whether it is there ({failure.needed} is missing). "
        "Look there and say so with `expansion unsure`; so that it does not happen again, "
        f"add {failure.needed} under OAuth & Permissions and reinstall the app"
    )


def messages(pieces: Sequence[Piece]) -> Iterator[Message]:
    """The pieces as messages: one each, or digests where a place would get too many."""
    for where in dict.fromkeys(inputs(piece).where for piece in pieces):
        mine = [piece for piece in pieces if inputs(piece).where == where]
        together = [piece for piece in mine if inputs(piece).digest]
        if len(together) > DIGEST_ABOVE:
            mine = [piece for piece in mine if not inputs(piece).digest]
            yield from digests(together)
        yield from (single(piece) for piece in mine)
