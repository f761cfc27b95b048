"""Where to find each value for Amplitude, what it may cost, and the rights it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

_COHORTS_PAGE = "amplitude.com/docs/apis/analytics/behavioral-cohorts"
MONTH = 30 * 86_400.0
# The month is the vendor's, and nobody says when it begins: any thirty days hold no more.
DOWNLOADS_A_MONTH = Limit(500, MONTH, f"{_COHORTS_PAGE}: 500 downloads a month", of="downloads of cohorts")
DOWNLOADS = (
    Limit(60, 600, f"{_COHORTS_PAGE}: 60 requests of a cohort in ten minutes", of="requests of one cohort"),
    Limit(4, 60, f"{_COHORTS_PAGE}: 4 requests of a cohort in a minute", of="requests of one cohort"),
)
AT_ONCE = 5  # cohort downloads and the Dashboard REST API together, says the same page

RETRY = RetryPolicy(tries=4, first_wait=1.0)
TIMEOUT = 60.0  # seconds
OPENS = 600.0  # until an export begins, and between two pieces: all of it is put together before the first byte
LASTS = 3600.0

RIGHTS = (
    Right("API key and secret key of the project", "reading events and cohorts, changing who is in a cohort"),
    Right("API key of the project", "setting properties of groups", only_for="amplitude.set_group_properties"),
)
_TAKES = {"us": "https://api2.amplitude.com", "eu": "https://api.eu.amplitude.com"}
_HOSTS = {"us": "https://amplitude.com", "eu": "https://analytics.eu.amplitude.com"}


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="AMPLITUDE_", env_file=".env", extra="ignore")

    api_key: str = Field(description="API key of the project: Organization settings > Projects > your project.")
    secret_key: SecretStr = Field(description="Secret key of the same project, on the same page.")
    region: Literal["us", "eu"] = Field("us", description="Where the project's data live: us or eu.")
    account_property: str = Field("company_id", description="The user property that holds the account id.")
    group_type: str = Field(
        "company_id", description="The group type that stands for an account: needed by actions (Accounts add-on)."
    )
    export_lag_hours: int = Field(
        3, ge=3, le=48, description="Hours of upload younger than this are not read yet: they may come in part."
    )
    downloads_per_month: int = Field(
        DOWNLOADS_A_MONTH.calls, ge=1, description="Cohort downloads a month, where Amplitude granted another number."
    )
    base_url: str | None = Field(None, description="Another host that speaks Amplitude's API, such as a stand-in.")

    @property
    def api(self) -> str:
        """The address that is asked."""
        return self.base_url or _HOSTS[self.region]

    @property
    def ingestion(self) -> str:
        """The address that takes what is written of groups."""
        return self.base_url or _TAKES[self.region]


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Amplitude's calls, and nothing else does."""

    model_config = SettingsConfigDict(env_prefix="AMPLITUDE_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the API keys that Amplitude's libraries may send, several with commas: the "
        "project's own (Organization settings > Projects), or long ones that you make up.",
    )


class CohortsSettings(BaseSettings):
    """What `expansion serve` needs to take who is in which cohort."""

    model_config = SettingsConfigDict(env_prefix="AMPLITUDE_", env_file=".env", extra="ignore")

    cohorts_secret: SecretStr | None = Field(
        None,
        description="For `expansion serve`: a long text that you make up, and add as the header `x-expansion-secret` "
        "to the cohort webhook, which signs nothing.",
    )
