"""Sets properties of an account in a system, and sets them back once the episode is over.

This is how accounts that a trigger fires for become a cohort there: whoever has the property is in it. Systems of this
kind take what they are sent and tell nothing back, so there is nothing to look up; but to set it twice is the same as
once. Each account has a call of its own: of several in one call, nobody could say which was taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast

from pydantic import Field, field_validator

from expansion.contract import Done, Failure, Piece, Refused, Reply
from expansion.fields import FieldValue, Inputs
from expansion.follow.inputs import TakeBack
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reading

_NOTHING = "a property needs a value; to take it away, write `false` or a word of your own, such as `none`"


class SetProperties(Inputs):
    """Properties of the account, and what they are once the episode is over."""

    properties: dict[str, FieldValue] = Field(
        min_length=1,
        max_length=20,
        description="Names as that system has them, each with its value: `{expansion_play: seats}`. "
        "`{{ facts.seats }}` alone is the number itself; what is not known is left as it is.",
    )
    afterwards: dict[str, FieldValue] = Field(
        {},
        max_length=20,
        description="What `when_cleared: take_back` sets them to; `false` where nothing is said.",
    )

    @field_validator("properties", "afterwards")
    @classmethod
    def _values(cls, given: dict[str, Any]) -> dict[str, Any]:
        if any(value is None for value in given.values()):
            raise ValueError(_NOTHING)
        if not all(name.strip() for name in given):
            raise ValueError("a property needs a name")
        return given


@dataclass(frozen=True)
class Setting:
    """What is set for one account. `key` is the step's, `at` the moment of its firing: both are the same each time."""

    key: str
    account: str
    properties: Mapping[str, Any]
    at: datetime


class OnAccounts(ActionBase):
    """One account after the other. The vendor's side writes `put`."""

    repeatable = True
    batch = 100  # not the vendor's number: how many pieces a task reports on together
    system: ClassVar[str]  # as people call it
    longest: ClassVar[int]  # characters of a text that it keeps, or takes

    def put(self, setting: Setting) -> str | None:
        """Set them; what people should know of it. Raises a Failure."""
        raise NotImplementedError

    def setting(self, piece: Piece) -> Setting:
        raise NotImplementedError

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(self.setting(piece)) for piece in pieces]

    def _reply(self, setting: Setting) -> Reply:
        try:
            self._fits(setting)
            with reading(self.system, wrote=True):
                return Done(setting.account, None, self.put(setting))
        except Failure as failure:
            return failure

    def _fits(self, setting: Setting) -> None:
        """What is cut there without a word, or dropped, is refused here."""
        for name, value in setting.properties.items():
            texts = [name, *(value if isinstance(value, list) else [value])]
            if any(isinstance(text, str) and len(text) > self.longest for text in texts):
                raise Refused(
                    f"{self.system} takes no text of more than {self.longest:,} characters, and `{name[:40]}` has one; "
                    "shorten it in the playbook"
                )


class SetsOnAccounts(OnAccounts):
    """Sets what a playbook says."""

    input_model = SetProperties
    offers = frozenset({"take_back"})

    def setting(self, piece: Piece) -> Setting:
        given = cast(SetProperties, piece.input).properties
        return Setting(piece.key, piece.account.account_id, given, piece.fired_at)


class SetsBackOnAccounts(OnAccounts):
    """Sets what an earlier step set to what it is to be afterwards."""

    input_model = TakeBack
    follows = True

    def setting(self, piece: Piece) -> Setting:
        before = SetProperties.model_validate(cast(TakeBack, piece.input).made)
        after = {name: before.afterwards.get(name, False) for name in before.properties}
        return Setting(piece.key, piece.account.account_id, after, piece.fired_at)
