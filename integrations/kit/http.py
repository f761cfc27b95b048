"""The one HTTP client of all systems that have none of their own: calls in turn, in time, and with a meaning.

    api = Api(settings.base_url, MEANINGS, RETRY, world, told=told, turn=budget, headers={"Authorization": …})
    task = api.post("/tasks", "making a task", {"name": "Call Ana"})

A call waits its turn under the system's limits, has a timeout for each read and an end for all of them, is repeated as
the policy says where that is safe, and gives JSON of the shape that was asked for. Everything else it raises is a
Failure from the system's table, with `maybe_done` where the call was to change something. It follows no redirect but to
a file (`files.py`), reads no netrc, and goes through no proxy to this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Unpack

import httpx

from integrations.kit.breaks import Broke
from integrations.kit.calls import How as How
from integrations.kit.calls import Leads, Unlimited, is_here, status_only, to_read
from integrations.kit.calls import Query as Query
from integrations.kit.calls import Turn as Turn
from integrations.kit.calls import json_of as json_of
from integrations.kit.deadlines import TIMES, TookTooLong, watched, within
from integrations.kit.lines import count_lines, in_time, lines, whole_lines
from integrations.kit.meanings import Meanings, Told
from integrations.kit.pages import every_page
from integrations.kit.retry import RetryPolicy
from integrations.kit.shapes import ODD
from integrations.kit.world import IN_LIFE, World

_SAME_TWICE = {"GET", "PUT", "DELETE"}  # RFC 9110, 9.2.2


class Api:
    """One system at one address. Threads may share it; nothing is sent until it is asked.

    `told` takes an error reply apart: where this system puts its code and its sentence. `turn` is the budget of calls
    that name none of their own. `timeout` holds for one read, and a call has four times as long.
    """

    def __init__(
        self,
        base_url: str,
        meanings: Meanings,
        retry: RetryPolicy,
        world: World = IN_LIFE,
        *,
        told: Callable[[httpx.Response], Told] = status_only,
        turn: Turn | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 20.0,
    ) -> None:
        self.meanings = meanings
        self._told, self._turn, self._now = told, turn or Unlimited(), world.now
        self._retry, self._timeout = world.retries(retry), world.seconds(timeout)
        client = httpx.Client(
            base_url=base_url,
            headers={"Accept": "application/json", **(headers or {})},
            auth=auth,
            timeout=to_read(self._timeout),
            trust_env=not is_here(httpx.URL(base_url)),  # a proxy is for the world, not for a stand-in
        )
        self._http = watched(client)

    @property
    def base_url(self) -> httpx.URL:
        return self._http.base_url

    # --- calls ---

    def get(self, path: str, what: str, params: Query | None = None) -> dict[str, Any]:
        """What is there. `what` is what is tried, for the sentence of a failure: "reading a person's tags"."""
        return self._object("GET", path, what, params=params)

    def post(self, path: str, what: str, body: Any = None, **how: Unpack[How]) -> dict[str, Any]:
        """Made, or done. With `wrote=False` it only asks; with `again=True` it may be done twice. See `call`."""
        return self._object("POST", path, what, body, **how)

    def put(self, path: str, what: str, body: Any = None, **how: Unpack[How]) -> dict[str, Any]:
        return self._object("PUT", path, what, body, **how)

    def delete(self, path: str, what: str, **how: Unpack[How]) -> dict[str, Any]:
        return self._object("DELETE", path, what, **how)

    def pages(
        self,
        path: str,
        what: str,
        params: Query | None = None,
        *,
        following: Callable[[dict[str, Any]], Query | None],
    ) -> Iterator[dict[str, Any]]:
        """Every page of a list. `following` tells from one what to ask for besides to get the next; None: the last."""
        first = params or {}
        return every_page(lambda more: self.get(path, what, {**first, **(more or {})}), following, self.meanings)

    def call(
        self,
        method: str,
        path: str,
        what: str,
        body: Any = None,
        *,
        shape: type = dict,
        **how: Unpack[How],
    ) -> Any:
        """One call with its tries, and the JSON of its reply, which has to be of this shape: dict, or list."""
        wrote, again, turn = how.get("wrote"), how.get("again"), how.get("turn")
        changes = method != "GET" if wrote is None else wrote
        repeatable = (not changes or method in _SAME_TWICE) if again is None else again
        sent: dict[str, Any] = {"data": form} if (form := how.get("form")) else {} if body is None else {"json": body}

        def once() -> Any:
            request = self._http.build_request(method, path.lstrip("/"), params=how.get("params"), **sent)
            with (turn or self._turn).one():
                reply = self._send(request, what, wrote=changes, end=TIMES * self._timeout)
            wordless = reply.status_code == how.get("empty") or (how.get("silent") and not reply.content)
            wordless = wordless or (how.get("plain") and not reply.text.lstrip().startswith("<"))
            return shape() if wordless else self._read(reply, what, shape, wrote=changes)

        return self._retry.run(once, repeatable=repeatable)

    def hand_over(
        self, path: str, what: str, content: bytes, headers: Callable[[], Mapping[str, str]], *, again: bool = False
    ) -> None:
        """Posted byte for byte as it is, with headers made for each try: a signature holds the time.

        Of a good reply nothing is read, but that a web page is none: it is that of a proxy, or of maintenance.
        """

        def once() -> None:
            request = self._http.build_request("POST", path, content=content, headers=dict(headers()))
            with self._turn.one():
                reply = self._send(request, what, wrote=True, end=TIMES * self._timeout)
            if reply.content.lstrip()[:1] == b"<":
                raise self.meanings.of(Broke.NOT_JSON, what, wrote=True)

        self._retry.run(once, repeatable=again)

    def stream(
        self,
        path: str,
        what: str,
        params: Query | None = None,
        *,
        opens: float = 300.0,
        lasts: float = 3600.0,
        turn: Turn | None = None,
        block: int | None = None,
    ) -> Generator[bytes]:
        """The lines of a long answer as they come, none of them empty. A break says after how many.

        `block`: so many bytes of whole lines at a time, for who reads many at once. `opens`: seconds until the first
        piece, and between two; `lasts`: of the whole. What was read before a break was read; only the beginning is
        tried again.
        """
        reply = self.opened(path, what, params, opens=opens, turn=turn)
        count = 0
        try:
            pieces = in_time(reply.iter_bytes(), lasts)
            for some in lines(pieces) if block is None else whole_lines(pieces, block):
                count += 1 if block is None else count_lines(some)
                yield some
        except TookTooLong as error:
            raise self.meanings.of(Broke.ENDLESS, what, minutes=f"{lasts / 60:.0f}") from error
        except httpx.HTTPError as error:
            raise self.meanings.of(Broke.HALFWAY, what, count=f"{count:,}") from error
        finally:
            reply.close()

    def opened(
        self,
        path: str,
        what: str,
        params: Query | None = None,
        *,
        opens: float,
        turn: Turn | None = None,
        leads: Leads | None = None,
    ) -> httpx.Response:
        """A reply whose body is still to be read, and to be closed. `leads`: what opens the address it may lead to."""
        ways: dict[str, Any] = {"headers": {"Accept-Encoding": "gzip"}, "timeout": to_read(opens)}

        def once() -> httpx.Response:
            request = self._http.build_request("GET", path.lstrip("/"), params=params, **ways)
            with (turn or self._turn).one():
                reply = self._send(request, what, wrote=False, end=opens, stream=True, may_lead=leads is not None)
            return leads(reply) if leads and reply.is_redirect else reply

        return self._retry.run(once, repeatable=True)

    # --- parts ---

    def _object(self, method: str, path: str, what: str, body: Any = None, **how: Unpack[How]) -> dict[str, Any]:
        found: dict[str, Any] = self.call(method, path, what, body, **how)
        return found

    def _send(
        self,
        request: httpx.Request,
        what: str,
        *,
        wrote: bool,
        end: float,
        stream: bool = False,
        may_lead: bool = False,
    ) -> httpx.Response:
        """The reply, where it is a good one. All of it has been read, but for a stream."""
        try:
            with within(end):
                reply = self._http.send(request, stream=stream)
                if reply.is_success or (may_lead and reply.is_redirect):
                    return reply
                reply.read()
                reply.close()
        except (httpx.HTTPError, TookTooLong) as error:
            raise self.meanings.broken(error, what, wrote=wrote) from error
        raise self.meanings.read(self._taken_apart(reply), what, wrote=wrote, now=self._now())

    def _taken_apart(self, reply: httpx.Response) -> Told:
        try:
            return self._told(reply)
        except ODD:
            return status_only(reply)

    def _read(self, reply: httpx.Response, what: str, shape: type, *, wrote: bool) -> Any:
        try:
            said = reply.json()
        except ODD as error:
            raise self.meanings.of(Broke.NOT_JSON, what, wrote=wrote) from error
        if not isinstance(said, shape):
            raise self.meanings.of(Broke.ODD, what, wrote=wrote)
        return said
