"""Campaigns of the stand-in: a person is a member once, and a status decides whether the member has responded.

Object reference, "CampaignMember" and "CampaignMemberStatus". Whether a status that the campaign does not have is
refused, no page says; it becomes the default here, so that whoever does not look does not notice.
"""

from __future__ import annotations

from typing import Any, Protocol

from sandbox.salesforce.refusals import RecordError

Record = dict[str, Any]
_PEOPLE = {"ContactId": "Contact", "LeadId": "Lead"}


class Records(Protocol):
    """The org's records."""

    def all(self, sobject: str) -> list[Record]: ...

    def get(self, sobject: str, record_id: str) -> Record | None: ...


class Campaigns:
    """What is special about the members of campaigns."""

    def __init__(self, org: Records) -> None:
        self._org = org

    def refuse(self, record: Record) -> None:
        """Nobody, somebody who is not there, and who is a member already."""
        if not any(record.get(field) for field in _PEOPLE):
            raise RecordError("REQUIRED_FIELD_MISSING", "Required fields are missing: [ContactId]", "ContactId")
        for field, sobject in {"CampaignId": "Campaign", **_PEOPLE}.items():
            if record.get(field) and self._org.get(sobject, record[field]) is None:
                raise RecordError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field)
        for other in self._org.all("CampaignMember"):
            if other["CampaignId"] == record["CampaignId"] and _who(other) == _who(record):
                raise RecordError("DUPLICATE_VALUE", "Already a campaign member.")

    def filled(self, record: Record) -> Record:
        """With a status of the campaign, and whether that is a response."""
        known = [one for one in self._org.all("CampaignMemberStatus") if one["CampaignId"] == record["CampaignId"]]
        named = [one for one in known if one["Label"] == record.get("Status")]
        status = (named or [one for one in known if one["IsDefault"]])[0]
        return record | {"Status": status["Label"], "HasResponded": status["HasResponded"]}

    def mark(self, record: Record) -> str:
        """Who in which campaign, as it is counted."""
        campaign, person = self._org.get("Campaign", record["CampaignId"]) or {}, self.person(record)
        return f"{person.get('Email')}|{campaign.get('Name')}"

    def person(self, record: Record) -> Record:
        """The contact or the lead."""
        field, key = _who(record)
        return self._org.get(_PEOPLE[field], key) or {}


def _who(record: Record) -> tuple[str, str]:
    """Of a record with both, the contact alone is kept."""
    field = "ContactId" if record.get("ContactId") else "LeadId"
    return field, str(record[field])
