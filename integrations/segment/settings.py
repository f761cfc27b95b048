"""Where to find each value for Segment."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Segment's calls; read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SEGMENT_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the write keys that Segment's libraries may send, several with commas: the "
        "source's own (Connections > Sources > Settings > API keys), or long ones that you make up.",
    )
