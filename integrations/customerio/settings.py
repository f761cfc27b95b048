"""Where to find each value for Customer.io, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

LIMIT = Limit(3000, 3, "docs.customer.io/integrations/api/track: 3,000 requests in three seconds for a workspace")
RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
RIGHTS = (Right("Track API key of the workspace", "setting attributes of objects; it may write all that Track takes"),)
_AT = {"us": "https://track.customer.io", "eu": "https://track-eu.customer.io"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="CUSTOMERIO_", env_file=".env", extra="ignore")

    site_id: str = Field(description="Site ID: Settings > Account settings > API credentials > Track API keys.")
    api_key: SecretStr = Field(description="The Track API key beside it (not an App API key).")
    region: Literal["us", "eu"] = Field("us", description="Where the account's data live: us or eu.")
    object_type_id: str = Field(
        "1",
        pattern=r"^\d{1,9}$",
        description="Number of the object type that stands for your accounts: Data & Integrations > Objects. The first "
        "that was made is 1.",
    )
    base_url: str | None = Field(None, description="Another host that speaks Customer.io's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the Track API."""
        return self.base_url or _AT[self.region]
