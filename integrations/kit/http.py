"""What clients over HTTP share: a `requests` session that is kept in hand, and what a broken connection means.

A vendor's own client may dial only `https://{vendor}`, know no timeout and read netrc. `contained_session` settles all
three: every call has a timeout and an end, nothing is read from netrc or proxy variables, and with `base_url`
everything goes there instead, plain http and a path prefix included.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from expansion.contract import Failure, NoAccess, TryLater
from integrations.kit.deadlines import TIMES, watch_pools, within

CONNECT_SECONDS = 10.0


class ContainedAdapter(HTTPAdapter):
    """Sends with a timeout where the client gave none, and to `base_url` where one is set. It never repeats a call.

    The timeout is that of one read; the whole call has four times as long.
    """

    def __init__(self, timeout: float, base_url: str | None = None) -> None:
        super().__init__(max_retries=0)
        self._timeout = (min(CONNECT_SECONDS, timeout), timeout)
        self._base_url = base_url

    def send(  # type: ignore[override]  # requests calls it with keywords only
        self, request: requests.PreparedRequest, *, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        if self._base_url and request.url:
            request.url = rebased(request.url, self._base_url)
        with within(TIMES * self._timeout[1]):
            reply = super().send(request, timeout=timeout or self._timeout, **kwargs)
            _ = reply.content  # read now, and not after the deadline has passed on
            return reply

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Its connections end at the deadline."""
        super().init_poolmanager(*args, **kwargs)
        watch_pools(self.poolmanager)


def rebased(url: str, base_url: str) -> str:
    """The same path and query below another root: `https://acme.my.salesforce.com/a?b` -> `http://host/prefix/a?b`."""
    root, asked = urlsplit(base_url), urlsplit(url)
    return urlunsplit((root.scheme, root.netloc, root.path.rstrip("/") + asked.path, asked.query, ""))


def contained_session(timeout: float, base_url: str | None = None) -> requests.Session:
    """A session for a vendor's client."""
    session = requests.Session()
    session.trust_env = False  # netrc would replace the token; a proxy variable would catch even loopback
    session.max_redirects = 0  # a PATCH sent elsewhere becomes a GET, and the token goes along
    for scheme in ("https://", "http://"):
        session.mount(scheme, ContainedAdapter(timeout, base_url if scheme == "https://" else None))
    return session


def broken(system: str, error: Exception, *, wrote: bool) -> Failure:
    """What a connection that failed means. `wrote`: the call was to change something.

    Only what never reached the server certainly did not happen; everything after that, nobody knows.
    """
    if "CERTIFICATE_VERIFY_FAILED" in repr(error):
        return NoAccess(f"{system}: its certificate is not trusted; check the base URL, or the machine's certificates")
    if type(error).__name__ == "TooManyRedirects":
        return NoAccess(f"{system} sends us elsewhere; check its address in the settings")
    if _never_sent(error):
        return TryLater(f"{system} cannot be reached; check the network and the base URL")
    if _timed_out(error):
        return TryLater(f"{system} did not answer in time", maybe_done=wrote)
    return TryLater(f"{system} broke the connection off", maybe_done=wrote)


# Names, because three libraries raise them (requests wraps urllib3's, hubspot-api-client lets urllib3's through, httpx
# has its own) and none of them has to be imported to be recognised.
_NOT_CONNECTED = {
    "ConnectTimeout",
    "ConnectTimeoutError",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectError",
    "PoolTimeout",
}
_TIMED_OUT = {"TookTooLong", "ReadTimeout", "ReadTimeoutError", "WriteTimeout", "Timeout", "TimeoutError"}


def _never_sent(error: BaseException) -> bool:
    return any(type(one).__name__ in _NOT_CONNECTED for one in _chain(error))


def _timed_out(error: BaseException) -> bool:
    return any(type(one).__name__ in _TIMED_OUT for one in _chain(error))


def _chain(error: BaseException) -> list[BaseException]:
    """The error, what it wraps (urllib3's `reason`, requests' first argument), and so on."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [getattr(one, "reason", None), *one.args]
    return found
