"""Where to find each value for Appcues, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

# 60 a second for the whole account, says Appcues' own command line (github.com/appcues/cli, client.rs), which keeps to
# 50 itself: other tools call, too.
LIMIT = Limit(50, 1, "github.com/appcues/cli: 60 calls a second for the whole account")
RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
RIGHTS = (Right("Publisher", "reading profiles and segments, setting properties, filling segments"),)
_AT = {"us": "https://api.appcues.com", "eu": "https://api.eu.appcues.com"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="APPCUES_", env_file=".env", extra="ignore")

    account_id: str = Field(description="Number of the account: Studio > Settings > Account.")
    api_key: SecretStr = Field(
        description="Key of the API, version 2: Studio > Settings > API Keys > Create Key, permission Publisher. The "
        "legacy key is another one, and is not taken."
    )
    api_secret: SecretStr = Field(description="Its secret, shown once when the key is made.")
    region: Literal["us", "eu"] = Field("us", description="Where the account's data live: us or eu.")
    calls_per_second: int = Field(
        LIMIT.calls, ge=1, description="Our part of the account's 60 calls a second; less where other tools need more."
    )
    base_url: str | None = Field(None, description="Another host that speaks Appcues' API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the API."""
        return self.base_url or _AT[self.region]
