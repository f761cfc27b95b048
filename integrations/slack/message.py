"""Lays pieces of work out as Slack messages, within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from expansion.contract import Piece
from expansion.text.escapes import FORMATS
from integrations.slack.buttons import menu, row
from integrations.slack.inputs import Said

Block = dict[str, Any]

# docs.slack.dev/reference/block-kit/blocks
HEADER, SECTION, FIELD = 150, 3000, 2000
# All blocks together: refused as `msg_blocks_too_long` at about 13,200 although each is legal (slackapi/bolt-js#2509).
MESSAGE = 12_000
NOTIFICATION = 1000  # the text a phone shows; Slack recommends fewer than 4,000
ACCOUNT_IN_DIGEST = 900  # enough to say who, why and what to do; the task holds the rest
ACCOUNTS_IN_DIGEST = 40  # of 50 blocks; and 40 keys keep the metadata small

EVENT_TYPE = "expansion_step"
SEPARATOR = " · "


@dataclass(frozen=True)
class Message:
    """What `chat.postMessage` takes, and the pieces it stands for."""

    pieces: tuple[Piece, ...]
    text: str
    blocks: tuple[Block, ...]

    @property
    def client_msg_id(self) -> str:
        """The same on every attempt. Slack seems to key on it, but promises nothing."""
        return str(uuid5(NAMESPACE_URL, " ".join(piece.key for piece in self.pieces)))

    @property
    def metadata(self) -> dict[str, Any]:
        """By this the message is found again. Values are plain text: Slack's own types allow no list of texts."""
        payload = {
            "keys": " ".join(piece.key for piece in self.pieces),
            "accounts": SEPARATOR.join(_unique(piece.account.name for piece in self.pieces)),
            "triggers": SEPARATOR.join(_unique(piece.trigger for piece in self.pieces)),
            "playbooks": SEPARATOR.join(_unique(piece.playbook for piece in self.pieces)),
        }
        return {"event_type": EVENT_TYPE, "event_payload": payload}


def inputs(piece: Piece) -> Said:
    assert isinstance(piece.input, Said)
    return piece.input


def single(piece: Piece, answers: Sequence[str] = ()) -> Message:
    """One message for one account, with what people have answered by its buttons."""
    wanted = inputs(piece)
    header = [_header(wanted.title)] if wanted.title else []
    longest = MESSAGE - _fields_length(wanted) - len("".join(answers))
    sections = [_section(part) for part in split(shorten(wanted.text, longest), SECTION)]
    said = [{"type": "context", "elements": [_mrkdwn(line) for line in answers]}] if answers else []
    buttons = [row(piece.key)] if wanted.buttons else []
    blocks = [*header, *sections, *_fields(wanted), *said, *buttons, _context(piece)]
    return Message((piece,), shorten(_escaped(wanted.title) or wanted.text, NOTIFICATION), tuple(blocks))


def digests(pieces: Sequence[Piece]) -> list[Message]:
    """As few messages as hold one section per account."""
    groups: list[list[Piece]] = [[]]
    length = 0
    for piece in pieces:
        more = len(_account(piece))
        if groups[-1] and (len(groups[-1]) == ACCOUNTS_IN_DIGEST or length + more > MESSAGE - HEADER):
            groups.append([])
            length = 0
        groups[-1].append(piece)
        length += more
    return [_digest(group, i + 1, len(groups)) for i, group in enumerate(groups)]


def _digest(pieces: list[Piece], number: int, of: int) -> Message:
    accounts = _unique(piece.account.name for piece in pieces)
    part = f" ({number} of {of})" if of > 1 else ""
    triggers = ", ".join(_unique(piece.trigger_title or piece.trigger for piece in pieces))
    count = f"{len(accounts)} account{'' if len(accounts) == 1 else 's'}"
    headline = f"{shorten(f'{count}: {triggers}', HEADER - len(part))}{part}"
    sections = [_section(_account(piece)) | _menu(piece) for piece in pieces]
    return Message(tuple(pieces), _escaped(headline), (_header(headline), *sections))


def _account(piece: Piece) -> str:
    wanted = inputs(piece)
    title = f"*{_escaped(wanted.title)}*\n" if wanted.title else ""
    numbers = SEPARATOR.join(f"{_escaped(label)}: {value}" for label, value in wanted.fields.items())
    return shorten(f"{title}{wanted.text.strip()}{chr(10) if numbers else ''}{numbers}", ACCOUNT_IN_DIGEST)


def _menu(piece: Piece) -> Block:
    """In a digest the buttons of an account are a menu at its section: one more block each would be too many."""
    return {"accessory": menu(piece.key)} if inputs(piece).buttons else {}


# --- blocks -----------------------------------------------------------------------------------------------------------


def _header(title: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": shorten(title, HEADER), "emoji": True}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _fields(wanted: Said) -> list[Block]:
    fields = [_mrkdwn(shorten(f"*{_escaped(label)}*\n{value}", FIELD)) for label, value in wanted.fields.items()]
    return [{"type": "section", "fields": fields}] if fields else []


def _fields_length(wanted: Said) -> int:
    """What the small table, the header and the context need of the message."""
    return sum(len(field["text"]) for block in _fields(wanted) for field in block["fields"]) + HEADER + 300


def _context(piece: Piece) -> Block:
    said = (piece.account.name[:150], piece.trigger_title or piece.trigger, piece.playbook_title or piece.playbook)
    words = "{} · {} → {}".format(*map(_escaped, said))
    return {"type": "context", "elements": [_mrkdwn(words)]}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


# --- text -------------------------------------------------------------------------------------------------------------


def split(text: str, size: int) -> list[str]:
    """The text in parts of at most `size` characters, cut at line ends where there are any; never empty."""
    parts = []
    rest = text.strip("\n") or " "
    while len(rest) > size:
        end = _end(rest, size)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip("\n")
    return [part for part in (*parts, rest) if part]


def shorten(text: str, size: int) -> str:
    """The text, or its beginning with a mark that something is missing."""
    text = text.strip("\n")
    return text if len(text) <= size else text[: _end(text, size - 2)].rstrip() + " …"


def _end(text: str, size: int) -> int:
    """Where to cut: after a line if that keeps half, else after a word, never inside `&amp;` or a `<link|label>`."""
    head = text[:size]
    if (newline := head.rfind("\n")) >= size // 2:
        return newline
    end = head.rfind(" ") if head.rfind(" ") >= size // 2 else size
    for opening, closing in (("<", ">"), ("&", ";")):
        start = head[:end].rfind(opening)
        if start > 0 and closing not in head[start:end] and closing in text[start : start + SECTION]:
            end = start if end - start < size // 2 else end
    return end


_escaped = FORMATS["mrkdwn"].escape  # names and titles: on one line, and nothing in them formats or mentions


def _unique(words: Any) -> list[str]:
    return list(dict.fromkeys(words))
