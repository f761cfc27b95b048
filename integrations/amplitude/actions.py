"""Amplitude: accounts put into a cohort of groups, and properties of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from expansion.contract import Done, Failure, Piece, Refused, Reply
from expansion.follow.inputs import TakeBack
from integrations.amplitude.client import Client, Record, counts
from integrations.amplitude.inputs import AddToCohort
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reading, reads
from integrations.kit.traits import OnAccounts, SetsBackOnAccounts, SetsOnAccounts, Setting


class _ChangesCohort(ActionBase):
    """One account after the other: to put one in twice, or out, is the same as once."""

    repeatable = True
    batch = 100  # not the vendor's number: how many pieces a task reports on together
    operation: Literal["ADD", "REMOVE"]

    def __init__(self, client: Client) -> None:
        self._client = client

    def given(self, piece: Piece) -> AddToCohort:
        raise NotImplementedError

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        account = piece.account.account_id
        try:
            with reading("Amplitude"):
                cohort = self._client.find(self.given(piece).cohort)
                self._must_count_accounts(cohort)
            with reading("Amplitude", wrote=True):
                skipped = self._client.change_members(cohort, [account], self.operation)
        except Failure as failure:
            return failure
        return self._skipped(account) if account in skipped else Done(account)

    def _skipped(self, account: str) -> Reply:
        raise NotImplementedError

    def _must_count_accounts(self, cohort: Record) -> None:
        """Anything else takes the ids of accounts for those of users."""
        group_type = self._client.settings.group_type
        if counts(cohort) != group_type:
            raise Refused(
                f"Amplitude, the cohort `{cohort['name']}` counts `{counts(cohort)}`, not `{group_type}`; upload one "
                "of that group type, or set AMPLITUDE_GROUP_TYPE"
            )


@reads("Amplitude")
class AddToCohortAction(_ChangesCohort):
    """Puts the account into a cohort."""

    name = "amplitude.add_to_cohort"
    title = "Put the account into a cohort of accounts in Amplitude"
    input_model = AddToCohort
    offers = frozenset({"take_back"})
    followed_by = "amplitude.remove_from_cohort"
    note = "The cohort has to be an uploaded one of the group type in AMPLITUDE_GROUP_TYPE (Accounts add-on)."
    operation = "ADD"

    def given(self, piece: Piece) -> AddToCohort:
        return cast(AddToCohort, piece.input)

    def _skipped(self, account: str) -> Reply:
        return Refused(
            "Amplitude knows no group of this account's id, so it was not put into the cohort; groups are known once "
            "an event names them"
        )


@reads("Amplitude")
class RemoveFromCohortAction(_ChangesCohort):
    """Takes it out again."""

    name = "amplitude.remove_from_cohort"
    title = "Take the account out of a cohort in Amplitude"
    input_model = TakeBack
    follows = True
    operation = "REMOVE"

    def given(self, piece: Piece) -> AddToCohort:
        return AddToCohort.model_validate(cast(TakeBack, piece.input).made)

    def _skipped(self, account: str) -> Reply:
        return Done(account, None, "it was not in the cohort any more", already=True)


class _OnGroups(OnAccounts):
    system = "Amplitude"
    longest = 1024  # characters of a property that are kept; the rest is cut without a word

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(self, setting: Setting) -> str | None:
        self._client.set_group(setting.account, setting.properties)
        return None


@reads("Amplitude")
class SetGroupPropertiesAction(_OnGroups, SetsOnAccounts):
    """Sets properties of the account's group."""

    name = "amplitude.set_group_properties"
    title = "Set properties of the account's group in Amplitude"
    followed_by = "amplitude.take_back"
    note = "Amplitude applies them to events from then on, not to those before (Accounts add-on)."


@reads("Amplitude")
class TakeBackAction(_OnGroups, SetsBackOnAccounts):
    """Sets them to what they are to be afterwards."""

    name = "amplitude.take_back"
    title = "Set properties of the account's group in Amplitude back"
