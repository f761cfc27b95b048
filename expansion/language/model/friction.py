"""What stands in an account's way, in policy.yaml."""

from __future__ import annotations

from pydantic import Field

from expansion.language.model.conditions import Clause
from expansion.language.model.fields import Strict


class Friction(Strict):
    """Trouble that an account has with the product: errors, a set-up that failed, tickets nobody answered, a feature
    that was tried and left. `expansion rank` says so, and puts help before an offer."""

    what: str = Field(description="The trouble, as people will read it.", examples=["Errors in the last two weeks"])
    when: list[Clause] = Field(
        min_length=1,
        description="Conditions: the accounts for which all of these are true.",
        examples=[[{"event": "Error Shown", "at_least": 5, "over": "14 days"}]],
    )
    help: str | None = Field(
        None, description="What helps, as people will read it.", examples=["Ask support to look at it with them"]
    )
