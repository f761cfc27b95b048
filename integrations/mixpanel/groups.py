"""Mixpanel: properties of the group profile that stands for an account.

A cohort of groups in Mixpanel that asks for the property holds the accounts that a trigger fires for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expansion.contract import NoAccess, Refused
from integrations.kit import http
from integrations.kit.breaks import Broke
from integrations.kit.meanings import clean
from integrations.kit.shapes import reads
from integrations.kit.traits import OnAccounts, SetsBackOnAccounts, SetsOnAccounts, Setting
from integrations.kit.world import World
from integrations.mixpanel.meanings import MEANINGS, told_of_writing
from integrations.mixpanel.settings import RETRY, Settings

TIMEOUT = 20.0  # seconds
_WHAT = "setting properties of a group"
_HOW: http.Query = {"verbose": 1, "ip": 0}  # what was wrong, in words; and no place by the address of this machine


class Groups:
    """The one call that writes. No limit of how many is published for it."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._http = http.Api(settings.ingestion, MEANINGS, RETRY, world, told=told_of_writing, timeout=TIMEOUT)

    def set(self, account: str, properties: Mapping[str, Any]) -> None:
        """A group that has no profile has one from then on. Raises Refused where Mixpanel reads nothing in it."""
        token, key = self._settings.project_token, self._settings.group_key
        if not token or not key:
            raise NoAccess(
                f"Mixpanel, {_WHAT}: set MIXPANEL_PROJECT_TOKEN and MIXPANEL_GROUP_KEY; see Project settings"
            )
        update = {"$token": token.get_secret_value(), "$group_key": key, "$group_id": account, "$set": dict(properties)}
        said = self._http.post("/groups", _WHAT, [update], params=_HOW, again=True)
        if said.get("status") not in (0, 1):
            raise MEANINGS.of(Broke.ODD, _WHAT, wrote=True)
        if said["status"] == 0:
            raise Refused(f"Mixpanel, {_WHAT}: refused: {clean(str(said.get('error')))}")


class _OnGroups(OnAccounts):
    system = "Mixpanel"
    longest = 255  # characters of a text that are kept (docs.mixpanel.com, "Property reference"); the rest is cut

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def put(self, setting: Setting) -> str | None:
        self._groups.set(setting.account, setting.properties)
        return None


@reads("Mixpanel")
class SetGroupPropertiesAction(_OnGroups, SetsOnAccounts):
    """Sets properties of the account's group profile."""

    name = "mixpanel.set_group_properties"
    title = "Set properties of the account's group profile in Mixpanel"
    followed_by = "mixpanel.take_back"
    note = "Needs Group Analytics. A project token that is wrong is answered with yes, and what is sent is lost."


@reads("Mixpanel")
class TakeBackAction(_OnGroups, SetsBackOnAccounts):
    """Sets them to what they are to be afterwards."""

    name = "mixpanel.take_back"
    title = "Set properties of the account's group profile in Mixpanel back"
