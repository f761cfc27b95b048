"""Salesforce: what the CRM knows of an account; tasks and opportunities for its owner; fields on it.

Not offered by Salesforce and therefore made here: doing a thing once (our key in a field of the record), and an end to
signing in again. Limits: developer.salesforce.com, "API Request Limits and Allocations".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Done, Failure, Made, Piece, Refused, Reply, Standing
from integrations.kit import values as values
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reads
from integrations.salesforce.accounts import AccountUpdates
from integrations.salesforce.inputs import CreateOpportunity, CreateTask, UpdateFields

if TYPE_CHECKING:
    # simple-salesforce costs half a second to import (zeep): only `connected` does, not the catalog.
    from integrations.salesforce.records import Draft, Keyed, Owners
    from integrations.salesforce.tasks import TaskStates


UNLINKED = "not linked: no account in Salesforce has this product account id"


# --- what authors write under `with:` ---------------------------------------------------------------------------------


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
        return self._drafted(piece, account_of(piece))

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
                changes.append((number, account_of(piece), self._updates.written(fields)))
            except Refused as refusal:
                replies[number] = refusal
        replies |= self._updates.send(changes)
        return [replies[number] for number in range(len(pieces))]


def account_of(piece: Piece) -> str:
    """The account's id in Salesforce; raises Refused where none is known."""
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
