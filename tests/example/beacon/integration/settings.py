"""Where to find each value for Beacon, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

LIMIT = Limit(120, 60, "developer.beacon.example/limits: 120 calls a minute for a token")
RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
RIGHTS = (
    Right("accounts:read", "facts of accounts"),
    Right("notes:read", "seeing whether a note is there already", only_for="beacon.post_note"),
    Right("notes:write", "making notes", only_for="beacon.post_note"),
)
_AT = {"us": "beacon.example", "eu": "eu.beacon.example"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="BEACON_", env_file=".env", extra="ignore")

    token: SecretStr = Field(
        description="API token: Settings > API tokens. Scopes: " + ", ".join(right.name for right in RIGHTS) + "."
    )
    region: Literal["us", "eu"] = Field("us", description="Where the workspace lives: us or eu.")
    calls_per_minute: int = Field(LIMIT.calls, ge=1, description="Beacon's limit, where it granted another.")
    base_url: str | None = Field(None, description="Another host that speaks Beacon's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the API."""
        return self.base_url or f"https://api.{_AT[self.region]}"

    @property
    def app(self) -> str:
        """Where people sign in."""
        return self.base_url or f"https://app.{_AT[self.region]}"
