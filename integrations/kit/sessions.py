"""A `requests` session that is kept in hand, for clients that vendors wrote.

A vendor's own client may dial only `https://{vendor}`, know no timeout and read netrc. `contained_session` settles all
three: every call has a timeout and an end, nothing is read from netrc or proxy variables, and with `base_url`
everything goes there instead, plain http and a path prefix included.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from integrations.kit.deadlines import CONNECT_SECONDS, TIMES, watch_pools, within


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
