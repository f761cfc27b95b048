"""Where the product keeps its things. Every value can be set in the environment or in `.env`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import NoAccess
from integrations.kit.settings import hidden, read, secret_names


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="EXPANSION_", env_file=".env", extra="ignore")

    playbooks: Path = Field(Path("playbooks"), description="The folder that GTM operations edit.")
    home: Path = Field(Path(".expansion"), description="Where usage, reports and the SQLite ledger are kept.")
    ledger_url: SecretStr | None = Field(
        None, description="`postgresql://user:password@host/name` for a team; left out: SQLite below EXPANSION_HOME."
    )
    engine_url: SecretStr | None = Field(
        None, description="Where events are rolled up: `postgres://user:password@host/name`; left out: on this machine."
    )
    engine_map: Path = Field(
        Path("warehouse.yaml"), description="Which table of that warehouse holds events; see docs/warehouse.md."
    )
    sources: Path = Field(
        Path("sources"), description="The folder of maps that say which tables are pulled; see docs/warehouse.md."
    )
    first_pull_days: int = Field(
        180,
        ge=1,
        le=800,
        description="How far back the first pull of events goes: at least the longest window; with a "
        "warehouse, a little more than it lags.",
    )
    retry_waits: list[float] | None = Field(
        None, description="Seconds before a batch is tried again; left out: what each integration declares."
    )
    settle_seconds: float = Field(
        120,
        ge=0,
        description="How long a system may still carry out a call that broke off; what is not there by then is sent "
        "again. Shorter than the slowest of them, it may come twice.",
    )

    secret_blocks: bool = Field(
        False,
        description="Whether secrets are looked for in Prefect blocks too: `expansion-slack-bot-token` and so on.",
    )

    alerts_webhook: SecretStr | None = Field(
        None,
        description="Where `expansion alerts` has messages sent: a Slack incoming webhook (api.slack.com/apps, "
        "*Incoming Webhooks*) or another address that takes a JSON `text`.",
    )
    alerts_sendgrid_key: SecretStr | None = Field(
        None,
        description="For alerts by SendGrid: an API key that may send mail (Settings, *API Keys*). Without it they go "
        "by EMAIL_SERVER.",
    )
    alerts_email_from: str | None = Field(
        None,
        description="Whose address such an e-mail bears: with SendGrid a verified sender; left out otherwise, it is "
        "that of EMAIL_SENDER.",
    )
    alerts_email_to: str | None = Field(None, description="Whom it goes to; several with commas.")

    @field_validator("ledger_url", "engine_url", mode="before")
    @classmethod
    def _empty_is_left_out(cls, url: object) -> object:
        """As in `EXPANSION_ENGINE_URL=`, which also takes back what `.env` says."""
        return url or None

    @property
    def ledger(self) -> str:
        """The ledger's URL."""
        if self.ledger_url is not None:
            return self.ledger_url.get_secret_value()
        return f"sqlite:///{self.home / 'ledger.db'}"

    def with_engine(self, url: str) -> Settings:
        """The same settings, with events rolled up elsewhere."""
        return hidden(self.model_copy(update={"engine_url": SecretStr(url)}))


# Hands on what another place holds for these settings, by their names; that place is Prefect's blocks.
Look = Callable[[Iterable[str]], None]


def own_settings(look: Look | None = None) -> Settings:
    """The product's own settings; with the secrets that Prefect's blocks hold, where they are asked for.

    Without a way to look into the blocks, settings that ask for them are refused rather than read by half.
    """
    settings = read(Settings)
    if not settings.secret_blocks:
        return settings
    if look is None:
        raise NoAccess(
            "EXPANSION_SECRET_BLOCKS is set, and nothing here can look into Prefect's blocks; open the place by "
            "`flows.opening.open_place`, or set EXPANSION_SECRET_BLOCKS=false and give the secrets in another way"
        )
    look(secret_names(Settings))
    return read(Settings)
