"""Salesforce: what the CRM knows of an account; tasks and opportunities for its owner; fields on it.

Not offered by Salesforce and therefore made here: doing a thing once (our key in a field of the record), and an end to
signing in again. Limits: developer.salesforce.com, "API Request Limits and Allocations".
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from expansion.fields import DueDate, FieldValue, Inputs, Owner, PlainText
from integrations import _settings
from integrations import _values as values
from integrations._rights import needed
from integrations._salesforce_account import AccountSource, AccountUpdates
from integrations._salesforce_change import ChangeTaskAction
from integrations._salesforce_check import check
from integrations._shapes import checked, reads
from integrations.base import ActionBase, Allowance, Clock, Connected, Integration, Limit, RetryPolicy, Right

if TYPE_CHECKING:
    # simple-salesforce costs half a second to import (zeep): only `connected` does, not the catalog.
    from integrations._salesforce_records import Draft, Keyed, Owners
    from integrations._salesforce_tasks_state import TaskStates

# Of the org's calls in 24 hours: 100,000 (Enterprise), and 1,000 more per user licence, for everybody together.
LIMITS = (Limit(20_000, 86_400, "Our share, SALESFORCE_DAILY_CALLS, of the org's 100,000 or more in 24 hours"),)
RETRY = RetryPolicy(tries=4, first_wait=1.0)

RIGHTS = (
    Right("API Enabled", "every call"),
    Right("Account: Read", "facts of accounts, and finding the account of a task"),
    Right("User: Read", "who owns an account and gets the task"),
    Right("Opportunity: Read", "`open_opportunities` and `last_opportunity_closed`", "salesforce.account"),
    Right("Task: Create", "making tasks", "salesforce.create_task"),
    Right("Task: Edit", "closing, annotating and handing over tasks", "salesforce.create_task"),
    Right("Opportunity: Create", "making opportunities", "salesforce.create_opportunity"),
    Right("Account: Edit", "setting fields of accounts", "salesforce.update_fields"),
)

UNLINKED = "not linked: no account in Salesforce has this product account id"
_FIELD = r"^[A-Za-z][A-Za-z0-9_]*$"


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
        "Product_Account_Id__c", pattern=_FIELD, description="The Account field that holds the product's account id."
    )
    task_key_field: str = Field(
        "Expansion_Key__c",
        pattern=_FIELD,
        description="A field on Activity: Text(64), External ID, Unique. With it, a task cannot be made twice.",
    )
    opportunity_key_field: str = Field(
        "Expansion_Key__c", pattern=_FIELD, description="The same on Opportunity: Text(64), External ID, Unique."
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


# --- what authors write under `with:` ---------------------------------------------------------------------------------


_FIELDS = "Further fields by their API names, each with its value; `{{ facts.seats }}` alone is the number itself."
_RECORD_TYPE = "The record type's name, where the org has several; left out: the user's default."


def _plain_names(fields: dict[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """API names alone; what an input of its own gives is given there."""
    words = {name.lower(): word for name, word in own.items()}
    for name in fields:
        if not re.fullmatch(_FIELD, name) or name.lower() == "id":
            raise ValueError(f"`{name}` is not a field that can be set; use the API name, like `Stage__c`")
        if word := words.get(name.lower()):
            raise ValueError(f"`{name}` has a word of its own: write `{word}`, beside `fields`")
    return fields


class CreateTask(Inputs):
    """A to-do for a seller, on the account."""

    assign_to: Owner = Field("account owner", description="Who gets it; an active user in Salesforce.")
    subject: PlainText = Field(min_length=1, max_length=255)
    due: DueDate = "in 2 working days"
    notes: PlainText = Field("", max_length=32_000, description="Shown as plain text; line breaks are kept.")
    priority: str = Field("Normal", max_length=255, description="A value of the org's Priority list.")
    record_type: str | None = Field(None, min_length=1, description=_RECORD_TYPE)
    fields: dict[str, FieldValue] = Field({}, description=_FIELDS)

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        own = {"Subject": "subject", "ActivityDate": "due", "Description": "notes", "Priority": "priority"}
        return _plain_names(fields, own | {"OwnerId": "assign_to", "RecordTypeId": "record_type"})


class CreateOpportunity(Inputs):
    """An open deal on the account."""

    assign_to: Owner = "account owner"
    name: PlainText = Field(min_length=1, max_length=120)
    stage: str = Field(min_length=1, description="A value of the org's Stage list, such as `Prospecting`.")
    close: DueDate = Field("in 60 days", description="The close date.")
    amount: FieldValue = Field(None, description="A number, such as `{{ worth }}`; left empty where it is not known.")
    type: str | None = Field(None, description="A value of the org's Type list.")
    notes: PlainText = Field("", max_length=32_000)
    record_type: str | None = Field(None, min_length=1, description=_RECORD_TYPE)
    fields: dict[str, FieldValue] = Field({}, description=_FIELDS)

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        own = {"Name": "name", "StageName": "stage", "CloseDate": "close", "Amount": "amount", "Type": "type"}
        more = {"Description": "notes", "OwnerId": "assign_to", "RecordTypeId": "record_type"}
        return _plain_names(fields, own | more)


class UpdateFields(Inputs):
    """Values for fields of the account."""

    fields: dict[str, FieldValue] = Field(
        min_length=1,
        description="Field names as Salesforce's API has them, each with its new value; nothing after the colon "
        "empties it. `{{ facts.seats }}` alone is the number itself, and leaves the field as it is where the fact is "
        "not known.",
    )

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return _plain_names(fields, {})


# --- actions ----------------------------------------------------------------------------------------------------------


class _Creates(ActionBase):
    """Finds the owners, looks up what is there unless Salesforce refuses it anyway, creates the rest, 200 a call."""

    batch = 200

    def __init__(self, keyed: Keyed, owners: Owners) -> None:
        self._keyed, self._owners = keyed, owners

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        if not pieces:
            return []
        single = {piece.key: piece for piece in pieces}  # a key twice in one collection is an error for both
        try:
            self._keyed.learn([self._inputs(piece).assign_to for piece in single.values()])
            there = {} if self._keyed.is_unique() else self._keyed.existing(list(single.values()))
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        replies: dict[str, Reply] = {key: self._keyed.done(there[key], already=True) for key in single if key in there}
        drafts: list[Draft] = []
        for key in [key for key in single if key not in replies]:
            try:
                drafts.append(self._draft(single[key]))
            except Refused as refusal:
                replies[key] = refusal
        replies |= {d.piece.key: r for d, r in zip(drafts, self._keyed.create(drafts), strict=True)}
        return [replies[piece.key] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        if not pieces:
            return []
        try:
            there = self._keyed.existing(pieces)
        except Failure as failure:
            return [failure for _ in pieces]
        return [self._keyed.done(there[p.key], already=True) if p.key in there else None for p in pieces]

    def _draft(self, piece: Piece) -> Draft:
        return self._drafted(piece, _account(piece))

    def _drafted(self, piece: Piece, account: str | None, said: str | None = None) -> Draft:
        inputs = self._inputs(piece)
        owner, note = self._owners.of(inputs.assign_to)
        more = self._keyed.more(inputs.fields, inputs.record_type)
        record = more | self._record(piece, account) | {"OwnerId": owner}
        return self._keyed.draft(piece, record, "; ".join(part for part in (said, note) if part) or None)

    def _inputs(self, piece: Piece) -> Any:
        return piece.input

    def _record(self, piece: Piece, account: str | None) -> dict[str, Any]:
        raise NotImplementedError


@reads("Salesforce")
class CreateTaskAction(_Creates):
    name = "salesforce.create_task"
    title = "Create a task in Salesforce"
    input_model = CreateTask
    offers = frozenset({"close", "annotate", "sla"})
    followed_by = "salesforce.change_task"
    note = (
        "Carries our key (SALESFORCE_TASK_KEY_FIELD, or the last line of the notes); one that is there is left alone."
    )

    def __init__(self, keyed: Keyed, owners: Owners, states: TaskStates) -> None:
        super().__init__(keyed, owners)
        self._states = states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        try:
            return [now.standing for now in self._states.read(made)]
        except Failure as failure:
            return [failure for _ in made]

    def _draft(self, piece: Piece) -> Draft:
        """An account that Salesforce does not know gets its task all the same, linked to nothing: work is not lost.

        Only with the key field: without it, a task is found again by its account.
        """
        if "salesforce" in piece.account.remote_ids or not self._keyed.has_key_field():
            return super()._draft(piece)
        return self._drafted(piece, None, UNLINKED)

    def _record(self, piece: Piece, account: str | None) -> dict[str, Any]:
        task = cast(CreateTask, piece.input)
        return ({"WhatId": account} if account else {}) | {
            "Subject": task.subject,
            "ActivityDate": task.due,
            "Description": task.notes,
            "Priority": task.priority,
        }


@reads("Salesforce")
class CreateOpportunityAction(_Creates):
    name = "salesforce.create_opportunity"
    title = "Create an opportunity in Salesforce"
    input_model = CreateOpportunity
    note = "Carries our key (SALESFORCE_OPPORTUNITY_KEY_FIELD, or the last line of the description)."

    def _record(self, piece: Piece, account: str | None) -> dict[str, Any]:
        deal = cast(CreateOpportunity, piece.input)
        record: dict[str, Any] = {
            "AccountId": account,
            "Name": deal.name,
            "StageName": deal.stage,
            "CloseDate": deal.close,
            "Description": deal.notes,
        }
        if deal.amount is not None:
            record["Amount"] = _amount(deal.amount)
        return record | ({"Type": deal.type} if deal.type else {})


@reads("Salesforce")
class UpdateFieldsAction(ActionBase):
    name = "salesforce.update_fields"
    title = "Set fields of the account in Salesforce"
    input_model = UpdateFields
    batch = 200
    repeatable = True

    def __init__(self, updates: AccountUpdates) -> None:
        self._updates = updates

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[int, Reply] = {}
        changes: list[tuple[int, str, dict[str, Any]]] = []
        if not pieces:
            return []
        try:
            self._updates.learn()
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        for number, piece in enumerate(pieces):
            try:
                fields = cast(UpdateFields, piece.input).fields
                changes.append((number, _account(piece), self._updates.written(fields)))
            except Refused as refusal:
                replies[number] = refusal
        replies |= self._updates.send(changes)
        return [replies[number] for number in range(len(pieces))]


def _account(piece: Piece) -> str:
    found = piece.account.remote_ids.get("salesforce")
    if found and re.fullmatch(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", found):
        return found
    raise Refused(
        f"{piece.account.name} is not in Salesforce, or not matched: put the product's account id "
        f"`{piece.account.account_id}` into the account's key field there (SALESFORCE_ACCOUNT_KEY_FIELD)"
    )


def _amount(value: Any) -> float:
    found = values.number(value)
    if found is None:
        raise Refused(f"the amount `{value}` is not a number; write it like `12000`, or name `{{{{ worth }}}}` alone")
    return values.json_number(found)


# --- wiring -----------------------------------------------------------------------------------------------------------


def connected(
    settings: Settings, retry: RetryPolicy = RETRY, clock: Clock = time, allowance: Allowance | None = None
) -> Connected:
    """The integration facing one org. Nothing is sent until it is used."""
    from integrations._salesforce_client import Client
    from integrations._salesforce_records import Keyed, Kind, Owners
    from integrations._salesforce_tasks_state import TaskStates

    client = Client(settings, retry, (replace(LIMITS[0], calls=settings.daily_calls),), clock, allowance)
    owners = Owners(client, settings.fallback_owner)
    tasks = Keyed(client, Kind("Task", "WhatId", settings.task_key_field), owners)
    deals = Keyed(client, Kind("Opportunity", "AccountId", settings.opportunity_key_field), owners)
    states = TaskStates(client, owners)
    actions: list[ActionBase] = [
        CreateTaskAction(tasks, owners, states),
        ChangeTaskAction(client, states, owners, CreateTask, settings.task_done_status),
        CreateOpportunityAction(deals, owners),
        UpdateFieldsAction(AccountUpdates(client)),
    ]
    source = AccountSource(client, settings.account_key_field)
    return Connected(
        actions={action.name: action for action in actions},
        sources={source.name: source},
        check=checked("Salesforce", lambda used=None: check(client, settings, owners, needed(RIGHTS, used))),
        account_links={"Account in Salesforce": f"{_site(settings)}/lightning/r/Account/{{salesforce}}/view"},
    )


def _site(settings: Settings) -> str:
    """Where people sign in; no sign-in of ours is needed to know it."""
    return (settings.base_url or f"https://{settings.my_domain}.salesforce.com").rstrip("/")


INTEGRATION = Integration(
    name="salesforce",
    title="Salesforce",
    settings_model=Settings,
    connect=lambda *, allowance=None: connected(_settings.read(Settings), allowance=allowance),
    actions={a.name: a for a in (CreateTaskAction, CreateOpportunityAction, UpdateFieldsAction, ChangeTaskAction)},
    sources={AccountSource.name: AccountSource},
    limits=LIMITS,
    rights=RIGHTS,
)
