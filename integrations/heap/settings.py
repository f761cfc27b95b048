"""Where to find each value for Heap."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Heap's server-side calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="HEAP_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the app ids that server-side calls may send, several with commas. Heap's "
        "own stands in the source of your pages, so make up a long one.",
    )
