"""Where webhooks go, and what they are signed with."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.named import addresses
from integrations.kit.retry import RetryPolicy
from integrations.webhook.signing import key_of

# Ours: receivers publish none in common, and a workflow tool that is sent more at once drops some.
LIMIT = Limit(5, 1, "none is published in common; five a second are kept")
RETRY = RetryPolicy(tries=4, first_wait=1.0, longest_wait=30.0)
TIMEOUT = 15.0  # seconds
RIGHTS = (Right("the receiver's address, and the secret", "sending; they open nothing else"),)


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="WEBHOOK_", env_file=".env", extra="ignore")

    endpoints: SecretStr = Field(
        description="Where to send, by the name that playbooks use: `crm=https://… zapier=https://…`. Such an address "
        "is a secret: who knows it may send to it."
    )
    secret: SecretStr = Field(
        description="What every message is signed with, as Standard Webhooks does: `whsec_` and 24 to 64 random bytes "
        "in base64. Give the receivers the same."
    )
    receivers_dedupe: bool = Field(
        False,
        description="true where every receiver drops a message whose `webhook-id` it has had: then one that broke off "
        "is sent again. Else a person is asked.",
    )

    @field_validator("endpoints")
    @classmethod
    def _named(cls, text: SecretStr) -> SecretStr:
        addresses(text.get_secret_value())
        return text

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        key_of(secret.get_secret_value())
        return secret

    @property
    def known(self) -> dict[str, str]:
        """The addresses by name."""
        return addresses(self.endpoints.get_secret_value())
