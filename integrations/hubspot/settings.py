"""Where to find each value for HubSpot, what it may cost, and the rights it takes."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

LIMITS = (
    Limit(190, 10, "Professional and Enterprise: 190 calls in 10 seconds for a key; Free and Starter: 100", spread=0.2),
)


SEARCH_LIMITS = (
    Limit(5, 1, "Search: 5 calls a second for the account, all its apps together", spread=0.08, of="searches"),
)


RETRY = RetryPolicy(tries=5, first_wait=1.0)


RIGHTS = (
    Right("crm.objects.companies.read", "facts of companies, and finding the company of a task"),
    Right("crm.objects.companies.write", "putting tasks on companies, and `hubspot.update_properties`"),
    Right("crm.objects.contacts.read", "looking tasks up; HubSpot has no scope of their own for tasks"),
    Right("crm.objects.contacts.write", "creating tasks, and changing those nobody has worked on"),
    Right("crm.objects.owners.read", "who owns a company and gets the task"),
    Right("crm.objects.deals.read", "`hubspot.deals`", only_for="hubspot.deals"),
    Right("crm.objects.deals.read", "`hubspot.won_deals`", only_for="hubspot.won_deals"),
    Right("crm.objects.deals.read", "finding a deal by our key", only_for="hubspot.create_deal"),
    Right("crm.objects.deals.write", "`hubspot.create_deal`", only_for="hubspot.create_deal"),
    Right("crm.lists.read", "finding a list by its name", only_for="hubspot.add_to_list"),
    Right("crm.lists.write", "`hubspot.add_to_list`, and taking it back", only_for="hubspot.add_to_list"),
    Right("automation.sequences.read", "finding a sequence, and who is in it", only_for="hubspot.enrol_in_sequence"),
    Right(
        "automation.sequences.enrollments.write", "`hubspot.enrol_in_sequence`", only_for="hubspot.enrol_in_sequence"
    ),
    Right(
        "tickets", "`hubspot.open_tickets`; HubSpot has one scope for all of tickets", only_for="hubspot.open_tickets"
    ),
    Right("tickets", "`hubspot.tickets`; the same", only_for="hubspot.tickets"),
)


PROPERTY = r"^[a-z][a-z0-9_]*$"


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="HUBSPOT_", env_file=".env", extra="ignore")

    token: SecretStr = Field(
        description="Service key: Settings > Integrations > Service Keys. Scopes: crm.objects.companies.read and "
        ".write, crm.objects.contacts.read and .write (tasks are under contacts), crm.objects.owners.read; "
        "those of deals, tickets, lists and sequences where they are used: docs/systems.md."
    )
    api_version: str = Field("2026-03", pattern=r"^\d{4}-\d{2}$", description="The date in the API's paths.")
    base_url: str = Field("https://api.hubapi.com", description="Another host that speaks HubSpot's API: a stand-in.")
    account_key_property: str = Field(
        "product_account_id", pattern=PROPERTY, description="The company property that holds the product's account id."
    )
    task_key_property: str = Field(
        "expansion_key",
        pattern=PROPERTY,
        description="A text property of tasks with unique values. With it, a task cannot be made twice.",
    )
    deal_key_property: str = Field(
        "expansion_key",
        pattern=PROPERTY,
        description="A text property of deals with unique values. With it, a deal cannot be made twice.",
    )
    fallback_owner: str | None = Field(
        None, description="E-mail of the user who gets what has no active owner: Settings > Users & Teams."
    )
    calls_in_ten_seconds: int = Field(
        LIMITS[0].calls, ge=1, description="100 on Free and Starter; all workers together keep under it."
    )
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for an answer.")


class WebhookSettings(BaseSettings):
    """What `expansion serve` needs to take HubSpot's webhooks."""

    model_config = SettingsConfigDict(env_prefix="HUBSPOT_", env_file=".env", extra="ignore")

    webhook_secret: SecretStr | None = Field(
        None, description="For `expansion serve`: the client secret of the app whose webhooks come, on its Auth page."
    )
    webhook_url: str | None = Field(
        None,
        description="With it: the webhooks' target URL, letter by letter as it stands in the app, such as "
        "https://events.acme.example/hubspot/webhook: it is part of what HubSpot signs.",
    )
