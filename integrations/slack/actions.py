"""Slack: messages in a channel, one a second, many for one channel as one digest.

Slack has no idempotency key: a post whose outcome nobody knows is looked up in the channel's history by the key in its
metadata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.kit.declare import ActionBase
from integrations.kit.said import number
from integrations.kit.shapes import reading, reads
from integrations.slack.channels import channels
from integrations.slack.client import Api, next_cursor
from integrations.slack.history import standings
from integrations.slack.meanings import MissingScope
from integrations.slack.message import Message, PostMessage, digests, inputs, single

# `fired_at` is by our clock and a message's `ts` by Slack's: a look-up that missed one would let it be posted again.
CLOCKS_DIFFER = timedelta(days=1)
DIGEST_ABOVE = 5  # so many messages for one channel are read one by one; more become a digest
PAGES = 20  # of history, 200 messages each, when looking for a message

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")


# --- the action -------------------------------------------------------------------------------------------------------


@reads("Slack")
class PostMessageAction(ActionBase):
    """Posts; finds what was posted by its key."""

    name = "slack.post_message"
    title = "Post a message in a Slack channel"
    input_model = PostMessage
    announces = True
    batch = 200  # not Slack's number: so many pieces can become digests together
    note = f"More than {DIGEST_ABOVE} messages for one channel become one digest, unless `digest: false`."

    def __init__(self, api: Api, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now
        self._ids: dict[str, str] = {}
        self._team_url: str | None = None

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[int, Reply] = {}
        for message in _messages(pieces):
            reply = self._post(message)
            replies |= {id(piece): reply for piece in message.pieces}
        return [replies[id(piece)] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        found: dict[int, Done | Failure | None] = {}
        for channel in dict.fromkeys(inputs(piece).channel for piece in pieces):
            mine = [piece for piece in pieces if inputs(piece).channel == channel]
            try:
                with reading("Slack"):
                    posted = self._posted(channel, mine)
            except MissingScope as failure:
                found |= {id(piece): _look_yourself(channel, failure) for piece in mine}
            except Failure as failure:
                found |= {id(piece): failure for piece in mine}
            else:
                found |= {id(piece): posted.get(piece.key) for piece in mine}
        return [found[id(piece)] for piece in pieces]

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return standings(made, lambda channel, oldest, latest: self._history(channel, channel, oldest, latest))

    def _post(self, message: Message) -> Reply:
        channel = inputs(message.pieces[0]).channel
        try:
            with reading("Slack", wrote=True):
                posted = self._api.post(
                    channel,
                    text=message.text,
                    blocks=list(message.blocks),
                    metadata=message.metadata,
                    client_msg_id=message.client_msg_id,
                )
                channel_id, ts = _a_message(posted["channel"], posted["ts"])
        except Failure as failure:
            return failure
        self._ids[channel] = channel_id
        return self._done(channel_id, ts, len(message.pieces))

    def _done(self, channel_id: str, ts: str, pieces: int, *, already: bool = False) -> Done:
        note = f"in one digest with {pieces - 1} more" if pieces > 1 else None
        return Done(f"{channel_id}:{ts}", self._link(channel_id, ts), note, already)

    def _link(self, channel_id: str, ts: str) -> str | None:
        """Slack's permalinks follow from the workspace's address; `chat.getPermalink` would cost a call each."""
        if self._team_url is None:
            try:
                with reading("Slack"):
                    self._team_url = str(self._api.read("auth.test")["url"])
            except Failure:
                return None  # the message is there; a link is not worth an error
        return f"{self._team_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"

    # --- looking up ---

    def _posted(self, channel: str, pieces: list[Piece]) -> dict[str, Done]:
        """Which of these are in the channel's history. Raises Failure where that cannot be told."""
        channel_id = self._channel_id(channel)
        wanted = {piece.key for piece in pieces}
        found: dict[str, Done] = {}
        for message in self._history(channel_id, channel, self._oldest(pieces)):
            keys = str((message.get("metadata") or {}).get("event_payload", {}).get("keys", "")).split()
            for key in wanted.intersection(keys):
                _, ts = _a_message(channel_id, message["ts"])
                found.setdefault(key, self._done(channel_id, ts, len(keys), already=True))
            if len(found) == len(wanted):
                break
        return found

    def _oldest(self, pieces: list[Piece]) -> float:
        """Nothing was posted before it fired; but a run for a day to come has firings ahead of the clock."""
        first = min(piece.fired_at for piece in pieces)
        return 0.0 if first > self._now() else (first - CLOCKS_DIFFER).timestamp()

    def _history(
        self, channel_id: str, channel: str, oldest: float, latest: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Newest first, until there is no more; an incomplete answer is a failure, not the end."""
        cursor = ""
        for _ in range(PAGES):
            page = self._api.read(
                "conversations.history",
                channel=channel_id,
                oldest=f"{oldest:.6f}",
                **({} if latest is None else {"latest": f"{latest:.6f}"}),
                include_all_metadata=True,
                limit=200,
                cursor=cursor,
            )
            yield from page["messages"]
            cursor = next_cursor(page, cursor)
            if not cursor:
                return
        raise Refused(f"Slack, #{channel}: too many messages since it fired to look through; look by hand")

    def _channel_id(self, channel: str) -> str:
        """History is asked by id; posting takes names."""
        if _CHANNEL_ID.fullmatch(channel):
            return channel
        if channel not in self._ids:
            self._ids |= {c["name"]: c["id"] for c in channels(self._api)}
        if channel not in self._ids:
            raise Refused(f"Slack, #{channel}: no channel of that name that the bot can see")
        return self._ids[channel]


def _a_message(channel_id: Any, ts: Any) -> tuple[str, str]:
    """Where a message is: its time is its id there."""
    if not isinstance(channel_id, str) or not isinstance(ts, str) or number(ts) is None:
        raise ValueError("no message")
    return channel_id, ts


def _look_yourself(channel: str, failure: MissingScope) -> Refused:
    """Not NoAccess, after which the same question is asked in every run: a bot without the right never gets to know."""
    return Refused(
        f"Slack, #{channel}: the bot may not look whether it is there ({failure.needed} is missing). "
        "Look in the channel and say so with `expansion unsure`; so that it does not happen again, "
        f"add {failure.needed} under OAuth & Permissions and reinstall the app"
    )


def _messages(pieces: Sequence[Piece]) -> list[Message]:
    """The pieces as messages: one each, or digests where a channel would get too many."""
    messages: list[Message] = []
    for channel in dict.fromkeys(inputs(piece).channel for piece in pieces):
        mine = [piece for piece in pieces if inputs(piece).channel == channel]
        together = [piece for piece in mine if inputs(piece).digest]
        if len(together) > DIGEST_ABOVE:
            mine = [piece for piece in mine if not inputs(piece).digest]
            messages += digests(together)
        messages += [single(piece) for piece in mine]
    return messages


# --- doctor -----------------------------------------------------------------------------------------------------------
