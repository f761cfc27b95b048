"""HubSpot: what the CRM knows of a company; tasks for its owner; properties on it.

Limits: developers.hubspot.com, "API usage guidelines". Paths carry a date (2026-03); v3 and v4 end in 2027.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from expansion.fields import DueDate, FieldValue, HtmlText, Inputs, Owner, PlainText
from integrations import _settings
from integrations._hubspot_change import ChangeTaskAction
from integrations._hubspot_check import check
from integrations._hubspot_company import CompanySource, CompanyUpdates, Owners, company_of
from integrations._rights import needed
from integrations._shapes import checked, reads
from integrations.base import ActionBase, Allowance, Clock, Connected, Integration, Limit, RetryPolicy, Right

if TYPE_CHECKING:
    # Importing the client costs a tenth of a second: only `connected` does, not the catalog.
    from integrations._hubspot_tasks import Draft, Tasks
    from integrations._hubspot_tasks_state import TaskStates

LIMITS = (
    Limit(190, 10, "Professional and Enterprise: 190 calls in 10 seconds for a key; Free and Starter: 100", spread=0.2),
)
SEARCH_LIMITS = (Limit(5, 1, "Search: 5 calls a second for the account, all its apps together", spread=0.08),)
RETRY = RetryPolicy(tries=5, first_wait=1.0)

RIGHTS = (
    Right("crm.objects.companies.read", "facts of companies, and finding the company of a task"),
    Right("crm.objects.companies.write", "putting tasks on companies, and `hubspot.update_properties`"),
    Right("crm.objects.contacts.read", "looking tasks up; HubSpot has no scope of their own for tasks"),
    Right("crm.objects.contacts.write", "creating tasks, and changing those nobody has worked on"),
    Right("crm.objects.owners.read", "who owns a company and gets the task"),
)

_NAME = r"^[a-z][a-z0-9_]*$"


class Settings(BaseSettings):
    """Read from the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="HUBSPOT_", env_file=".env", extra="ignore")

    token: SecretStr = Field(
        description="Service key: Settings > Integrations > Service Keys. Scopes: crm.objects.companies.read and "
        ".write, crm.objects.contacts.read and .write (tasks are under contacts), crm.objects.owners.read."
    )
    api_version: str = Field("2026-03", pattern=r"^\d{4}-\d{2}$", description="The date in the API's paths.")
    base_url: str = Field("https://api.hubapi.com", description="Another host that speaks HubSpot's API: a stand-in.")
    account_key_property: str = Field(
        "product_account_id", pattern=_NAME, description="The company property that holds the product's account id."
    )
    task_key_property: str = Field(
        "expansion_key",
        pattern=_NAME,
        description="A text property of tasks with unique values. With it, a task cannot be made twice.",
    )
    fallback_owner: str | None = Field(
        None, description="E-mail of the user who gets what has no active owner: Settings > Users & Teams."
    )
    calls_in_ten_seconds: int = Field(
        LIMITS[0].calls, ge=1, description="100 on Free and Starter; all workers together keep under it."
    )
    timeout: float = Field(30.0, gt=0, description="Seconds to wait for an answer.")


# --- what authors write under `with:` ---------------------------------------------------------------------------------


# What an input of its own gives is given there.
_OWN_WORDS = {
    "hs_task_subject": "subject",
    "hs_timestamp": "due",
    "hs_task_body": "notes",
    "hs_task_priority": "priority",
    "hs_task_type": "type",
    "hubspot_owner_id": "assign_to",
}


class CreateTask(Inputs):
    """A to-do for a seller, on the company."""

    assign_to: Owner = Field("account owner", description="Who gets it; an active user in HubSpot.")
    subject: PlainText = Field(min_length=1, max_length=500)
    due: DueDate = "in 2 working days"
    notes: HtmlText = Field("", max_length=60_000, description="Simple HTML; line breaks are kept.")
    priority: Literal["low", "medium", "high"] = "medium"
    type: Literal["todo", "call", "email"] = "todo"
    properties: dict[str, FieldValue] = Field(
        {},
        description="Further properties of the task by their internal names, each with its value; "
        "`{{ facts.seats }}` alone is the number itself.",
    )

    @field_validator("properties")
    @classmethod
    def _names(cls, properties: dict[str, Any]) -> dict[str, Any]:
        for name in properties:
            if word := _OWN_WORDS.get(name.lower()):
                raise ValueError(f"`{name}` has a word of its own: write `{word}`, beside `properties`")
        return properties


class UpdateProperties(Inputs):
    """Values for properties of the company."""

    properties: dict[str, FieldValue] = Field(
        min_length=1,
        description="Internal names, each with its new value; nothing after the colon empties it. "
        "`{{ facts.seats }}` alone is the number itself, and leaves the property as it is where the fact is not known.",
    )


# --- actions ----------------------------------------------------------------------------------------------------------


