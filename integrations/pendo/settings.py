"""Where to find each value for Pendo, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

# engageapi.pendo.io names no limit; this is ours, so that a long list of accounts leaves room for other tools.
LIMIT = Limit(20, 1, "our own: engageapi.pendo.io names no limit")
RETRY = RetryPolicy(tries=4, first_wait=1.0)
TIMEOUT = 60.0  # seconds; an aggregation may take Pendo up to five minutes, ours are small
READ, WRITE = "Read access", "Write access"
RIGHTS = (
    Right(READ, "metadata of accounts, members of segments"),
    Right(WRITE, "setting metadata, filling segments; not needed where nothing is set"),
)
_AT = {
    "us": "https://app.pendo.io",
    "us1": "https://us1.app.pendo.io",
    "eu": "https://app.eu.pendo.io",
    "au": "https://app.au.pendo.io",
    "jpn": "https://app.jpn.pendo.io",
}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="PENDO_", env_file=".env", extra="ignore")

    integration_key: SecretStr = Field(
        description="Integration key: Settings > Integrations > Integration keys. Tick Allow write access where a "
        "playbook sets something. The secret of track events is another one."
    )
    region: Literal["us", "us1", "eu", "au", "jpn"] = Field(
        "us", description="Where the subscription lives, as its address says: us, us1, eu, au or jpn."
    )
    calls_per_second: int = Field(LIMIT.calls, ge=1, description="How many calls a second Pendo gets from us.")
    base_url: str | None = Field(None, description="Another host that speaks Pendo's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the API."""
        return self.base_url or _AT[self.region]


class WebhookSettings(BaseSettings):
    """What `expansion serve` needs to take Pendo's webhook."""

    model_config = SettingsConfigDict(env_prefix="PENDO_", env_file=".env", extra="ignore")

    webhook_secret: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the secret of the webhook, under Settings > Integrations > Webhooks.",
    )
