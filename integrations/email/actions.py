"""E-mails to owners, addresses and lists, and answers to them. No mail server can be asked what it was sent: what broke
off after the last line is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, cast

from expansion.contract import Done, Failure, NoAccess, Piece, Refused, Reply
from expansion.follow.inputs import ChangeTask
from integrations.email.addresses import is_address
from integrations.email.client import Client, Line
from integrations.email.inputs import SendEmail
from integrations.email.message import Mail, answer, first
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reads


class _Mails(ActionBase):
    """One mail for a piece, over one line for all of them."""

    # No limit of anybody's: a worker that is killed leaves all mails of a batch unsure, and each batch signs in anew.
    batch = 10

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now

    def mail(self, piece: Piece, now: datetime) -> Mail:
        """Raises a Failure."""
        raise NotImplementedError

    def to(self, wanted: SendEmail) -> tuple[str, ...]:
        """Everybody once, in the order in which they are named."""
        lists = self._client.settings.known
        if wanted.channel and wanted.channel not in lists:
            there = ", ".join(f"`{one}`" for one in lists) or "none"
            raise Refused(f"E-mail: no list is called `{wanted.channel}` in EMAIL_LISTS; there is {there}")
        to = tuple(dict.fromkeys((*wanted.addresses, *lists.get(wanted.channel, ()))))
        if not all(map(is_address, to)):
            raise Refused("E-mail: an address is none that mail can go to; look at the owner in the CRM, or at `to`")
        return to

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        replies: list[Reply] = []
        with self._client.line() as line:
            for piece in pieces:
                last = replies[-1] if replies else None
                # Who is not let in is not let in a moment later, and servers lock who tries often.
                replies.append(last if isinstance(last, NoAccess) else self._reply(line, piece))
        return replies

    def _reply(self, line: Line, piece: Piece) -> Reply:
        try:
            mail = self.mail(piece, self._now())
            taken = line.send(mail)
        except Failure as failure:
            return failure
        left_out = f"not taken for {' and '.join(taken.left_out)} of {len(mail.to)}" if taken.left_out else None
        return Done(mail.id, note=left_out)


@reads("E-mail")
class SendEmailAction(_Mails):
    """To whom `to` and `channel` name, as one mail."""

    name: ClassVar[str] = "email.send"
    title: ClassVar[str] = "Send an e-mail to the account's owner, to addresses, or to a list"
    input_model = SendEmail
    announces = True
    offers = frozenset({"annotate", "updates"})
    followed_by = "email.reply"

    def mail(self, piece: Piece, now: datetime) -> Mail:
        wanted = cast(SendEmail, piece.input)
        return first(piece, wanted, self.to(wanted), self._client.settings.from_, now)


@reads("E-mail")
class ReplyAction(_Mails):
    """To the same people, in answer to the first mail, so that mail programs show both as one conversation."""

    name: ClassVar[str] = "email.reply"
    title: ClassVar[str] = "Answer an e-mail with what became of it"
    input_model = ChangeTask
    follows = True

    def mail(self, piece: Piece, now: datetime) -> Mail:
        asked = cast(ChangeTask, piece.input)
        wanted = SendEmail.model_validate(asked.made)
        return answer(piece, wanted, asked, self.to(wanted), self._client.settings.from_, now)
