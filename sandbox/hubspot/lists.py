"""Lists of a portal: found by id or name, and changed by hand where no filters fill them."""

from __future__ import annotations

from typing import Any

from sandbox.hubspot.portal import Portal, Record, now
from sandbox.hubspot.refusals import Invalid

MOST_RECORDS = 100_000  # in one call
KINDS = {"0-1": "contacts", "0-2": "companies"}


class Lists:
    """Each has members by when they came in."""

    def __init__(self, portal: Portal) -> None:
        self._portal, self._state = portal, portal.state

    def load(self, lists: list[Record]) -> None:
        for one in lists:
            if self._state.get("hubspot.lists", str(one["listId"])) is None:
                given = {"processingType": "MANUAL", "objectTypeId": "0-2", "members": {}} | one
                self._state.put("hubspot.lists", str(one["listId"]), given | {"listId": str(one["listId"])})

    def all(self) -> list[Record]:
        return self._state.all("hubspot.lists")

    def by_id(self, number: str) -> Record:
        found = self._state.get("hubspot.lists", number)
        if found is None:
            raise Invalid("", f"List does not exist with ID {number}.", "OBJECT_NOT_FOUND")
        return found

    def by_name(self, kind: str, name: str) -> Record:
        """Whatever the case."""
        for one in self.all():
            if one["objectTypeId"] == kind and one["name"].lower() == name.lower():
                return one
        raise Invalid("", f"List does not exist with name {name} and object type ID {kind}.", "OBJECT_NOT_FOUND")

    def add(self, number: str, ids: Any) -> Record:
        there, missing = self._there(number, ids)
        new = [one for one in there if one not in self.by_id(number)["members"]]
        self._put(number, self.by_id(number)["members"] | dict.fromkeys(new, now()))
        for one in new:
            self._state.applied("hubspot", "add_to_list", f"{self.by_id(number)['name']}|{one}")
        return {"recordsIdsAdded": new, "recordIdsRemoved": [], "recordIdsMissing": missing}

    def remove(self, number: str, ids: Any) -> Record:
        there, missing = self._there(number, ids)
        members = self.by_id(number)["members"]
        gone = [one for one in there if one in members]
        self._put(number, {one: at for one, at in members.items() if one not in gone})
        for one in gone:
            self._state.applied("hubspot", "remove_from_list", f"{self.by_id(number)['name']}|{one}")
        return {"recordsIdsAdded": [], "recordIdsRemoved": gone, "recordIdsMissing": missing}

    def of(self, kind: str, record: str) -> list[Record]:
        return [
            {"listId": one["listId"], "listVersion": 1, "firstAddedTimestamp": at, "lastAddedTimestamp": at}
            for one in self.all()
            if one["objectTypeId"] == kind and (at := one["members"].get(record))
        ]

    def _there(self, number: str, ids: Any) -> tuple[list[str], list[str]]:
        """The records that there are, each once, and the ids that are none."""
        found = self.by_id(number)
        if found["processingType"] == "DYNAMIC":
            raise Invalid("", f"Cannot change memberships of list {number} with processing type DYNAMIC")
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids) or len(ids) > MOST_RECORDS:
            raise Invalid("INVALID_JSON", "Invalid input JSON: a list of record ids, as text")
        kind, once = KINDS[found["objectTypeId"]], list(dict.fromkeys(ids))
        return (
            [one for one in once if self._portal.get(kind, one)],
            [one for one in once if not self._portal.get(kind, one)],
        )

    def _put(self, number: str, members: Record) -> None:
        self._state.put("hubspot.lists", number, self.by_id(number) | {"members": members})


def shown(one: Record) -> Record:
    """As the API shows one."""
    plain = {name: value for name, value in one.items() if name != "members"}
    return {"list": plain | {"listVersion": 1, "processingStatus": "COMPLETE", "size": len(one["members"])}}
