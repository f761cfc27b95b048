"""Where to find each value for Heap."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
RIGHTS = (Right("App id of the environment", "setting properties of accounts; it is no secret, and all it takes"),)
_AT = {"us": "https://heapanalytics.com", "eu": "https://c.eu.heap-api.com"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="HEAP_", env_file=".env", extra="ignore")

    app_id: str | None = Field(
        None, description="For heap.set_account_properties: Account > Manage > Projects > the environment's id."
    )
    region: Literal["us", "eu"] = Field("us", description="Where the project's data live: us or eu.")
    base_url: str | None = Field(None, description="Another host that speaks Heap's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address that takes calls."""
        return self.base_url or _AT[self.region]


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Heap's server-side calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="HEAP_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the app ids that server-side calls may send, several with commas. Heap's "
        "own stands in the source of your pages, so make up a long one.",
    )


class SegmentsSettings(BaseSettings):
    """What `expansion serve` needs to take who is in which segment."""

    model_config = SettingsConfigDict(env_prefix="HEAP_", env_file=".env", extra="ignore")

    webhook_secret: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the secret of the segment webhook, which Heap gives to partner apps.",
    )
