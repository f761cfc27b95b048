"""What authors write under `with:` of an e-mail."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from expansion.fields import Inputs, MrkdwnText, Owner, PlainText

FIELDS = 10
SUBJECT = 200  # characters; mail programs show about 70


class SendEmail(Inputs):
    """An e-mail, written as for Slack, so that a playbook may change from one to the other."""

    to: Owner | list[Owner] | None = Field(
        None, description="`account owner`, an e-mail address, or a list of these. With `channel` it goes to both."
    )
    channel: str = Field("", description="The name of a list in EMAIL_LISTS.")
    subject: PlainText = Field(
        "",
        max_length=SUBJECT,
        description="The subject, on one line. Without it: the account's name, and the title of the trigger.",
    )
    text: MrkdwnText = Field(description="What to say: *bold*, _italic_, <https://…|link>, lines that begin with •.")
    fields: dict[str, MrkdwnText] = Field(
        {}, description="Numbers shown as a small table: {Seats: …, Worth: …}.", max_length=FIELDS
    )
    updates: bool = Field(False, description="Answer it when somebody takes the task up, and when nobody has in time.")

    @field_validator("subject")
    @classmethod
    def _on_one_line(cls, subject: str) -> str:
        if any(not sign.isprintable() for sign in subject.strip()):
            raise ValueError("a subject is one line of text; write it on one line")
        return subject.strip()

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("the text is empty; write what to say")
        return text

    @model_validator(mode="after")
    def _goes_somewhere(self) -> SendEmail:
        if not self.to and not self.channel:
            raise ValueError("nobody gets it; write `to: account owner`, an address, or `channel: NAME`")
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whom `to` names."""
        return (self.to,) if isinstance(self.to, str) else tuple(self.to or ())
