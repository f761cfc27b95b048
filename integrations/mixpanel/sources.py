"""Mixpanel: cohort members, user and group profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from expansion.contract import CohortMembers, FactRecord, NoAccess, NotAll, NotThere, Refused
from expansion.usage.forms.cells import as_id
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads
from integrations.mixpanel.accounts import accounts_in
from integrations.mixpanel.client import Api

# Names that GTM people use, and Mixpanel's own.
_PROFILE_FIELDS = {"email": "$email", "name": "$name", "phone": "$phone"}


class _Source(SourceBase):
    def __init__(self, api: Api) -> None:
        self.api = api


@reads("Mixpanel")
class Group(_Source):
    """Group profiles: what Mixpanel knows of an account. Needs the Group Analytics add-on."""

    name: ClassVar[str] = "mixpanel.group"
    title: ClassVar[str] = "Properties of an account's group profile"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})
    full: ClassVar[frozenset[str]] = frozenset({"facts"})

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        group = self.api.settings.data_group_id
        if group is None:
            raise NoAccess(
                "Mixpanel, the group profiles: set MIXPANEL_DATA_GROUP_ID; see Project settings > Group keys"
            )
        params = {"data_group_id": group, "output_properties": list(fields)}
        found = 0
        for profile in self.api.profiles("the group profiles", params):
            found += 1
            known_as = str(profile["$distinct_id"])
            yield FactRecord(self.name, as_id(known_as), _asked(profile, {f: f for f in fields}), remote_id=known_as)
        if not found:
            raise Refused(f"Mixpanel, the group profiles: group key {group} has none; check MIXPANEL_DATA_GROUP_ID")


@reads("Mixpanel")
class Profile(_Source):
    """User profiles, as people of the account that a property names."""

    name: ClassVar[str] = "mixpanel.profile"
    title: ClassVar[str] = "People, from user profiles"
    gives: ClassVar[frozenset[str]] = frozenset({"people"})
    full: ClassVar[frozenset[str]] = frozenset({"people"})

    def people(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        place = self.api.settings.account_property
        names = {f: _PROFILE_FIELDS.get(f, f) for f in fields}
        found = 0
        for profile in self.api.profiles("the user profiles", {"output_properties": [place, *names.values()]}):
            for account in accounts_in(_properties(profile).get(place)):
                found += 1
                known_as = str(profile["$distinct_id"])
                yield FactRecord(
                    self.name, account, _asked(profile, names), remote_id=known_as, user_id=as_id(known_as)
                )
        if not found:
            raise Refused(
                f"Mixpanel, the user profiles: none names its account in `{place}`; check MIXPANEL_ACCOUNT_PROPERTY"
            )


@reads("Mixpanel")
class Cohort(_Source):
    """The accounts of a cohort's members, as of right now: Mixpanel works a cohort out at each question.

    Members without a user profile have no property to find their account by, and are left out.
    """

    name: ClassVar[str] = "mixpanel.cohort"
    title: ClassVar[str] = "Accounts of a saved cohort's members"
    gives: ClassVar[frozenset[str]] = frozenset({"cohorts"})

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._ids: dict[str, int] = {}

    def cohort(self, name: str) -> CohortMembers:
        place = self.api.settings.account_property
        params = {
            "filter_by_cohort": json.dumps({"id": self._id(name)}),
            "output_properties": [place],
            "include_all_users": "false",  # Mixpanel's default is true
        }
        accounts: set[str] = set()
        less: NotAll | None = None
        try:
            for member in self.api.profiles(f"the cohort `{name}`", params):
                accounts.update(accounts_in(_properties(member).get(place)))
        except NotAll as failure:
            less = failure
        return CohortMembers(self.name, name, frozenset(accounts), less)

    def _id(self, name: str) -> int:
        """Ids are kept: listing costs one of the hour's queries."""
        if name not in self._ids:
            self._ids = {str(cohort["name"]): int(cohort["id"]) for cohort in self.api.cohorts()}
        if name not in self._ids:
            known = ", ".join(f"`{other}`" for other in sorted(self._ids)[:10]) or "none at all"
            raise NotThere(f"Mixpanel has no cohort called `{name}`; it has {known}", [name])
        return self._ids[name]


def _properties(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    return profile.get("$properties") or {}


def _asked(profile: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Under the names that were asked for; only those that the profile has.

    Mixpanel leaves out what a profile has not, and also what no profile has, because it was renamed or misspelt.
    """
    known = _properties(profile)
    return {asked: known[name] for asked, name in names.items() if name in known}


# --- wiring -----------------------------------------------------------------------------------------------------------
