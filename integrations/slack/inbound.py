"""What people answer by the buttons of our messages, as Slack sends it to `expansion serve`.

docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self, cast

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Aside, Disposition, NoAccess, Refused
from integrations.kit.inbound import MEGABYTE, Answer, Call, InboundBase, Most
from integrations.kit.said import number
from integrations.kit.tolerant import loads
from integrations.kit.world import World
from integrations.slack.buttons import SNOOZES, Choice, chosen
from integrations.slack.settings import ServeSettings

WINDOW = 300  # seconds, both ways: an older call is somebody's who has listened
_KINDS = {"claim": "claimed", "snooze": "snoozed", "useful": "useful", "not_useful": "not_useful"}
_WRONG = (
    "Slack: the signature does not fit; set SLACK_SIGNING_SECRET to the one under Basic Information of the same app, "
    "and let no proxy change the body"
)
_OLD = "Slack: the call is more than five minutes old, or from the future; check this machine's clock"


class Buttons(InboundBase):
    """The address under Interactivity & Shortcuts."""

    name: ClassVar[str] = "slack.buttons"
    title: ClassVar[str] = "What people answer by the buttons of messages"
    gives: ClassVar[frozenset[str]] = frozenset()  # answers are for the ledger, no facts and no events
    settings_model: ClassVar[type[BaseSettings]] = ServeSettings
    paths: ClassVar[tuple[str, ...]] = ("/slack/buttons",)
    most: ClassVar[Most] = Most(MEGABYTE, MEGABYTE)  # the message comes with it: 50 blocks
    patience: ClassVar[float] = 2.5  # seconds; Slack tells the person after three that it did not work

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret.encode(), now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        secret = settings.signing_secret.get_secret_value().strip() if settings.signing_secret else ""
        return cls(secret, world.now) if secret else None

    def verify(self, call: Call) -> None:
        stamp, given = (call.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
        made = hmac.new(self._secret, b"v0:" + stamp.encode("utf-8", "replace") + b":" + call.raw, hashlib.sha256)
        # As bytes: compare_digest raises where a text has a sign that is not ASCII.
        if not hmac.compare_digest(f"v0={made.hexdigest()}".encode(), given.encode("utf-8", "replace")):
            raise NoAccess(_WRONG)
        if not (stamp.isascii() and stamp.isdigit()) or abs(int(stamp[:12]) - self._now().timestamp()) > WINDOW:
            raise NoAccess(_OLD)

    def rows(self, call: Call) -> Iterator[Arrived]:
        """One answer for each element that was used; other interactions of the same app are none of ours."""
        try:
            said = loads(call.form.get("payload", "").encode())
        except (ValueError, RecursionError) as error:
            raise Refused("Slack: the payload is no JSON; look whether a proxy changes it") from error
        if not isinstance(said, dict) or said.get("type") != "block_actions":
            return
        actions = said.get("actions")
        for action in actions if isinstance(actions, list) else []:
            if choice := chosen(action):
                yield self._row(choice, action, said.get("user"))

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return Answer(200, b"", "text/plain")  # anything in it would be shown, or be an error

    def _row(self, choice: Choice, action: dict[str, Any], user: Any) -> Arrived:
        who = str(user.get("id") or "") if isinstance(user, dict) else ""
        at = self._moment(action.get("action_ts"))
        kind, span = _KINDS.get(choice.what), SNOOZES.get(choice.detail)
        if not who or kind is None or (kind == "snoozed" and span is None):
            return Aside(self.name, "an answer without a person, or of a kind that this version has no button for")
        return Disposition(
            source=self.name,
            step=choice.key,
            kind=cast(Literal["claimed", "snoozed", "useful", "not_useful"], kind),
            by=who,
            at=at,
            remote_id=f"{who}:{action.get('action_ts') or at.timestamp()}:{choice.what}:{choice.key[:12]}",
            reason=(choice.detail or None) if kind == "not_useful" else None,
            until=at + span if kind == "snoozed" and span else None,
            called=str(user.get("username") or user.get("name") or ""),
        )

    def _moment(self, stamp: Any) -> datetime:
        """When it was clicked; now, where that cannot be: a snooze must not begin in another year."""
        now, seconds = self._now().astimezone(UTC), number(stamp)
        near = seconds is not None and abs(float(seconds) - now.timestamp()) <= 86_400
        return datetime.fromtimestamp(float(seconds), UTC) if near and seconds is not None else now
