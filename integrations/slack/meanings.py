"""What Slack's replies mean."""

from __future__ import annotations

import re
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.said import wait as waits

_TOKEN = "the bot token is not accepted; install the app again and set SLACK_BOT_TOKEN"  # noqa: S105


_RIGHTS = "the app may not do this; ask a workspace admin"


_BLOCKS = "the message breaks one of Slack's limits; shorten the text in the playbook"


# docs.slack.dev/reference/methods/chat.postMessage#errors
_MEANINGS: dict[str, tuple[type[NoAccess] | type[Refused], str]] = {
    **dict.fromkeys(
        ("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"), (NoAccess, _TOKEN)
    ),
    **dict.fromkeys(
        ("no_permission", "org_login_required", "ekm_access_denied", "team_access_not_granted"), (NoAccess, _RIGHTS)
    ),
    **dict.fromkeys(
        ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
        (Refused, _BLOCKS),
    ),
    "channel_not_found": (
        Refused,
        "there is no such channel, or it is private and the bot is not in it; check the name, or type "
        "`/invite` and the app's name in the channel",
    ),
    "not_in_channel": (Refused, "the bot is not in the channel; type `/invite` and the app's name there"),
    "is_archived": (Refused, "the channel is archived; name another one in the playbook"),
    "restricted_action": (Refused, "the channel lets only some people post; change that, or name another channel"),
    "message_limit_exceeded": (Refused, "the workspace's plan allows no more messages"),
}


# The message may have been posted all the same: "some aspect of the operation may have succeeded".
_NOBODY_KNOWS = frozenset(
    (
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "duplicate_message_not_found",
        "duplicate_channel_not_found",
    )
)


_TOO_FAST = frozenset(("ratelimited", "rate_limited"))  # both are in Slack's documentation


class MissingScope(NoAccess):
    """The token is good, and the app was not given this right."""

    def __init__(self, where: str, needed: str) -> None:
        super().__init__(f"Slack, {where}: the scope {needed} is missing; add it under OAuth & Permissions, reinstall")
        self.needed = needed


def meaning(status: int, said: dict[str, Any], headers: dict[str, str], where: str, *, wrote: bool) -> Failure:
    """What a reply that is not `ok` means. `where` is the channel or the call, for the sentence."""
    error = str(said.get("error") or "")
    if status == 429 or error in _TOO_FAST:
        return TryLater(f"Slack, {where}: too many calls", wait=waits(headers))
    if error == "missing_scope":
        return MissingScope(where, str(said.get("needed", "another one")))
    if error in _MEANINGS:
        kind, sentence = _MEANINGS[error]
        return kind(f"Slack, {where}: {sentence} ({error})")
    if status >= 500 or error in _NOBODY_KNOWS or (status == 200 and not _is_code(error)):
        return TryLater(f"Slack, {where}: trouble at Slack's side; it is tried again later", maybe_done=wrote)
    return Refused(f"Slack, {where}: refused ({error if _is_code(error) else f'status {status}'})")


def _is_code(error: str) -> bool:
    """slack-sdk puts a sentence with the body where a reply was not JSON."""
    return bool(re.fullmatch(r"[a-z0-9_]+", error))
