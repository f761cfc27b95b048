"""Where to find each value for PostHog."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What `expansion serve` needs to take PostHog's calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="POSTHOG_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the project keys that PostHog's libraries may send, several with commas: "
        "the project's own (Settings > Project > Project API key), or long ones that you make up.",
    )
