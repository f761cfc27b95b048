"""Where to find each value for Mixpanel, and what it may cost."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.retry import RetryPolicy
from integrations.mixpanel.zone import zone_of

_LIMITS_PAGE = "docs.mixpanel.com/reference/rate-limits"


QUERIES_AN_HOUR = Limit(
    60, 3600, _LIMITS_PAGE, of="queries"
)  # shared by all query paths and every other tool of the project


QUERIES_AT_ONCE = 5


EXPORTS = (Limit(60, 3600, _LIMITS_PAGE, of="exports"), Limit(3, 1, _LIMITS_PAGE, of="exports"))


RETRY = RetryPolicy(tries=4, first_wait=1.0)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="MIXPANEL_", env_file=".env", extra="ignore")

    service_account: str = Field(description="Username of a service account: Organization settings > Service accounts.")
    secret: SecretStr = Field(description="Its secret, shown once when the account is made.")
    project_id: int = Field(description="Project settings > Overview > Project ID.")
    region: Literal["us", "eu", "in"] = Field("us", description="Where the project's data live: us, eu or in.")
    data_group_id: str | None = Field(
        None, description="Number of the group key that stands for an account: Project settings > Group keys."
    )
    group_key: str | None = Field(
        None, description="Name of that group key, such as company_id: needed where actions set group properties."
    )
    project_token: SecretStr | None = Field(
        None, description="Project settings > Overview > Project token: needed where actions set group properties."
    )
    account_property: str = Field("company_id", description="The user-profile property that holds the account id.")
    event_time_zone: str = Field(
        "UTC", description="For a project made before 2023: its zone (Project settings > Overview), such as US/Pacific."
    )
    read_again_days: int = Field(
        5, ge=1, le=90, description="How late events may come and still be read: each pull reads so many days again."
    )
    queries_per_hour: int = Field(60, ge=1, description="The project's query limit, where Mixpanel granted another.")
    base_url: str | None = Field(None, description="Another host that speaks Mixpanel's API, such as a stand-in.")

    @field_validator("event_time_zone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        if zone_of(name) is None:
            raise ValueError(f"`{name}` is no time zone; write it like US/Pacific or Europe/London")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """In which event times are kept, and days begin."""
        return ZoneInfo(self.event_time_zone)

    @property
    def ingestion(self) -> str:
        """The address that takes what is written."""
        return self.base_url or f"https://api{'' if self.region == 'us' else f'-{self.region}'}.mixpanel.com"


class ServeSettings(BaseSettings):
    """What `expansion serve` needs to take Mixpanel's calls, and nothing else does."""

    model_config = SettingsConfigDict(env_prefix="MIXPANEL_", env_file=".env", extra="ignore")

    serve_keys: SecretStr | None = Field(
        None,
        description="For `expansion serve`: the project tokens that Mixpanel's libraries may send, several with "
        "commas: the project's own (Project settings > Overview > Project token), or long ones that you make up.",
    )


class CohortsSettings(BaseSettings):
    """What `expansion serve` needs to take who is in which cohort."""

    model_config = SettingsConfigDict(env_prefix="MIXPANEL_", env_file=".env", extra="ignore")

    cohorts_password: SecretStr | None = Field(
        None,
        description="For `expansion serve`: a long text that you make up, and give as the password of Basic "
        "Authentication in Integrations > Custom Webhook, with any user name. Mixpanel signs nothing.",
    )
