"""What every request of an API goes through, and how the vendor says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

Call = Callable[[Request], Awaitable[Response]]
Row = tuple[str, str, Call]  # method, path, what answers


class Refusal(Exception):
    """A no in the vendor's own words, raised wherever it is noticed. Subclasses word it."""

    def reply(self, request: Request) -> Response:
        raise NotImplementedError


class Said(Refusal):
    """A no that is worded already."""

    def __init__(self, reply: Response) -> None:
        super().__init__(reply.status_code)
        self._reply = reply

    def reply(self, request: Request) -> Response:
        return self._reply


def _lets_in(request: Request) -> None:
    """Asks nothing."""


def _signs_nothing(request: Request, reply: Response) -> None:
    """Adds nothing."""


def guarded(
    table: Iterable[Row],
    admit: Callable[[Request], None] = _lets_in,
    sign: Callable[[Request, Response], None] = _signs_nothing,
) -> list[BaseRoute]:
    """The routes of a table. `admit` raises a Refusal of who may not ask, or not now; `sign` adds to every reply."""
    return [Route(path, _guarded(call, admit, sign), methods=method.split()) for method, path, call in table]


def _guarded(call: Call, admit: Callable[[Request], None], sign: Callable[[Request, Response], None]) -> Call:
    async def answer(request: Request) -> Response:
        try:
            admit(request)
            reply = await call(request)
        except Refusal as refusal:
            reply = refusal.reply(request)
        sign(request, reply)
        return reply

    return answer
