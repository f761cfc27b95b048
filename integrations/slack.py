"""Slack: messages in a channel, one a second, many for one channel as one digest.

Slack has no idempotency key: a post whose outcome nobody knows is looked up in the channel's history by the key in its
metadata.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations import _settings
from integrations._rights import compared, needed, not_told
from integrations._said import number
from integrations._shapes import checked, reading, reads
from integrations._slack_api import IN_A_CHANNEL, IN_ALL, Api, ContainedClient, MissingScope, next_cursor
from integrations._slack_message import Message, PostMessage, digests, inputs, single
from integrations._slack_standing import standings
from integrations.base import ActionBase, Allowance, Clock, Connected, Finding, Integration, RetryPolicy, Right

RETRY = RetryPolicy(tries=4, first_wait=1.0, longest_wait=30.0)
TIMEOUT = 15.0  # seconds

# `fired_at` is by our clock and a message's `ts` by Slack's: a look-up that missed one would let it be posted again.
CLOCKS_DIFFER = timedelta(days=1)
DIGEST_ABOVE = 5  # so many messages for one channel are read one by one; more become a digest
PAGES = 20  # of history, 200 messages each, when looking for a message
FOR_PRIVATE = ("groups:read", "groups:history")  # channels
RIGHTS = (
    Right("chat:write", "posting"),
    Right("channels:read", "finding a channel by its name"),
    Right("channels:history", "looking whether a message is there before it is sent again"),
)
NEEDED = needed(RIGHTS, None)

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_file=".env", extra="ignore")

    bot_token: SecretStr = Field(
        description="Bot token, starts with xoxb-: api.slack.com/apps > your app > OAuth & Permissions. "
        f"Scopes: {', '.join(NEEDED)} (and groups:read, groups:history for private channels)."
    )
    base_url: str = Field("https://slack.com/api/", description="Another host that speaks Slack's API: a stand-in.")

    @field_validator("bot_token")
    @classmethod
    def _of_a_bot(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith("xoxb-"):
            raise ValueError("is not a bot token; it starts with xoxb-")
        return token


# --- the action -------------------------------------------------------------------------------------------------------


@reads("Slack")
class PostMessageAction(ActionBase):
    """Posts; finds what was posted by its key."""

    name = "slack.post_message"
    title = "Post a message in a Slack channel"
    input_model = PostMessage
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


def channels(api: Api) -> list[dict[str, Any]]:
    """All channels the bot can see; the private ones only where it has the scope for them."""
    try:
        return _channels(api, "public_channel,private_channel")
    except MissingScope as failure:
        if failure.needed != "groups:read":
            raise
        return _channels(api, "public_channel")


def _channels(api: Api, types: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.read("conversations.list", types=types, exclude_archived=True, limit=1000, cursor=cursor)
        found += page["channels"]
        cursor = next_cursor(page, cursor)
        if not cursor:
            return found


# --- doctor -----------------------------------------------------------------------------------------------------------


def check(api: Api) -> list[Finding]:
    """Is the token good, are the scopes there, is the bot in a channel?"""
    try:
        who = api.read("auth.test")
    except Failure as failure:
        return [Finding("slack", "the bot token", ok=False, remedy=str(failure))]
    findings = [Finding("slack", f"signed in to {who['team']} as {who['user']}", ok=True)]
    findings += _scopes(api.scopes)
    if not all(finding.ok for finding in findings):
        return findings
    try:
        joined = sorted(channel["name"] for channel in channels(api) if channel.get("is_member"))
    except Failure as failure:
        return [*findings, Finding("slack", "the list of channels", ok=False, remedy=str(failure))]
    if not joined:
        return [
            *findings,
            Finding("slack", "in no channel", ok=False, remedy="type `/invite` and the app's name there"),
        ]
    return [*findings, Finding("slack", f"in #{', #'.join(joined[:10])}", ok=True)]


def _scopes(held: frozenset[str]) -> list[Finding]:
    """As the header X-OAuth-Scopes of the last answer told them."""
    if not held:
        return [not_told("slack", "scopes", "Slack's answer did not say")]
    return compared(
        "slack",
        "scopes",
        NEEDED,
        held,
        give="add {names} under OAuth & Permissions and reinstall the app",
        take_away="take {names} away under OAuth & Permissions and reinstall the app",
        unremarkable=FOR_PRIVATE,
    )


def connected(
    settings: Settings,
    *,
    retry: RetryPolicy = RETRY,
    clock: Clock = time,
    now: Callable[[], datetime] | None = None,
    timeout: float = TIMEOUT,
    allowance: Allowance | None = None,
) -> Connected:
    """Slack with these settings; tests bring their own time."""
    logger = logging.getLogger("slack_sdk.contained")
    logger.setLevel(logging.CRITICAL)  # it would log requests that failed, and we say that ourselves
    client = ContainedClient(settings.bot_token.get_secret_value(), settings.base_url, retry_handlers=[], logger=logger)
    client.timeout = timeout  # type: ignore[assignment]  # typed int, and urllib takes parts of a second
    api = Api(client, retry, clock, allowance)
    action = PostMessageAction(api, now or (lambda: datetime.now(UTC)))
    return Connected(actions={action.name: action}, check=checked("Slack", lambda used=None: check(api)))


INTEGRATION = Integration(
    name="slack",
    title="Slack",
    settings_model=Settings,
    connect=lambda *, allowance=None: connected(_settings.read(Settings), allowance=allowance),
    actions={PostMessageAction.name: PostMessageAction},
    limits=(IN_A_CHANNEL, IN_ALL),
    rights=(*RIGHTS, Right("groups:read, groups:history", "the same in private channels, if you use any")),
)
