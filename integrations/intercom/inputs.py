"""What authors write under `with:` of Intercom's actions."""

from __future__ import annotations

from pydantic import Field, model_validator

from expansion.fields import FieldValue, Inputs, People, PlainText


class EnrolInSeries(Inputs):
    """People and a series, and by what its entry rule lets them in; if that is left out, by a tag of its name."""

    series: PlainText = Field(description="Name of the series, as your team says it.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    tag: PlainText | None = Field(None, description="The tag its entry rule asks for; `expansion:SERIES` if left out.")
    attribute: dict[str, FieldValue] | None = Field(
        None,
        description="The attribute its entry rule asks for: {name: value}; `{{ facts.seats }}` alone is the number.",
        max_length=1,
    )
    event: PlainText | None = Field(None, description="The event its entry rule asks for.")

    @model_validator(mode="after")
    def _one_way(self) -> EnrolInSeries:
        ways = [name for name in ("tag", "attribute", "event") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(
                f"give one of {' and '.join(f'`{way}`' for way in ways)}: a series has one entry rule here"
            )
        return self


class SetCompanyAttribute(Inputs):
    """Attributes of the account's company."""

    attributes: dict[str, FieldValue] = Field(
        description="Attributes with their new values; `{{ facts.seats }}` alone is the number itself.",
        min_length=1,
        max_length=10,
    )


class SendEvent(Inputs):
    """An event about people, at the time the trigger fired."""

    event: PlainText = Field(description="Name of the event, such as expansion-ready.")
    people: People = Field(description="A people group from facts.yaml, or `involved`.")
    metadata: dict[str, FieldValue] = Field(
        {}, description="Up to 10 values to show with the event; Intercom ignores further ones.", max_length=10
    )
