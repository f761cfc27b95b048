"""Static lists: puts the account's company, or people of it, into one, and takes them out again.

A list is how HubSpot's own workflows are begun: what enrols its members there is the workflow's business. Active lists
are filled by their filters alone. developers.hubspot.com, "Lists"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from expansion.contract import Done, Failure, Made, Piece, Refused, Standing
from expansion.follow.inputs import TakeBack
from integrations.hubspot.companies import company_of
from integrations.hubspot.contacts import contacts_of
from integrations.hubspot.inputs import AddToList
from integrations.hubspot.meanings import SYSTEM, Gone, results, unreadable
from integrations.kit.people import ReachesPeople, are, people_text
from integrations.kit.shapes import reading, reads

if TYPE_CHECKING:
    from integrations.hubspot.client import Client

COMPANIES, CONTACTS = "0-2", "0-1"  # types of objects
_CALLED = {COMPANIES: "companies", CONTACTS: "contacts"}
_FILLED_BY_HAND = ("MANUAL", "SNAPSHOT")


@reads("HubSpot")
class AddToListAction(ReachesPeople):
    """A list, and the company or the people of one account. Who is in it already stays in it."""

    name = "hubspot.add_to_list"
    title = "Put the company, or people of it, into a static list in HubSpot"
    input_model = AddToList
    system = SYSTEM
    repeatable = True
    offers = frozenset({"take_back"})
    followed_by = "hubspot.remove_from_list"
    note = "A workflow that is to begin has to name the list; people are known by their e-mail addresses."

    def __init__(self, client: Client) -> None:
        self._client = client

    def do(self, piece: Piece) -> Done:
        wanted = cast(AddToList, piece.input)
        if wanted.people is None:
            return self._company(wanted.list, company_of(piece))
        found = contacts_of(self._client, wanted.people)
        ids = [person.id for person in found.known]
        added, missing = self._add(list_of(self._client, wanted.list, CONTACTS), ids)
        if len(missing) == len(ids):
            raise Refused(f"{SYSTEM} has none of the {people_text(len(ids))} any more (ids {', '.join(ids)})")
        notes = [f"{people_text(len(ids) - len(missing))} in the list {wanted.list}", *found.notes(), *_gone(missing)]
        return Done(_remote_id(ids, missing), self._client.link("contacts", ids[0]), "; ".join(notes), not added)

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return [self._looked(one) for one in made]

    def _company(self, name: str, company: str) -> Done:
        added, missing = self._add(list_of(self._client, name, COMPANIES), [company])
        if missing:
            raise Refused(f"{SYSTEM} has no company {company} any more, or hides it from this key")
        note = f"in the list {name}"
        return Done(company, self._client.link("companies", company), note, already=not added)

    def _add(self, number: str, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Who came in, and who is not there any more."""
        said = change(self._client, number, "add", ids)
        return _ids(said, "recordsIdsAdded", "recordIdsAdded"), _ids(said, "recordIdsMissing")

    def _looked(self, made: Made) -> Standing | Failure:
        wanted, ids = cast(AddToList, made.input), made.remote_id.split(",")
        kind = COMPANIES if wanted.people is None else CONTACTS
        try:
            with reading(SYSTEM):
                number = list_of(self._client, wanted.list, kind)
                without = sum(number not in _lists_of(self._client, kind, one) for one in ids)
        except Failure as failure:
            return failure
        missing = f"{without} of {len(ids)} {are(without)} not in the list {wanted.list} any more" if without else None
        return Standing(there=without < len(ids), missing=missing)


@reads("HubSpot")
class RemoveFromListAction(ReachesPeople):
    """Takes out whom a step put in."""

    name = "hubspot.remove_from_list"
    title = "Take the company, or people of it, out of a static list in HubSpot again"
    input_model = TakeBack
    system = SYSTEM
    repeatable = True
    follows = True

    def __init__(self, client: Client) -> None:
        self._client = client

    def do(self, piece: Piece) -> Done:
        asked = cast(TakeBack, piece.input)
        made, ids = AddToList.model_validate(asked.made), asked.remote_id.split(",")
        kind = COMPANIES if made.people is None else CONTACTS
        removed = _ids(change(self._client, list_of(self._client, made.list, kind), "remove", ids), "recordIdsRemoved")
        who = "the company is" if kind == COMPANIES else f"{people_text(len(removed))} {are(len(removed))}"
        note = f"{who} taken out of the list {made.list}" if removed else f"nobody is in the list {made.list} any more"
        return Done(asked.remote_id, None, f"{note}; a workflow that has begun goes on", already=not removed)


def list_of(client: Client, asked: str, kind: str) -> str:
    """The id of a static list of records of this type, by its id or its name. Refused where there is none."""
    asked = asked.strip()
    by_name = f"object-type-id/{kind}/name/{quote(asked, safe='')}"
    try:
        found = client.read(f"/crm/lists/{client.version}/{asked if asked.isdigit() else by_name}")["list"]
    except Gone:
        raise Refused(f"{SYSTEM} has no list `{asked}` of {_CALLED[kind]}; write its name or its id") from None
    if found["objectTypeId"] != kind:
        raise Refused(f"{SYSTEM}: the list `{asked}` is not one of {_CALLED[kind]}")
    if found["processingType"] not in _FILLED_BY_HAND:
        raise Refused(f"{SYSTEM}: the list `{asked}` is an active one, filled by its filters; name a static list")
    return str(found["listId"])


def change(client: Client, number: str, how: str, ids: Sequence[str]) -> Mapping[str, Any]:
    """`add` or `remove`; harmless to do again."""
    path = f"/crm/lists/{client.version}/{number}/memberships/{how}"
    said = client.retry.run(lambda: client.once("PUT", path, list(ids)), repeatable=True)
    if "recordIdsMissing" not in said:
        raise unreadable(wrote=True)
    return said


def _lists_of(client: Client, kind: str, record: str) -> set[str]:
    rows = results(client.read(f"/crm/lists/{client.version}/records/{kind}/{record}/memberships"))
    return {str(row["listId"]) for row in rows}


def _ids(said: Mapping[str, Any], *names: str) -> list[str]:
    """HubSpot spells one of the names in two ways, and may leave out a list that is empty."""
    return [str(one) for name in names for one in said.get(name) or ()]


def _remote_id(ids: Sequence[str], missing: Sequence[str]) -> str:
    return ",".join(one for one in ids if one not in missing)


def _gone(missing: Sequence[str]) -> list[str]:
    return [f"not there any more: {', '.join(missing)}"] if missing else []
