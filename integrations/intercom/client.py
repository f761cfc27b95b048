"""Calls Intercom's REST API.

Plain HTTP: python-intercom sends no version header, so that the app's setting would decide what a call means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from expansion.contract import NoAccess, NotAll
from expansion.fields import Person
from integrations.intercom.attributes import as_type, same
from integrations.intercom.meanings import MEANINGS, Gone, told
from integrations.intercom.settings import LIMIT, RETRY, TIMEOUT, Settings
from integrations.kit import http
from integrations.kit.budgets import Budget
from integrations.kit.pages import every_page
from integrations.kit.world import IN_LIFE, World

_APPS = {
    "api.intercom.io": "https://app.intercom.com",
    "api.eu.intercom.io": "https://app.eu.intercom.com",
    "api.au.intercom.io": "https://app.au.intercom.com",
}


PAGE = 150  # conversations, the most that a page may have


@dataclass(frozen=True)
class Contact:
    """A person as Intercom knows them."""

    id: str
    workspace: str
    tags: frozenset[str]
    more_tags: bool  # Intercom shows ten with the contact
    attributes: Mapping[str, Any]
    unsubscribed: bool


class Api:
    """The calls the actions need. All of them may be repeated: a tag, a set, an event with its own time."""

    def __init__(self, settings: Settings, world: World = IN_LIFE) -> None:
        token = settings.access_token.get_secret_value()
        place = f"{settings.base_url.rstrip('/')}/"  # as the ledger has called it from the beginning
        budget = Budget("Intercom", LIMIT, clock=world.clock, allowance=world.allowance, place=place)
        self._http = http.Api(
            settings.base_url,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=budget,
            headers={"Authorization": f"Bearer {token}", "Intercom-Version": settings.api_version},
            timeout=TIMEOUT,
        )
        self._tags: dict[str, str] = {}
        self._types: dict[str, str] | None = None
        self._company_types: dict[str, str] | None = None

    def me(self) -> dict[str, Any]:
        return self._http.get("/me", "reading who the token belongs to")

    def may_read(self, what: str) -> None:
        """Raises NoAccess where the token may not read `contacts`, `tags` or `conversations`."""
        self._http.get(f"/{what}", f"reading {what}", {"per_page": "1"} if what != "tags" else None)

    def contact(self, person: Person) -> Contact | None:
        """The contact with our user id; else the only one with the person's e-mail address."""
        if person.user_id in (".", ".."):  # in a path they mean another page, however they are written
            return self._by_email(person.email) if person.email else None
        try:
            path = f"/contacts/find_by_external_id/{quote(person.user_id, safe='')}"
            return _contact(self._http.get(path, "looking a person up"))
        except Gone:
            return self._by_email(person.email) if person.email else None

    def tag(self, contact: Contact, name: str) -> bool:
        """Whether the tag is new to the contact."""
        tag_id = self.tag_id(name)
        if tag_id in contact.tags or (contact.more_tags and tag_id in self._all_tags(contact)):
            return False
        self._http.post(f"/contacts/{contact.id}/tags", f"tagging a person `{name}`", {"id": tag_id}, again=True)
        return True

    def untag(self, contact_id: str, name: str) -> bool:
        """Whether the contact had the tag; one that is gone has none."""
        path = f"/contacts/{quote(contact_id, safe='')}/tags/{self.tag_id(name)}"
        try:
            self._http.delete(path, f"removing the tag `{name}`")
        except Gone:
            return False
        return True

    def has_tag(self, contact_id: str, name: str) -> bool:
        """Whether the contact has the tag of that name; one that is gone has none."""
        try:
            found = self._http.get(f"/contacts/{quote(contact_id, safe='')}/tags", "reading a person's tags")
        except Gone:
            return False
        return name.lower() in {str(tag.get("name")).lower() for tag in found["data"]}

    def tag_id(self, name: str) -> str:
        """Creates the tag or gives the one of that name; names are the same whatever their case."""
        if name not in self._tags:
            made = self._http.post("/tags", f"making the tag `{name}`", {"name": name}, again=True)
            self._tags[name] = str(made["id"])
        return self._tags[name]

    def set_attribute(self, contact: Contact, name: str, value: object) -> bool:
        """Whether that changed something. The attribute itself must exist: Settings > Data > People."""
        value = as_type(name, value, self._type(name))
        if same(contact.attributes.get(name), value):
            return False
        body = {"custom_attributes": {name: value}}
        self._http.put(f"/contacts/{contact.id}", f"setting the attribute `{name}`", body)
        return True

    def send_event(self, contact: Contact, name: str, at: datetime, metadata: Mapping[str, Any]) -> None:
        """Contact, name and second make the event: sent again, it is the same one."""
        flat = {name: ", ".join(value) if isinstance(value, list) else value for name, value in metadata.items()}
        event = {"event_name": name, "created_at": int(at.timestamp()), "id": contact.id}
        body = {**event, **({"metadata": flat} if flat else {})}
        self._http.post("/events", f"sending the event `{name}`", body, again=True, empty=202)

    def link(self, contact: Contact) -> str:
        """The contact's page."""
        root = _APPS.get(self._http.base_url.host, str(self._http.base_url).rstrip("/"))
        return f"{root}/a/apps/{contact.workspace}/users/{contact.id}/all-conversations"

    # --- companies and conversations ---

    def company(self, company_id: str) -> dict[str, Any]:
        """The company with our id, which comes by itself or as a list of one. Raises Gone where there is none."""
        found = self._http.get("/companies", "looking a company up", {"company_id": company_id})
        if found.get("type") != "list":
            return found
        if not found["data"]:
            raise Gone("Intercom has no company with this id")
        return dict(found["data"][0])

    def set_company(self, company_id: str, attributes: Mapping[str, Any]) -> None:
        """Sets attributes of a company that is there; by our id, done twice it is the same."""
        body = {"company_id": company_id, "custom_attributes": dict(attributes)}
        self._http.post("/companies", "setting attributes of a company", body, again=True)

    def company_types(self) -> dict[str, str] | None:
        """The type of each attribute of companies, asked once; None where it may not be read."""
        if self._company_types is None:
            try:
                self._company_types = self._types_of("company", "reading the attributes of companies")
            except NoAccess:
                return None
        return self._company_types

    def conversations(self, since: int) -> Iterator[dict[str, Any]]:
        """Those that changed after the day of that moment, page by page; more than the search announced, or as many."""
        query = {"field": "updated_at", "operator": ">", "value": since}
        count, announced = 0, 0
        for page in every_page(lambda after: self._searched(query, after), _next_page, MEANINGS):
            announced = max(announced, int(page.get("total_count") or 0))
            count += len(page["conversations"])
            yield from page["conversations"]
        if count < announced:
            raise NotAll(
                f"Intercom announced {announced:,} conversations, and {count:,} came; they are read again later"
            )

    def company_link(self, company: Mapping[str, Any]) -> str | None:
        """The company's page."""
        root = _APPS.get(self._http.base_url.host, str(self._http.base_url).rstrip("/"))
        return f"{root}/a/apps/{company['app_id']}/companies/{company['id']}" if company.get("app_id") else None

    # --- parts ---

    def _searched(self, query: Mapping[str, Any], after: str | None) -> dict[str, Any]:
        paging = {"per_page": PAGE} | ({"starting_after": after} if after else {})
        body = {"query": query, "pagination": paging}
        return self._http.post("/conversations/search", "searching conversations", body, wrote=False)

    def _by_email(self, email: str) -> Contact | None:
        """Leads may share an address: of several nobody knows who is meant, unless one alone is a user."""
        query = {"query": {"field": "email", "operator": "=", "value": email}, "pagination": {"per_page": 50}}
        found = self._http.post("/contacts/search", "looking a person up", query, wrote=False)["data"]
        users = [one for one in found if one.get("role") == "user"] or found
        return _contact(users[0]) if len(users) == 1 else None

    def _type(self, name: str) -> str | None:
        """The type of a contact's own attribute, asked once; None where there is none, or it may not be read."""
        if self._types is None:
            try:
                self._types = self._types_of("contact", "reading the attributes of people")
            except NoAccess:
                self._types = {}
        return self._types.get(name)

    def _types_of(self, model: str, what: str) -> dict[str, str]:
        known = self._http.get("/data_attributes", what, {"model": model})["data"]
        return {str(one["name"]): str(one.get("data_type")) for one in known if one.get("custom")}

    def _all_tags(self, contact: Contact) -> frozenset[str]:
        found = self._http.get(f"/contacts/{contact.id}/tags", "reading a person's tags")
        return frozenset(str(tag["id"]) for tag in found["data"])


def _next_page(page: Mapping[str, Any]) -> str | None:
    following = (page.get("pages") or {}).get("next")
    return str(following["starting_after"]) if following else None


def _contact(said: Mapping[str, Any]) -> Contact:
    tags = said.get("tags") or {}
    return Contact(
        id=str(said["id"]),
        workspace=str(said.get("workspace_id", "")),
        tags=frozenset(str(tag["id"]) for tag in tags.get("data", [])),
        more_tags=bool(tags.get("has_more")),
        attributes=said.get("custom_attributes") or {},
        unsubscribed=bool(said.get("unsubscribed_from_emails")),
    )
