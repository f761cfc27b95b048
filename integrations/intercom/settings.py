"""Where to find each value for Intercom, what it may cost, and the rights it takes."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

VERSION = "2.15"  # that the calls here were written for; 2.16 and 2.17 answer them alike
WINDOW = 10.0  # seconds
# 10,000 a minute for a private app, counted in windows of ten seconds: 1,666 each, and a few for other tools.
LIMIT = Limit(1600, WINDOW, "developers.intercom.com/docs/references/rest-api/errors/rate-limiting")
RETRY = RetryPolicy(tries=4, first_wait=0.5, longest_wait=15.0)


TIMEOUT = 20.0  # seconds


# As the Developer Hub calls them: developers.intercom.com, "OAuth scopes"
RIGHTS = (
    Right("Read one user and one company", "finding a person by the user id"),
    Right("Read and list users and companies", "finding a person by the e-mail address"),
    Right("Write users and companies", "setting an attribute"),
    Right("Read tags", "seeing who has a tag"),
    Right("Write tags", "setting and removing a tag"),
    Right("Write events", "sending events"),
    Right("Read conversations", "support conversations as events", "intercom.conversations"),
)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="INTERCOM_", env_file=".env", extra="ignore")

    access_token: SecretStr = Field(
        description="Access token of a private app: Developer Hub > your app > Authentication. "
        "Permissions: " + ", ".join(right.name.lower() for right in RIGHTS) + "."
    )
    api_version: str = Field(
        VERSION, pattern=r"^2\.\d{1,2}$", description="Version of Intercom's API that calls name, such as 2.16."
    )
    base_url: str = Field(
        "https://api.intercom.io",
        description="https://api.eu.intercom.io or https://api.au.intercom.io for workspaces hosted there; or a "
        "stand-in.",
    )
