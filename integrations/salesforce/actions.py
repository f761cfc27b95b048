"""Salesforce: what the CRM knows of an account; tasks and opportunities for its owner; fields on it.

Not offered by Salesforce and therefore made here: doing a thing once (our key in a field of the record), and an end to
signing in again. Limits: developer.salesforce.com, "API Request Limits and Allocations".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.kit import values
from integrations.kit.fields import Change, SetsFields
from integrations.kit.keyed import Draft, MakesOnce
from integrations.kit.shapes import reads
from integrations.kit.tasks import standings
from integrations.salesforce.inputs import CreateOpportunity, CreateTask, UpdateFields
from integrations.salesforce.meanings import COLLECTION, of_record, results
from integrations.salesforce.values import is_id, written

if TYPE_CHECKING:
    # simple-salesforce costs half a second to import (zeep): only `connected` does, not the catalog.
    from integrations.salesforce.client import Client
    from integrations.salesforce.records import Owners, Records
    from integrations.salesforce.tasks import TaskStates


UNLINKED = "not linked: no account in Salesforce has this product account id"


class _Creates(MakesOnce[Draft]):
    """Finds the owners, looks up what is there unless Salesforce refuses it anyway, creates the rest, 200 a call."""

    batch = 200
    restore = "restore it from the recycle bin, or tell its owner"

    def __init__(self, records: Records, owners: Owners) -> None:
        super().__init__(records)
        self._records, self._owners = records, owners

    def there(self, pieces: Sequence[Piece]) -> dict[str, str]:
        self._records.learn([self._inputs(piece).assign_to for piece in pieces])
        return {} if self._records.is_unique() else super().there(pieces)

    def draft(self, piece: Piece) -> Draft:
        return self._drafted(piece, account_of(piece))

    def _drafted(self, piece: Piece, account: str | None, said: str | None = None) -> Draft:
        inputs = self._inputs(piece)
        owner, note = self._owners.of(inputs.assign_to)
        more = self._records.more(inputs.fields, inputs.record_type)
        record = more | self._record(piece, account) | {"OwnerId": owner}
        return Draft(piece, record, "; ".join(part for part in (said, note) if part) or None)

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

    def __init__(self, records: Records, owners: Owners, states: TaskStates) -> None:
        super().__init__(records, owners)
        self._states = states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return standings(self._states.read, made)

    def draft(self, piece: Piece) -> Draft:
        """An account that Salesforce does not know gets its task all the same, linked to nothing: work is not lost.

        Only with the key field: without it, a task is found again by its account.
        """
        if "salesforce" in piece.account.remote_ids or not self._records.has_key_field():
            return super().draft(piece)
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
class UpdateFieldsAction(SetsFields):
    name = "salesforce.update_fields"
    title = "Set fields of the account in Salesforce"
    input_model = UpdateFields
    batch = COLLECTION

    def __init__(self, client: Client) -> None:
        self.retry, self._client = client.retry, client

    def learn(self) -> None:
        self._client.fields("Account")

    def record(self, piece: Piece) -> str:
        return account_of(piece)

    def written(self, piece: Piece) -> dict[str, Any]:
        return written(self._client, "Account", cast(UpdateFields, piece.input).fields)

    def write(self, changes: Sequence[Change]) -> list[Reply]:
        records = [{"attributes": {"type": "Account"}, "id": change.record, **change.fields} for change in changes]
        reply = self._client.once("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})
        return [self._reply(c.record, r) for c, r in zip(changes, results(reply, len(changes)), strict=True)]

    def _reply(self, account: str, result: Mapping[str, Any]) -> Reply:
        if result.get("success"):
            return Done(account, self._client.link("Account", account))
        return of_record(result.get("errors") or ())


def account_of(piece: Piece) -> str:
    """The account's id in Salesforce; raises Refused where none is known."""
    found = piece.account.remote_ids.get("salesforce")
    if found and is_id(found):
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
