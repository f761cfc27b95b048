"""Where to find each value for Gainsight, what it may cost, and the rights it takes."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

_PAGE = "support.gainsight.com, Gainsight Custom Object API Documentation"
# Windows are fixed: the vendor counts anew each minute, so that sliding ones of ours are always within them.
LIMITS = (
    Limit(100, 60, f"{_PAGE}: 100 synchronous calls a minute for the tenant"),
    Limit(50_000, 86_400, f"{_PAGE}: 50,000 synchronous calls a day"),
)
RETRY = RetryPolicy(tries=4, first_wait=1.0)
TIMEOUT = 30.0  # seconds
RIGHTS = (Right("REST API access key", "every call; it is one for the tenant, has no scopes, and does not expire"),)
CUSTOM = r"^$|^[A-Za-z]\w*__gc$"


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="GAINSIGHT_", env_file=".env", extra="ignore")

    domain: str = Field(
        pattern=r"^[\w-]+(\.[\w-]+)+$", description="Where your team signs in, such as acme.gainsightcloud.com."
    )
    access_key: SecretStr = Field(description="Administration > Connectors > Gainsight API > Generate REST API key.")
    account_key_field: str = Field(
        "product_account_id__gc",
        pattern=r"^[A-Za-z]\w*$",
        description="The field of Company that holds the product's account id, by its name in Data Management.",
    )
    cta_key_field: str = Field(
        "",
        pattern=CUSTOM,
        description="A custom text field of CTAs for our key, such as expansion_key__gc; without one it stands as a "
        "mark in the CTA's comments.",
    )
    closed_status: str = Field("Closed Invalid", description="The status of a CTA that is closed as no longer needed.")
    fallback_owner: str | None = Field(
        None, description="E-mail of the user who gets what has no active owner: Administration > User Management."
    )
    calls_per_minute: int = Field(LIMITS[0].calls, ge=1, description="Gainsight's limit, where it granted another.")
    base_url: str | None = Field(None, description="Another host that speaks Gainsight's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address of the API, and of what people open."""
        return self.base_url or f"https://{self.domain}"
