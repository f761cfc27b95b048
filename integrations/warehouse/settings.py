"""Where the warehouse is, what its map is called, and the least that its user needs."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from integrations.kit.declare import Right


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="EXPANSION_ENGINE_", env_file=".env", extra="ignore")

    url: SecretStr = Field(
        description="Where events are, if they stay in a warehouse: `postgres://user:password@host/name`."
    )
    map: Path = Field(
        Path("warehouse.yaml"), description="Which table of that warehouse holds events; see docs/warehouse.md."
    )


RIGHTS = (Right("SELECT, on the table of events", "reading events; nothing is ever written"),)
