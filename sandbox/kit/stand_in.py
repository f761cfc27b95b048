"""What a stand-in declares, and what it does. All else (the inbox, the demo, chaos) walks what is declared here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from starlette.routing import BaseRoute

from sandbox.kit.answers import Answers
from sandbox.kit.state import State
from sandbox.sample import Account


@dataclass(frozen=True)
class InboxItem:
    """One thing that a person would have received."""

    system: str  # "salesforce"
    what: str  # "task", "message", "enrolment", ...
    to: str  # who receives it: an owner, a channel, a contact
    title: str
    html: str  # already escaped and rendered as that system would show it
    at: str  # ISO time
    account: str | None = None
    key: str | None = None
    facts: dict[str, str] = field(default_factory=dict)  # shown as a small table: due date, priority, …


class StandIn:
    """One vendor's API: stateful, it pages like the vendor, keeps its limits and its error bodies. Never kinder.

    `routes()` are mounted under `/{name}`; the base URL a client gets ends with that.
    """

    name: ClassVar[str]
    title: ClassVar[str]  # what people call the system
    answers: ClassVar[Answers | None] = None  # how it says anything but yes; None: nothing is ever sent to it
    # What it takes, by the product's name for the setting. A test may put others in its place.
    credentials: ClassVar[dict[str, str]] = {}
    more_settings: ClassVar[Mapping[str, str]] = {}  # that the product needs to work with the sample data
    colour: ClassVar[str | None] = None  # of its cards in the inbox; None: nobody receives anything from it
    style: ClassVar[Path | None] = None  # CSS of what its items hold
    chats: ClassVar[bool] = False  # its items look like messages in a channel, and come first in the inbox
    groups_people: ClassVar[bool] = False  # people who received the same share a card, and own nothing

    def __init__(self, state: State) -> None:
        self.state = state

    @classmethod
    def environment(cls, url: str) -> dict[str, str]:
        """The product's settings for this stand-in, where the stand-ins answer at `url`."""
        return {f"{cls.name.upper()}_BASE_URL": f"{url}/{cls.name}", **cls.credentials, **cls.more_settings}

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        """What this system knows of these customers, for `load`."""
        return {}

    def routes(self) -> list[BaseRoute]:
        raise NotImplementedError

    def inbox(self) -> list[InboxItem]:
        return []

    def load(self, sample: dict[str, Any]) -> None:
        """Take this vendor's part of the sample data (accounts, contacts, events…); loading twice changes nothing."""
