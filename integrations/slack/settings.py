"""Where to find each value for Slack, what it may cost, and the rights it takes."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy
from integrations.kit.rights import needed

_LIMITS_PAGE = "docs.slack.dev/apis/web-api/rate-limits"
IN_A_CHANNEL = Limit(1, 1, _LIMITS_PAGE, spread=0.05, of="messages in a channel")  # one a second
IN_ALL = Limit(200, 60, _LIMITS_PAGE, of="messages in all")  # "several hundred per minute" for a workspace
# Tiers 2 and 3: 20 and 50 a minute, and a few of them left to other tools.
READING = {
    "conversations.list": Limit(18, 60, _LIMITS_PAGE, of="listing channels"),
    **dict.fromkeys(
        (
            "conversations.history",
            "conversations.replies",
            "conversations.open",
            "users.lookupByEmail",
            "users.info",
            "chat.update",
        ),
        Limit(45, 60, _LIMITS_PAGE, of="each other method"),
    ),
}
RETRY = RetryPolicy(tries=4, first_wait=1.0, longest_wait=30.0)


TIMEOUT = 15.0  # seconds


FOR_PRIVATE = ("groups:read", "groups:history")  # channels

_DIRECT = "slack.message_owner"
RIGHTS = (
    Right("chat:write", "posting"),
    Right("channels:read", "finding a channel by its name"),
    Right("channels:history", "looking whether a message is there before it is sent again"),
    # `users:read.email` is given together with `users:read`: docs.slack.dev/reference/scopes/users.read.email
    Right("users:read", "finding a member", _DIRECT),
    Right("users:read.email", "finding a member by the e-mail address", _DIRECT),
    Right("im:write", "opening the conversation with a member", _DIRECT),
    Right("im:history", "looking whether a direct message is there before it is sent again", _DIRECT),
)


NEEDED = needed(RIGHTS, frozenset())
FOR_PEOPLE = tuple(right.name for right in RIGHTS if right.only_for)


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take what people answer; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_file=".env", extra="ignore")

    signing_secret: SecretStr | None = Field(
        None,
        description="For `expansion serve`, where messages have buttons: the signing secret, api.slack.com/apps > your "
        "app > Basic Information.",
    )


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_file=".env", extra="ignore")

    bot_token: SecretStr = Field(
        description="Bot token, starts with xoxb-: api.slack.com/apps > your app > OAuth & Permissions. "
        f"Scopes: {', '.join(NEEDED)} (and groups:read, groups:history for private channels; "
        f"{', '.join(FOR_PEOPLE)} for direct messages)."
    )
    base_url: str = Field("https://slack.com/api/", description="Another host that speaks Slack's API: a stand-in.")

    @field_validator("bot_token")
    @classmethod
    def _of_a_bot(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith("xoxb-"):
            raise ValueError("is not a bot token; it starts with xoxb-")
        return token
