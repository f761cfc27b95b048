"""What a system sends by itself: a door of `expansion serve` for each webhook, and for each library's way of speaking.

The server only routes: by path, and by which door says that a call is its own. Who has sent it, what it says, and how
this sender reads an answer is known here and in the system's `inbound.py`. Everything is read by its content, as labels
are wrong in the field (@rudderstack/rudder-sdk-node 3.0.13 sends gzip as a form).
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, Failure, NoAccess, Refused, SourceWords, TryLater
from integrations.kit.settings import read
from integrations.kit.tolerant import loads
from integrations.kit.world import World

MEGABYTE = 1024 * 1024


class TooLarge(Refused):
    """More than any sender sends on purpose."""


@dataclass(frozen=True)
class Most:
    """How many bytes a call may have: as they come, and unpacked. Above what the libraries send on purpose, as they
    lose what is refused as too large."""

    packed: int = 16 * MEGABYTE
    unpacked: int = 32 * MEGABYTE


@dataclass(frozen=True)
class Call:
    """A request as it came. `headers` have names in small letters; one that came several times has its values joined.

    Neither `query` nor `raw` is ever logged: both hold keys and people.
    """

    method: str
    path: str  # without the slash at the end
    query: str
    headers: Mapping[str, str]
    raw: bytes
    most: Most = field(default=Most(), compare=False)
    url: str = ""  # as it was asked for, for signatures over it

    @cached_property
    def body(self) -> bytes:
        """What was sent, unpacked; TooLarge beyond `most`, Refused where it is packed and damaged."""
        return unpacked(self.raw, self.most.unpacked)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form, or of the query where nothing was posted; of a name that came twice the first."""
        said = self.body.decode("utf-8", "replace") if self.body else self.query
        try:
            fields = parse_qs(said, keep_blank_values=True, max_num_fields=100)
        except ValueError:  # more fields than any sender has
            return {}
        return {name: values[0] for name, values in fields.items()}

    @cached_property
    def json(self) -> Any:
        """The body as JSON; Refused where it is none."""
        try:
            return loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Refused("this is no JSON; look at what is sent, and whether a proxy changes it") from error

    @cached_property
    def data(self) -> Any:
        """What stands in the field `data` of a form or of the query, as JSON or as base64 of it; else the body as JSON.

        By content: mixpanel for Python posts JSON in a form, the one for Node base64, posthog-js either, and
        @rudderstack/rudder-sdk-node gzip that it calls a form.
        """
        packed = "" if self.body[:1] in (b"{", b"[") else self.form.get("data", "")
        if not packed:
            return self.json
        try:
            return loads(packed if packed[:1] in "{[" else b64decode(packed.replace(" ", "+") + "=="))
        except (ValueError, RecursionError) as error:
            raise Refused("the field `data` is neither JSON nor base64 of it; look what is sent") from error

    @cached_property
    def sent(self) -> Mapping[str, Any]:
        """What was sent, where it is an object; an empty one for everything else: for doors that look whose it is."""
        try:
            return self.data if isinstance(self.data, dict) else {}
        except Refused:
            return {}


@dataclass(frozen=True)
class Answer:
    """What a sender is told, in its own dialect."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def said(status: int, body: Any, **headers: str) -> Answer:
    """An answer in JSON; `retry_after=` and the like become headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(body, separators=(",", ":")).encode(), headers=named)


class InboundBase:
    """One door. Subclasses set the class attributes and write `opened`, `verify`, `rows` and how they answer."""

    name: ClassVar[str]  # the source of its rows, as facts.yaml names it: "segment.calls"
    title: ClassVar[str]
    gives: ClassVar[frozenset[str]] = frozenset({"events"})
    settings_model: ClassVar[type[BaseSettings]]
    paths: ClassVar[tuple[str, ...]]  # without the slash at the end; each is served with one, too
    methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    most: ClassVar[Most] = Most()
    # How it is told to come back later, and after how many seconds; 0 where its senders ignore that.
    later: ClassVar[tuple[int, int]] = (503, 0)
    patience: ClassVar[float] = 5.0  # seconds within which it is answered, whatever the disk does

    account: str | None = None  # the property, or the kind of group, that facts.yaml takes for the account

    @classmethod
    def open(cls, world: World) -> Self | None:
        """The door with its settings read; None where it has no key, and so lets nobody in. NoAccess: settings that are
        wrong."""
        return cls.opened(read(cls.settings_model), world)

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        """The door with these settings; None where they hold no key."""
        raise NotImplementedError

    def is_mine(self, call: Call) -> bool:
        """Whether this sender would send such a call, where several doors share a path."""
        return True

    def verify(self, call: Call) -> None:
        """Raises NoAccess unless the right sender has sent this, and lately; Refused where nothing can be read, and
        nothing else, whatever came."""
        raise NotImplementedError

    def rows(self, call: Call) -> Iterator[Arrived]:
        """What was sent, row by row. One that makes no sense is an `Aside`, and stops no other. Raises Refused where
        nothing at all can be read."""
        raise NotImplementedError

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        """All rows are on disk."""
        return said(200, {"success": True})

    def no(self, call: Call, failure: Failure) -> Answer:
        """Nothing was taken."""
        status = status_of(failure, self.later)
        wait = {"retry_after": str(self.later[1])} if isinstance(failure, TryLater) and self.later[1] else {}
        # rudder-sdk-python repeats a 400 unless it is text, or JSON with both `code` and `message` (2.1.9, measured).
        return said(status, {"code": status, "message": str(failure)}, **wait)

    @classmethod
    def words(cls) -> SourceWords:
        return SourceWords(cls.name, cls.title, cls.gives, pushed=True)


def status_of(failure: Failure, later: tuple[int, int]) -> int:
    """The usual status of a failure."""
    match failure:
        case NoAccess():
            return 401
        case TooLarge():
            return 413
        case TryLater():
            return later[0]
    return 400


def unpacked(raw: bytes, most: int) -> bytes:
    """What gzip or zlib packed, by its first bytes and not by its label; anything else as it is."""
    if len(raw) > most:
        raise TooLarge(f"more than {most // MEGABYTE} MB were sent at once; send smaller batches")
    if not _is_packed(raw):
        return raw
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip or zlib, whichever it is
    try:
        found = unpacking.decompress(raw, most + 1)
    except zlib.error as error:
        raise Refused("the body is packed and damaged; look whether a proxy changes it") from error
    if len(found) > most:
        raise TooLarge(f"unpacked, more than {most // MEGABYTE} MB were sent at once; send smaller batches")
    if not unpacking.eof:
        raise Refused("the packed body ends early; look whether a proxy cuts it")
    return found


def _is_packed(raw: bytes) -> bool:
    # 78 is an `x` for zlib, which no JSON and no form of ours begins with; its second byte makes a multiple of 31.
    return raw[:2] == b"\x1f\x8b" or (raw[:1] == b"\x78" and int.from_bytes(raw[:2], "big") % 31 == 0)
