"""Where warehouses are, as the place of events or as sources, and the least that their users need."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from integrations.kit.declare import Right


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="EXPANSION_", env_file=".env", extra="ignore")

    warehouse_url: SecretStr | None = Field(
        None,
        description="The warehouse whose tables are pulled: `postgres://user:password@host/name`, "
        "`duckdb:////folder/file.duckdb`, or what SQLAlchemy takes.",
    )
    warehouse_urls: dict[str, SecretStr] = Field(
        {},
        description='More of them, as JSON: `{"finance": "postgres://…"}`, for maps that say `connection: finance`.',
    )
    sources: Path = Field(
        Path("sources"), description="The folder of maps that say which tables are pulled; see docs/warehouse.md."
    )
    engine_url: SecretStr | None = Field(
        None,
        description="Where events are rolled up, if they stay in a warehouse: `postgres://user:password@host/name`; "
        "left out: on this machine.",
    )
    engine_map: Path = Field(
        Path("warehouse.yaml"), description="Which table of that warehouse holds events; see docs/warehouse.md."
    )

    @field_validator("warehouse_url", "engine_url", mode="before")
    @classmethod
    def _empty_is_left_out(cls, url: object) -> object:
        return url or None

    @field_validator("warehouse_urls", mode="before")
    @classmethod
    def _by_name(cls, urls: object) -> object:
        """As text where it comes from a Prefect block."""
        said = urls.get_secret_value() if isinstance(urls, SecretStr) else urls
        return json.loads(said or "{}") if isinstance(said, str) else said

    @property
    def urls(self) -> dict[str, str]:
        """The address of each connection, by its name."""
        named = {name: url.get_secret_value() for name, url in self.warehouse_urls.items()}
        return named if self.warehouse_url is None else {"warehouse": self.warehouse_url.get_secret_value(), **named}


RIGHTS = (Right("SELECT, on the tables that are read", "reading events and facts; nothing is ever written"),)
