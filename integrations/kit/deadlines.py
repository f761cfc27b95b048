"""An end for every call. A timeout holds for one read, and a system that sends a byte now and then would hold a run.

`with within(seconds)` sets a deadline for what is called inside; connections made by the classes below are watched. At
the deadline the socket is shut down, whichever library reads from it, and `TookTooLong` is raised in its place.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

# Of the timeout of one read: a large answer may take several reads, and none takes for ever.
TIMES = 4
CONNECT_SECONDS = 10.0  # to be let in, where an answer may take longer


class TookTooLong(TimeoutError):
    """The deadline of a call has come before its end. Whether it was carried out, nobody knows."""


class Deadline:
    """When a call ends, and the sockets that it reads from meanwhile."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.over = False
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()

    def watch(self, sock: socket.socket) -> None:
        """A second handle on the same connection: TLS takes the first one's away, and a closed one's may be reused."""
        with self._lock, contextlib.suppress(OSError):
            self._watched.append(socket.socket(fileno=os.dup(sock.fileno())))
        if self.over:
            self.end()

    def end(self) -> None:
        """Whoever reads from the sockets finds them at their end."""
        with self._lock:
            self.over = True
            for sock in self._watched:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """The call has ended."""
        with self._lock:
            for sock in self._watched:
                sock.close()
            self._watched.clear()


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is called inside has so long. Raises TookTooLong, whatever the library made of a connection that ended."""
    deadline = Deadline(seconds)
    token = _current.set(deadline)
    _WATCHDOG.mind(deadline)
    try:
        if seconds <= 0:
            raise TimeoutError("nothing is left")
        yield
        if deadline.over:  # http.client takes headers that end in the middle for the end of the headers
            raise TimeoutError("the connection was ended")
    except Exception as error:
        if deadline.over or time.monotonic() >= deadline.at:
            raise TookTooLong(f"no end within {seconds:g} seconds") from error
        raise
    finally:
        _WATCHDOG.forget(deadline)
        _current.reset(token)
        deadline.release()


def remaining() -> float | None:
    """Seconds left of the deadline in force; None where there is none."""
    deadline = _current.get()
    return None if deadline is None else deadline.at - time.monotonic()


def watch(sock: Any) -> None:
    """The deadline in force ends what is read from this socket."""
    if (deadline := _current.get()) is not None and sock is not None:
        deadline.watch(sock)


class _Watchdog:
    """One thread for all deadlines of the process; there are as many as calls under way."""

    def __init__(self) -> None:
        self._minded: set[Deadline] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def mind(self, deadline: Deadline) -> None:
        with self._changed:
            self._minded.add(deadline)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if deadline.at == min(one.at for one in self._minded):
                self._changed.notify()

    def forget(self, deadline: Deadline) -> None:
        with self._changed:
            self._minded.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._changed:
                next_end = min((one.at for one in self._minded), default=None)
                self._changed.wait(None if next_end is None else max(0.0, next_end - time.monotonic()))
                late = [one for one in self._minded if one.at <= time.monotonic()]
                self._minded.difference_update(late)
            for one in late:
                one.end()


_WATCHDOG = _Watchdog()


# --- requests and urllib3 ---------------------------------------------------------------------------------------------


class _Http(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        watch(self.sock)  # kept from an earlier call
        super().request(*args, **kwargs)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        watch(self.sock)
        super().request(*args, **kwargs)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


def watch_pools(manager: urllib3.PoolManager) -> None:
    """The connections of this manager are watched; call it before the first is made."""
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


# --- httpx ------------------------------------------------------------------------------------------------------------


class _Stream(httpcore.NetworkStream):
    """A connection no read or write of which lasts longer than the deadline leaves."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _at_most(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _at_most(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _at_most(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(*args, **kwargs))


def _at_most(timeout: float | None, late: type[Exception]) -> float | None:
    left = remaining()
    if left is None:
        return timeout
    if left <= 0:
        raise late("the deadline of the call is over")
    return left if timeout is None else min(timeout, left)


def watched(client: httpx.Client) -> httpx.Client:
    """The client, whose calls end at the deadline. httpx offers no other way to its connections (0.28)."""
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _Backend()
    return client


# --- urllib -----------------------------------------------------------------------------------------------------------


class _PlainConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        watch(self.sock)


class _TlsConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        watch(self.sock)


class _Plain(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_PlainConnection, req)


class _Tls(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_TlsConnection, req, context=self._context)  # type: ignore[attr-defined]


def opener(*more: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """What opens addresses for clients that are made of urllib."""
    return urllib.request.build_opener(_Plain(), _Tls(), *more)
