"""Is the token good, and may it read what is needed?"""

from __future__ import annotations

from functools import partial
from typing import Any

from integrations.intercom.client import Api
from integrations.intercom.settings import RIGHTS
from integrations.kit.declare import Finding, Names
from integrations.kit.doctor import asked, works

_UNTOLD = (
    "compare with the app's permissions in the Developer Hub: "
    + ", ".join(right.name.lower() for right in RIGHTS)
    + "; take away what is more"
)


def check(api: Api, used: Names | None = None) -> list[Finding]:
    """Is the token good, and may it read what is needed?

    No call tells what a token may do (version 2.15's contract: `/me` has no word of it), and writing cannot be tried
    without a change. So what is missing for reading is seen, and the rest is said to be untold.
    """
    token = asked("the access token", lambda: _workspace(api))
    if not token.ok:
        return [token]
    return [
        token,
        *(works(f"may read {what}", partial(api.may_read, what)) for what in _read(used)),
        Finding("Intercom does not tell what else the token may do", True, _UNTOLD, "note"),
    ]


def _read(used: Names | None) -> list[str]:
    asked = used is None or "intercom.conversations" in used
    return ["contacts", "tags", *(["conversations"] if asked else [])]


def _workspace(api: Api) -> Finding:
    app: dict[str, Any] = api.me().get("app") or {}
    return Finding(f"workspace {app.get('name', 'unknown')}, region {app.get('region', 'unknown')}", True)
