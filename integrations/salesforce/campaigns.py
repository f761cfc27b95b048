"""Campaigns of Salesforce, and who is in them.

Salesforce itself keeps a person in a campaign once: a second record for the same contact or lead is refused, and the
first one is left as it is (object reference, "CampaignMember").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simple_salesforce.format import format_soql

from expansion.contract import Failure, Refused
from integrations.kit.batches import chunks
from integrations.salesforce import meanings as errors
from integrations.salesforce.client import Client
from integrations.salesforce.people import Human

_ID = re.compile("701[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")
_IDS = 200  # in one query, and in one call that deletes
_FIELDS = "Id, ContactId, LeadId, CreatedDate, HasResponded, CreatedById, LastModifiedById, LastModifiedBy.UserType"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Campaign:
    """A campaign and the statuses that its members may have."""

    id: str
    name: str
    active: bool
    statuses: tuple[str, ...]

    def status(self, asked: str) -> str:
        """As it is spelt there. Refused where it has none such: Salesforce itself does not say so."""
        for one in self.statuses:
            if one.lower() == asked.lower():
                return one
        there = ", ".join(f"`{one}`" for one in self.statuses) or "none"
        raise Refused(f"{errors.SYSTEM}: the campaign {self.name} has no member status `{asked}`; it has {there}")


@dataclass
class Added:
    """What became of the people who were to become members."""

    made: list[str] = field(default_factory=list)  # the new members' ids
    there: list[Row] = field(default_factory=list)  # who was a member already
    refusals: list[Refused] = field(default_factory=list)


class Campaigns:
    """Finds campaigns and reads, adds and removes their members."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, named: str) -> Campaign:
        """By its name, or by its id."""
        named = named.strip()
        by = "Id" if _ID.fullmatch(named) else "Name"
        rows = self._client.query(format_soql(f"SELECT Id, Name, IsActive FROM Campaign WHERE {by} = {{}}", named))  # noqa: S608
        if len(rows) != 1:
            what = f"{len(rows)} campaigns are called `{named}`; write the id of the one that is meant"
            none = f"there is no campaign `{named}`, or it is hidden from the integration user"
            raise Refused(f"{errors.SYSTEM}: {what if rows else none}")
        [row] = rows
        soql = "SELECT Label FROM CampaignMemberStatus WHERE CampaignId = {}"
        labels = self._client.query(format_soql(soql, str(row["Id"])))
        statuses = tuple(str(one["Label"]) for one in labels)
        return Campaign(str(row["Id"]), str(row["Name"]), bool(row["IsActive"]), statuses)

    def add(self, campaign: Campaign, people: Sequence[Human], fields: Mapping[str, Any]) -> Added:
        """Who is refused stops nobody else. Raises a Failure where it may work later, or where settings are wrong."""
        added = Added()
        for some in chunks(people, errors.COLLECTION):
            records = [
                {"attributes": {"type": "CampaignMember"}, **fields, "CampaignId": campaign.id, one.field: one.id}
                for one in some
            ]
            body = {"allOrNone": False, "records": records}
            reply = self._client.retry.run(
                lambda body=body: self._client.once("POST", "composite/sobjects", body),  # type: ignore[misc]
                repeatable=True,  # a member is there once
            )
            results = errors.results(reply, len(some))
            added.made += [str(result["id"]) for result in results if result.get("success")]
            added.refusals += _refusals(results)
            added.there += self._members(
                campaign, [one for one, result in zip(some, results, strict=True) if _is_twice(result)]
            )
        return added

    def _members(self, campaign: Campaign, people: Sequence[Human]) -> list[Row]:
        """Those of them who are in it."""
        found: list[Row] = []
        for kind in ("ContactId", "LeadId"):
            ids = [one.id for one in people if one.field == kind]
            if ids:
                soql = f"SELECT {_FIELDS} FROM CampaignMember WHERE CampaignId = {{}} AND {kind} IN {{}}"  # noqa: S608
                found += self._client.query(format_soql(soql, campaign.id, ids))
        return found

    def look(self, ids: Sequence[str]) -> dict[str, Row]:
        """Members by their own ids; those that are gone are not among them."""
        found: dict[str, Row] = {}
        for some in chunks(ids, _IDS):
            rows = self._client.query(format_soql(f"SELECT {_FIELDS} FROM CampaignMember WHERE Id IN {{}}", list(some)))  # noqa: S608
            found |= {str(row["Id"]): row for row in rows}
        return found

    def remove(self, ids: Sequence[str]) -> None:
        """Raises the first failure; one who is gone already is no failure."""
        for some in chunks(ids, _IDS):
            params = {"ids": ",".join(some), "allOrNone": "false"}
            reply = self._client.retry.run(
                lambda params=params: self._client.once("DELETE", "composite/sobjects", params=params),  # type: ignore[misc]
                repeatable=True,
            )
            for failure in _failures(errors.results(reply, len(some)), ("ENTITY_IS_DELETED", "NOT_FOUND")):
                raise failure

    def link(self, campaign: Campaign) -> str:
        """Where a person sees it."""
        return self._client.link("Campaign", campaign.id)


def _is_twice(result: Row) -> bool:
    return any(one.get("statusCode") == "DUPLICATE_VALUE" for one in result.get("errors") or ())


def _refusals(results: Sequence[Row]) -> list[Refused]:
    """Raises what is no refusal of one person."""
    found = _failures(results, ("DUPLICATE_VALUE",))
    for failure in found:
        if not isinstance(failure, Refused):
            failure.maybe_done = len(found) < len(results)
            raise failure
    return [failure for failure in found if isinstance(failure, Refused)]


def _failures(results: Sequence[Row], fine: Sequence[str]) -> list[Failure]:
    """Of the records of one call; those whose code is `fine` are as wanted already."""
    bad = [result.get("errors") or () for result in results if not result.get("success")]
    return [errors.of_record(found) for found in bad if not any(one.get("statusCode") in fine for one in found)]
