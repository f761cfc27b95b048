"""What becomes of a message later: a reply in its thread, and the answers of people below its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from pydantic import Field

from expansion.contract import Done, Failure, Piece, Reply
from expansion.follow.inputs import ChangeTask, MadeBefore
from expansion.text.escapes import FORMATS
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reading, reads
from integrations.slack.client import Api
from integrations.slack.inputs import MessageOwner, PostMessage, Said
from integrations.slack.meanings import Gone, MissingScope
from integrations.slack.message import Message, single
from integrations.slack.posting import a_message, keys_of

GONE = "the message is not there any more, so nothing was said"
_THREAD = "a thread"


@reads("Slack")
class ReplyInThreadAction(ActionBase):
    """Reads the thread right before it posts: what is there already is not said again."""

    name = "slack.reply_in_thread"
    title = "Say in the thread of a Slack message what became of it"
    input_model = ChangeTask
    follows = True
    batch = 50  # not Slack's number

    def __init__(self, api: Api) -> None:
        self._api = api

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        return [self._looked(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        found = self._looked(piece)
        if isinstance(found, Done) or (isinstance(found, Failure) and not isinstance(found, MissingScope)):
            return found
        channel, ts = _made(piece)
        text = FORMATS["mrkdwn"].escape(cast(ChangeTask, piece.input).note)
        said = Message((piece,), text, ())
        try:
            with reading("Slack", wrote=True):
                more = {"text": text, "metadata": said.metadata, "client_msg_id": said.client_msg_id}
                posted = self._api.post(channel, _THREAD, thread_ts=ts, **more)
                return self._done(*a_message(channel, posted["ts"]), ts)
        except Gone:
            return Done(f"{channel}:{ts}", None, GONE)
        except Failure as failure:
            return failure

    def _looked(self, piece: Piece) -> Done | Failure | None:
        """Whether it was said; None: certainly not. Where the message is gone, nothing has to be said."""
        channel, ts = _made(piece)
        try:
            with reading("Slack"):
                there = {key: one["ts"] for one in self._api.replies(channel, _THREAD, ts) for key in keys_of(one)}
                said = there.get(piece.key)
                return self._done(*a_message(channel, said), ts, already=True) if said else None
        except Gone:
            return Done(f"{channel}:{ts}", None, GONE)
        except Failure as failure:
            return failure

    def _done(self, channel: str, ts: str, thread: str, *, already: bool = False) -> Done:
        link = self._api.link(channel, ts)
        return Done(f"{channel}:{ts}", link and f"{link}?thread_ts={thread}&cid={channel}", None, already)


class ShowAnswers(MadeBefore):
    """What people have answered by the buttons of a message, all of it, in the order in which it is shown."""

    answers: list[str] = Field(max_length=10, description="One line each.")
    number: int = Field(ge=1, description="Grows with every answer: of two at once the later one is shown.")


@reads("Slack")
class ShowAnswersAction(ActionBase):
    """Writes the whole message anew, so that it may be done twice."""

    name = "slack.show_answers"
    title = "Show below a Slack message what people have answered"
    input_model = ShowAnswers
    follows = True
    repeatable = True
    batch = 50

    def __init__(self, api: Api) -> None:
        self._api = api

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        newest = {_asked(piece).step: piece for piece in sorted(pieces, key=lambda one: _asked(one).number)}
        replies = {step: self._show(piece) for step, piece in newest.items()}
        return [replies[_asked(piece).step] for piece in pieces]

    def _show(self, piece: Piece) -> Reply:
        channel, ts = _made(piece)
        asked = _asked(piece)
        answers = [FORMATS["mrkdwn"].escape(line) for line in asked.answers]
        message = single(replace(piece, key=asked.step, input=_as_sent(asked)), answers)
        try:
            with reading("Slack", wrote=True):
                self._api.update(channel, ts, text=message.text, blocks=list(message.blocks), metadata=message.metadata)
        except Gone:
            return Done(f"{channel}:{ts}", None, GONE)
        except Failure as failure:
            return failure
        return Done(f"{channel}:{ts}", self._api.link(channel, ts))


def _asked(piece: Piece) -> ShowAnswers:
    return cast(ShowAnswers, piece.input)


def _as_sent(asked: MadeBefore) -> Said:
    """The message's input: one to a channel names the channel."""
    kind: type[Said] = PostMessage if "channel" in asked.made else MessageOwner
    return kind.model_validate(asked.made)


def _made(piece: Piece) -> tuple[str, str]:
    channel, _, ts = cast(MadeBefore, piece.input).remote_id.partition(":")
    return channel, ts
