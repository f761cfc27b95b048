"""Where to find each value for RudderStack."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What `expansion serve` needs to take RudderStack's calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="RUDDERSTACK_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the write keys that RudderStack's libraries may send, several with commas: "
        "the source's own (Sources > Setup > Write key), or long ones that you make up.",
    )
