"""Where to find each value for Zendesk, what it may cost, and the right it takes."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

_EXPORTS = "developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports"
LIMIT = Limit(9, 60, _EXPORTS, of="exports")  # ten a minute for all exports, and one of them for other tools
OTHERS = Limit(
    100, 60, "developer.zendesk.com/api-reference/introduction/rate-limits", of="other calls"
)  # 200 a minute on Team
RETRY = RetryPolicy(tries=4, first_wait=1.0, longest_wait=30.0)
TIMEOUT = 60.0  # seconds; a page of a thousand tickets takes its time

RIGHTS = (Right("the role of an admin", "exporting tickets: Zendesk lets nobody else do it"),)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="ZENDESK_", env_file=".env", extra="ignore")

    subdomain: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", description="What stands before .zendesk.com in your address."
    )
    email: str = Field(description="E-mail address of an admin, whom the API token acts for.")
    api_token: SecretStr = Field(
        description="API token: Admin Center > Apps and integrations > APIs > API tokens. The admin's own password is "
        "not taken."
    )
    base_url: str | None = Field(None, description="Another host that speaks Zendesk's API: a stand-in.")

    @property
    def api(self) -> str:
        """Where calls go."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"
