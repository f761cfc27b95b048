"""Replies of a stand-in changed on their way, page by page: turned round, repeated, emptied, told again and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.integrations.conftest import StandIns

Row = Any
Change = Callable[[int, list[Row]], list[Row]]  # the number of the page, and its rows


class Pages(Protocol):
    """How the replies look that hold a source's rows."""

    path: str  # a part of the path of the calls that they answer

    def rows(self, body: bytes) -> list[Row] | None:
        """The rows of a page; None where a reply is no such page."""
        ...

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        """The page with other rows; over all pages there are now `more` than there were."""
        ...


@dataclass(frozen=True)
class JsonPages:
    """`{"results": [...], "total": 9}`. `of` tells a page of the rows from one of others on the same path."""

    path: str
    name: str
    total: str | None = None
    of: Callable[[Mapping[str, Any]], bool] = lambda page: True

    def rows(self, body: bytes) -> list[Row] | None:
        page = json.loads(body)
        return list(page[self.name]) if isinstance(page, dict) and self.name in page and self.of(page) else None

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        page = json.loads(body) | {self.name: list(rows)}
        if self.total in page:
            page[self.total] += more
        return json.dumps(page).encode()


@dataclass(frozen=True)
class LinePages:
    """A row a line; each call's reply is a page."""

    path: str

    def rows(self, body: bytes) -> list[Row] | None:
        return body.split(b"\n")[:-1]

    def with_rows(self, body: bytes, rows: Sequence[Row], more: int) -> bytes:
        return b"".join(row + b"\n" for row in rows)


@dataclass
class _Changed:
    """ASGI middleware. `more`: how many rows the change adds to all pages together."""

    app: Any
    pages: Pages
    change: Change
    more: int = 0
    seen: int = 0
    first: bytes | None = None  # the first page as it was
    repeats: bool = False  # every page is the first one

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.pages.path not in scope["path"]:
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        kept: list[Any] = []

        async def keep(message: Any) -> None:
            kept.append(message)

        await self.app({**scope, "headers": plain}, receive, keep)
        body = b"".join(message.get("body", b"") for message in kept[1:])
        headers = [(name, value) for name, value in kept[0]["headers"] if name != b"content-length"]
        body = self._of(body) if kept[0]["status"] == 200 else body
        await send({**kept[0], "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _of(self, body: bytes) -> bytes:
        rows = self.pages.rows(body)
        if rows is None:
            return body
        number, self.seen = self.seen, self.seen + 1
        if self.repeats:
            self.first = self.first or body
            return self.first
        return self.pages.with_rows(body, self.change(number, rows), self.more)


@contextmanager
def changed(there: StandIns, pages: Pages, change: Change, more: int = 0, *, repeats: bool = False) -> Iterator[None]:
    """Inside, pages come changed."""
    as_ever = there.app.app
    there.app.app = changing = _Changed(as_ever, pages, change, more, repeats=repeats)
    try:
        yield
        assert changing.seen > 0, "no page came by"
    finally:
        there.app.app = as_ever


def turned_round(number: int, rows: list[Row]) -> list[Row]:
    return rows[::-1]


def with_some_twice(number: int, rows: list[Row]) -> list[Row]:
    """The first row of the first page again at its end."""
    return [*rows, rows[0]] if number == 0 else rows


@dataclass
class Later:
    """The page of this number comes empty, and its rows with the next."""

    page: int
    held: list[Row] = field(default_factory=list)

    def __call__(self, number: int, rows: list[Row]) -> list[Row]:
        if number == self.page:
            self.held = rows
            return []
        return [*self.held, *rows] if number == self.page + 1 else rows


@dataclass
class AgainLater:
    """The first row of the first page comes with the second page, too: somebody changed it meanwhile."""

    first: list[Row] = field(default_factory=list)

    def __call__(self, number: int, rows: list[Row]) -> list[Row]:
        if number == 0:
            self.first = rows[:1]
        return [*rows, *self.first] if number == 1 else rows


@dataclass(frozen=True)
class Without:
    """The page of this number comes empty, and nobody says so."""

    page: int

    def __call__(self, number: int, rows: list[Row]) -> list[Row]:
        return [] if number == self.page else rows


def nothing(number: int, rows: list[Row]) -> list[Row]:
    return []


@contextmanager
def noting(there: StandIns, path: str, now: Callable[[], float]) -> Iterator[list[float]]:
    """Inside, the moments at which requests to a path come in."""
    as_ever, moments = there.app.app, []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if path in scope["path"]:
            moments.append(now())
        await as_ever(scope, receive, send)

    there.app.app = app
    try:
        yield moments
    finally:
        there.app.app = as_ever