@reads("HubSpot")
class CreateTaskAction(ActionBase):
    name = "hubspot.create_task"
    title = "Create a task in HubSpot"
    input_model = CreateTask
    batch = 100
    offers = frozenset({"close", "annotate", "sla"})
    followed_by = "hubspot.change_task"
    note = "Carries our key in HUBSPOT_TASK_KEY_PROPERTY; a task that is there already is left alone."

    def __init__(self, tasks: Tasks, owners: Owners, states: TaskStates) -> None:
        self._tasks, self._owners, self._states = tasks, owners, states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        try:
            return [now.standing for now in self._states.read(made)]
        except Failure as failure:
            return [failure for _ in made]

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        if not pieces:
            return []
        single = {piece.key: piece for piece in pieces}  # a key twice in one batch makes HubSpot refuse the batch
        try:
            there = self._tasks.existing(list(single.values()))
            drafts, replies = self._drafts([piece for key, piece in single.items() if key not in there])
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        replies |= {key: self._tasks.done(task, already=True) for key, task in there.items()}
        replies |= {d.piece.key: r for d, r in zip(drafts, self._tasks.create(drafts), strict=True)}
        return [replies[piece.key] for piece in pieces]

    def find(self, pieces: Sequence[Piece]) -> list[Done | Failure | None]:
        if not pieces:
            return []
        try:
            return self._tasks.find(pieces)
        except Failure as failure:
            return [failure for _ in pieces]

    def _drafts(self, pieces: Sequence[Piece]) -> tuple[list[Draft], dict[str, Reply]]:
        """What can be created, and the refusals of what cannot."""
        drafts: list[Draft] = []
        refused: dict[str, Reply] = {}
        for piece in pieces:
            try:
                drafts.append(self._draft(piece))
            except Refused as refusal:
                refused[piece.key] = refusal
        return drafts, refused

    def _draft(self, piece: Piece) -> Draft:
        task = cast(CreateTask, piece.input)
        company_of(piece)  # refused before anything is asked
        owner, note = self._owners.of(task.assign_to)
        properties = {
            "hs_task_subject": task.subject,
            "hs_task_body": task.notes.replace("\n", "<br>"),
            "hs_timestamp": self._tasks.due(task.due),
            "hs_task_priority": task.priority.upper(),
            "hs_task_type": task.type.upper(),
            "hs_task_status": "NOT_STARTED",
            "hubspot_owner_id": owner,
        }
        return self._tasks.draft(piece, self._tasks.more(task.properties) | properties, note)


@reads("HubSpot")
class UpdatePropertiesAction(ActionBase):
    name = "hubspot.update_properties"
    title = "Set properties of the company in HubSpot"
    input_model = UpdateProperties
    batch = 100
    repeatable = True

    def __init__(self, updates: CompanyUpdates) -> None:
        self._updates = updates

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: dict[int, Reply] = {}
        changes: list[tuple[int, str, dict[str, str]]] = []
        if not pieces:
            return []
        try:
            self._updates.learn()
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return [failure for _ in pieces]
        for number, piece in enumerate(pieces):
            given = cast(UpdateProperties, piece.input).properties
            try:
                changes.append((number, company_of(piece), self._updates.written(given)))
            except Refused as refusal:
                replies[number] = refusal
        replies |= self._updates.send(changes)
        return [replies[number] for number in range(len(pieces))]


# --- wiring -----------------------------------------------------------------------------------------------------------


def connected(
    settings: Settings, retry: RetryPolicy = RETRY, clock: Clock = time, allowance: Allowance | None = None
) -> Connected:
    """The integration facing one portal. Nothing is sent until it is used."""
    from integrations._hubspot_client import Client
    from integrations._hubspot_tasks import Tasks
    from integrations._hubspot_tasks_state import TaskStates

    limits = (replace(LIMITS[0], calls=settings.calls_in_ten_seconds),)
    client = Client(settings, retry, limits, SEARCH_LIMITS, clock, allowance)
    owners = Owners(client, settings.fallback_owner)
    tasks = Tasks(client, settings.task_key_property)
    states = TaskStates(client, tasks, owners)
    actions: list[ActionBase] = [
        CreateTaskAction(tasks, owners, states),
        ChangeTaskAction(client, states, owners, CreateTask),
        UpdatePropertiesAction(CompanyUpdates(client)),
    ]
    source = CompanySource(client, owners, settings.account_key_property)
    return Connected(
        actions={action.name: action for action in actions},
        sources={source.name: source},
        check=checked("HubSpot", lambda used=None: check(client, settings, owners, needed(RIGHTS, used))),
    )


INTEGRATION = Integration(
    name="hubspot",
    title="HubSpot",
    settings_model=Settings,
    connect=lambda *, allowance=None: connected(_settings.read(Settings), allowance=allowance),
    actions={a.name: a for a in (CreateTaskAction, UpdatePropertiesAction, ChangeTaskAction)},
    sources={CompanySource.name: CompanySource},
    limits=(*LIMITS, *SEARCH_LIMITS),
    rights=RIGHTS,
)
