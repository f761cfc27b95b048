"""Where to find each value for Salesforce, what it may cost, and the rights it takes."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.limits import Limit
from integrations.kit.declare import Right
from integrations.kit.retry import RetryPolicy

# Of the org's calls in 24 hours: 100,000 (Enterprise), and 1,000 more per user licence, for everybody together.
LIMITS = (Limit(20_000, 86_400, "Our share, SALESFORCE_DAILY_CALLS, of the org's 100,000 or more in 24 hours"),)


RETRY = RetryPolicy(tries=4, first_wait=1.0)


RIGHTS = (
    Right("API Enabled", "every call"),
    Right("Account: Read", "facts of accounts, and finding the account of a task"),
    Right("User: Read", "who owns an account and gets the task"),
    Right("Opportunity: Read", "`open_opportunities` and `last_opportunity_closed`", "salesforce.account"),
    Right("Opportunity: Read", "open opportunities", "salesforce.opportunity"),
    Right("Opportunity: Read", "won opportunities", "salesforce.won_opportunity"),
    Right("Case: Read", "open cases, and cases as events", "salesforce.case"),
    Right("Task: Create", "making tasks", "salesforce.create_task"),
    Right("Task: Edit", "closing, annotating and handing over tasks", "salesforce.create_task"),
    Right("Opportunity: Create", "making opportunities", "salesforce.create_opportunity"),
    Right("Contact: Read", "finding people by e-mail address", "salesforce.add_to_campaign"),
    Right("Lead: Read", "finding people who are no contacts yet", "salesforce.add_to_campaign"),
    Right("Campaign: Read", "finding the campaign and its statuses", "salesforce.add_to_campaign"),
    Right("CampaignMember: Create", "putting people into a campaign", "salesforce.add_to_campaign"),
    Right("CampaignMember: Delete", "taking them out again", "salesforce.add_to_campaign"),
    Right("Account: Edit", "setting fields of accounts", "salesforce.update_fields"),
)


FIELD = r"^[A-Za-z][A-Za-z0-9_]*$"


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="SALESFORCE_", env_file=".env", extra="ignore")

    domain: str = Field(description="Your My Domain, such as acme.my.salesforce.com: Setup > My Domain.")
    client_id: str = Field(
        description="Consumer key: Setup > External Client App Manager > your app > OAuth settings. "
        "Switch on the client credentials flow, with a run-as user."
    )
    client_secret: SecretStr = Field(description="Consumer secret, shown beside the consumer key.")
    api_version: str = Field("67.0", pattern=r"^\d{2,3}\.0$", description="Version of the REST API.")
    base_url: str | None = Field(None, description="Another host that speaks Salesforce's API: a stand-in.")
    account_key_field: str = Field(
        "Product_Account_Id__c", pattern=FIELD, description="The Account field that holds the product's account id."
    )
    task_key_field: str = Field(
        "Expansion_Key__c",
        pattern=FIELD,
        description="A field on Activity: Text(64), External ID, Unique. With it, a task cannot be made twice.",
    )
    opportunity_key_field: str = Field(
        "Expansion_Key__c", pattern=FIELD, description="The same on Opportunity: Text(64), External ID, Unique."
    )
    outcome_amount_field: str = Field(
        "Amount", pattern=FIELD, description="The Opportunity field that says what a won deal adds a year."
    )
    task_done_status: str = Field("Completed", description="The value of the org's task Status for work that is done.")
    fallback_owner: str | None = Field(
        None, description="E-mail of the user who gets what has no active owner: Setup > Users."
    )
    daily_calls: int = Field(
        LIMITS[0].calls,
        ge=1,
        description="Calls in 24 hours that all workers together may make; people and other tools share the org's.",
    )
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for an answer.")

    @field_validator("domain")
    @classmethod
    def _host_only(cls, text: str) -> str:
        host = text.strip().lower().removeprefix("https://").strip("/").removesuffix(".salesforce.com")
        if host in ("login", "test") or not re.fullmatch(r"[a-z0-9.-]+", host):
            raise ValueError("is not a My Domain; the client credentials flow needs one, like acme.my.salesforce.com")
        return host

    @property
    def my_domain(self) -> str:
        """What stands before `.salesforce.com`."""
        return self.domain
