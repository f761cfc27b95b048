"""What Slack's replies mean: docs.slack.dev/reference/methods/chat.postMessage#errors."""

from __future__ import annotations

import re
from typing import Any

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import retry_after

_TROUBLE = "trouble at Slack's side; it is tried again later"


class MissingScope(NoAccess):
    """The token is good, and the app was not given this right."""

    needed = "another one"


class Gone(Refused):
    """The message was deleted."""


class Nobody(Refused):
    """No member has this e-mail address."""


MEANINGS = Meanings(
    "Slack",
    Row((429, "ratelimited", "rate_limited"), TryLater, "too many calls", wait=retry_after),  # both are documented
    Row("missing_scope", MissingScope, "the scope {needed} is missing; add it under OAuth & Permissions, reinstall"),
    Row(
        ("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"),
        NoAccess,
        "the bot token is not accepted; install the app again and set SLACK_BOT_TOKEN ({code})",
    ),
    Row(
        ("no_permission", "org_login_required", "ekm_access_denied", "team_access_not_granted"),
        NoAccess,
        "the app may not do this; ask a workspace admin ({code})",
    ),
    Row(
        ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text"),
        Refused,
        "the message breaks one of Slack's limits; shorten the text in the playbook ({code})",
    ),
    Row(
        "channel_not_found",
        Refused,
        "there is no such channel, or it is private and the bot is not in it; check the name, or type "
        "`/invite` and the app's name in the channel ({code})",
    ),
    Row("not_in_channel", Refused, "the bot is not in the channel; type `/invite` and the app's name there ({code})"),
    Row("is_archived", Refused, "the channel is archived; name another one in the playbook ({code})"),
    Row(
        "restricted_action",
        Refused,
        "the channel lets only some people post; change that, or name another channel ({code})",
    ),
    Row(("users_not_found", "user_not_found"), Nobody, "no member of the workspace has this e-mail address ({code})"),
    Row(
        ("user_disabled", "user_not_visible", "cannot_dm_bot", "messages_tab_disabled"),
        Refused,
        "the member cannot get messages of the app; under App Home, switch on the Messages Tab ({code})",
    ),
    Row(
        ("message_not_found", "thread_not_found", "cannot_reply_to_message"),
        Gone,
        "the message is not there any more ({code})",
    ),
    Row(
        ("cant_update_message", "edit_window_closed"),
        Refused,
        "the message cannot be changed: another app posted it, or the workspace forbids it ({code})",
    ),
    Row("message_limit_exceeded", Refused, "the workspace's plan allows no more messages ({code})"),
    # The message may have been posted all the same: "some aspect of the operation may have succeeded".
    Row(
        (
            SERVER_TROUBLE,
            "fatal_error",
            "internal_error",
            "request_timeout",
            "service_unavailable",
            "team_added_to_org",
            "duplicate_message_not_found",
            "duplicate_channel_not_found",
        ),
        TryLater,
        _TROUBLE,
        maybe_done="as written",
    ),
    Row(200, TryLater, _TROUBLE, also="", maybe_done="as written"),
    Row(Broke.LATE, TryLater, "no answer in time", maybe_done="as written"),
    Row(
        Broke.UNTRUSTED,
        NoAccess,
        "{system}'s certificate is not trusted; check SLACK_BASE_URL, or the machine's certificates",
    ),
    Row(Broke.UNREACHED, TryLater, "{system} cannot be reached; check the network and SLACK_BASE_URL"),
    Row(Broke.CUT, TryLater, "{system} broke the connection off, or did not answer in time", maybe_done="as written"),
    otherwise="refused ({shown})",
)


def meaning(status: int, said: dict[str, Any], headers: dict[str, str], where: str, *, wrote: bool) -> Failure:
    """What a reply that is not `ok` means. `where` is the channel or the call, for the sentence."""
    error = str(said.get("error") or "")
    code = error if _is_code(error) else ""
    needed = str(said.get("needed", MissingScope.needed))
    parts = {"needed": needed, "shown": code or f"status {status}"}
    failure = MEANINGS.read(Told(status, code, error, headers, parts), where, wrote=wrote)
    if isinstance(failure, MissingScope):
        failure.needed = needed
    return failure


def _is_code(error: str) -> bool:
    """slack-sdk puts a sentence with the body where a reply was not JSON."""
    return bool(re.fullmatch(r"[a-z0-9_]+", error))
