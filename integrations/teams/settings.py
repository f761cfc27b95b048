"""Where each channel's messages go."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.named import addresses
from integrations.kit.retry import RetryPolicy

# "If more than four requests are made in a second, the client connection is throttled."
LIMIT = Limit(4, 1, "learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook")
RETRY = RetryPolicy(tries=4, first_wait=1.0, longest_wait=30.0)
TIMEOUT = 15.0  # seconds
RIGHTS = (Right("the workflow's address", "posting; it opens nothing else"),)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="TEAMS_", env_file=".env", extra="ignore")

    channels: SecretStr = Field(
        description="The address of each channel's workflow, by the name that playbooks use: `expansion=https://… "
        "sales=https://…`. In Teams: the channel > ••• > Workflows > Send webhook alerts to a channel. Such an address "
        "is a secret: who knows it may post."
    )

    @field_validator("channels")
    @classmethod
    def _named(cls, text: SecretStr) -> SecretStr:
        addresses(text.get_secret_value())
        return text

    @property
    def known(self) -> dict[str, str]:
        """The addresses by channel."""
        return addresses(self.channels.get_secret_value())
