"""A piece of work as an e-mail: RFC 5322, in two forms, by an id that follows from our key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from expansion.contract import Piece
from expansion.follow.inputs import ChangeTask
from expansion.text.escapes import FORMATS
from expansion.text.escapes import one_line as on_one_line
from expansion.text.shorten import shorten
from integrations.email import text
from integrations.email.inputs import SUBJECT, SendEmail

# Seven bits: not every server on the way takes eight, and none has to change what it passes on.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """What goes to the server: who gets it, and the bytes between DATA and the dot."""

    id: str  # its Message-ID, without the brackets
    to: tuple[str, ...]
    raw: bytes

    @property
    def on_the_wire(self) -> bytes:
        """With the dots at the beginnings of lines doubled (RFC 5321, 4.5.2), and the one that ends it."""
        return _DOT.sub(b"..", self.raw) + b".\r\n"


@dataclass(frozen=True)
class Said:
    """What an e-mail says, before it is laid out."""

    subject: str
    text: str  # mrkdwn
    fields: Mapping[str, str]
    context: str  # the last line: which account, and why


def first(piece: Piece, wanted: SendEmail, to: Sequence[str], sender: Address, now: datetime) -> Mail:
    """The mail of a step. All mails of one firing name the same id that none of them has: so they are one thread."""
    said = Said(subject(piece, wanted), wanted.text, wanted.fields, _context(piece))
    return _mail(piece.key, said, to, sender, now, references=[_thread(piece, sender)])


def answer(
    piece: Piece, wanted: SendEmail, asked: ChangeTask, to: Sequence[str], sender: Address, now: datetime
) -> Mail:
    """What became of the thing that the first mail told of."""
    note, before = FORMATS["mrkdwn"].escape(asked.note), asked.remote_id
    said = Said(f"Re: {subject(piece, wanted)}", note, {}, _context(piece))
    return _mail(piece.key, said, to, sender, now, references=[_thread(piece, sender), before], answers=before)


def subject(piece: Piece, wanted: SendEmail) -> str:
    """As the author wrote it; else who it is about, and why."""
    why = piece.trigger_title or piece.trigger
    return wanted.subject or shorten(on_one_line(f"{piece.account.name}: {why}"), SUBJECT)


def _mail(
    key: str,
    said: Said,
    to: Sequence[str],
    sender: Address,
    now: datetime,
    *,
    references: Sequence[str],
    answers: str | None = None,
) -> Mail:
    made = EmailMessage(_POLICY)
    id_ = f"{key}@{sender.domain}"
    made["From"] = sender
    made["To"] = ", ".join(to)
    made["Subject"] = said.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{id_}>"
    if answers:
        made["In-Reply-To"] = f"<{answers}>"
    made["References"] = " ".join(f"<{one}>" for one in references)
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note comes back
    made.set_content(_plain(said), charset="utf-8")
    made.add_alternative(_html(said), subtype="html", charset="utf-8")
    return Mail(id_, tuple(to), made.as_bytes())


def _thread(piece: Piece, sender: Address) -> str:
    about = (piece.account.account_id, piece.trigger, piece.playbook, piece.fired_at.isoformat())
    return f"{hashlib.sha256(repr(about).encode()).hexdigest()}.thread@{sender.domain}"


def _context(piece: Piece) -> str:
    said = (piece.account.name, piece.trigger_title or piece.trigger, piece.playbook_title or piece.playbook)
    return "{} · {} → {}".format(*map(on_one_line, said))


def _plain(said: Said) -> str:
    table = [f"{on_one_line(label)}: {text.one_line(value)}" for label, value in said.fields.items()]
    return "\n\n".join(part for part in (text.plain(said.text), "\n".join(table), said.context) if part) + "\n"


def _html(said: Said) -> str:
    rows = "".join(
        f"<tr><th align='left'>{escape(on_one_line(label))}</th><td>{text.html(value)}</td></tr>"
        for label, value in said.fields.items()
    )
    table = f"<table cellpadding='4'>{rows}</table>" if rows else ""
    body = f"{text.html(said.text)}{table}<p><small>{escape(said.context)}</small></p>"
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{body}</body></html>\n"
