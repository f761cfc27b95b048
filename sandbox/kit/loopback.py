"""Only this machine's own clients: a web page that somebody looks at must not send to the stand-ins, or read them."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")


def only_here(app: ASGIApp) -> ASGIApp:
    """Refuse what names another host (a name that was made to lead here), and what another page's script sends."""
    return TrustedHostMiddleware(_OwnPages(app), allowed_hosts=list(HOSTS), www_redirect=False)


class _OwnPages:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is not None and urlsplit(origin).hostname not in HOSTS:
            refusal = PlainTextResponse("a page of another site may not ask the stand-ins", status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
