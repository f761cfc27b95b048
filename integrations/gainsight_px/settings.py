"""Where to find each value for Gainsight PX, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

_PAGE = "Gainsight PX REST API, Rate Limiting"
# "Around 200": a tenth is left to others.
LIMITS = (
    Limit(180, 1, f"{_PAGE}: around 200 requests a second", spread=0.05),
    Limit(1_000_000, 86_400, f"{_PAGE}: 1 million requests a day"),
)
RETRY = RetryPolicy(tries=4, first_wait=0.5)
TIMEOUT = 20.0  # seconds
MOST_DAYS = 190  # that one call for events may reach back
RIGHTS = (
    Right("Read", "finding segments and people"),
    Right("Write", "putting people into external segments", only_for="gainsight_px.add_to_segment"),
)
_AT = {"us": "api", "eu": "api-eu", "us2": "api-us2"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="GAINSIGHT_PX_", env_file=".env", extra="ignore")

    api_key: SecretStr = Field(
        description="Administration > REST API > New API Key; not the key of your product's tag. Permissions: "
        + ", ".join(right.name for right in RIGHTS)
        + "."
    )
    region: Literal["us", "eu", "us2"] = Field("us", description="Your data center: us, eu or us2.")
    segment_days: int = Field(
        30,
        ge=1,
        le=MOST_DAYS,
        description="A segment is of whom matched it in so many days; PX keeps no list of who is in.",
    )
    requests_per_second: int = Field(LIMITS[0].calls, ge=1, description="All workers together keep under it.")
    base_url: str | None = Field(None, description="Another host that speaks the PX API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the API."""
        return self.base_url or f"https://{_AT[self.region]}.aptrinsic.com"
