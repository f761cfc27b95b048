"""People of the workspace: by their e-mail address, and the conversation that the bot has with each."""

from __future__ import annotations

from typing import Any

from expansion.contract import Refused
from integrations.slack.client import Api
from integrations.slack.meanings import Nobody

# Without the address: it is the account's owner, whom the step names already.
_NOBODY = (
    "Slack: nobody in this workspace has the e-mail address of the person who should get the message; in Slack it may "
    "be another one, or the member is deactivated. Change the account's owner, or `to:` in the playbook"
)


class People:
    """Asked once each."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._conversations: dict[str, str] = {}
        self._addresses: dict[str, str] = {}

    def conversation(self, email: str) -> str:
        """The id of the bot's conversation with somebody, opened where there is none yet: they see nothing of that."""
        key = email.strip().lower()
        if key not in self._conversations:
            opened = self._api.open(self._member(key))["channel"]
            self._conversations[key] = str(opened["id"])
        return self._conversations[key]

    def address_of(self, member: str) -> str | None:
        """The e-mail address of a member; bots and guests may have none."""
        if member not in self._addresses:
            profile = self._api.read("users.info", user=member)["user"].get("profile") or {}
            self._addresses[member] = str(profile.get("email") or "")
        return self._addresses[member] or None

    def _member(self, email: str) -> str:
        try:
            user: dict[str, Any] = self._api.read("users.lookupByEmail", email=email)["user"]
        except Nobody as nobody:
            raise Refused(_NOBODY) from nobody
        if user.get("deleted"):
            raise Refused(_NOBODY)
        return str(user["id"])
