"""Where to find each value for Segment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

PROFILES = Limit(100, 1, "segment.com/docs/unify/profile-api: 100 requests a second for a space", of="reading profiles")
CALLS = Limit(
    1000,
    1,
    "segment.com/docs/connections/sources/catalog/libraries/server/http-api: 1,000 a second",
    of="setting traits",
)
RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
RIGHTS = (
    Right("Profile API access token of the space", "reading traits of accounts", only_for="segment.profile"),
    Right("Write key of a source", "setting traits of groups", only_for="segment.set_group_traits"),
)
_PROFILES = {"us": "https://profiles.segment.com", "eu": "https://profiles.euw1.segment.com"}
_TRACKING = {"us": "https://api.segment.io", "eu": "https://events.eu1.segmentapis.com"}


class Settings(BaseSettings):
    """Read from the environment or `.env`. Each part needs its own: profiles the first two, traits the write key."""

    model_config = SettingsConfigDict(env_prefix="SEGMENT_", env_file=".env", extra="ignore")

    profile_token: SecretStr | None = Field(
        None, description="For segment.profile: Unify > Settings > API access > Generate token."
    )
    space_id: str | None = Field(None, description="For segment.profile: the space's id, on the same page.")
    write_key: SecretStr | None = Field(
        None,
        description="For segment.set_group_traits: write key of an HTTP API source made for this: Connections > "
        "Sources > Settings > API keys.",
    )
    sender: str = Field(
        "expansion-triggers",
        min_length=1,
        max_length=100,
        description="User id in whose name group calls are made: Segment takes none without a user.",
    )
    region: Literal["us", "eu"] = Field("us", description="Where the workspace's data live: us or eu.")
    base_url: str | None = Field(None, description="Another host that speaks Segment's APIs, such as a stand-in.")

    @property
    def profiles(self) -> str:
        """The address of the Profile API."""
        return self.base_url or _PROFILES[self.region]

    @property
    def tracking(self) -> str:
        """The address that takes calls."""
        return self.base_url or _TRACKING[self.region]


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Segment's calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SEGMENT_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the write keys that Segment's libraries may send, several with commas: the "
        "source's own (Connections > Sources > Settings > API keys), or long ones that you make up.",
    )


class WebhookSettings(BaseSettings):
    """What `expansion serve` needs to take what Segment's webhook destination sends."""

    model_config = SettingsConfigDict(env_prefix="SEGMENT_", env_file=".env", extra="ignore")

    webhook_secret: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the shared secret of the webhook destination, by which it signs: make up a "
        "long one, and give it to both.",
    )
    webhook_header_secret: SecretStr | None = Field(
        None,
        description="Only where that destination sends in batches, of which it signs the first event alone: another "
        "long text, that it sends in the header `x-expansion-secret`.",
    )
