"""Is the token good, and may it read what is needed?"""

from __future__ import annotations

from typing import Any

from expansion.contract import Failure
from integrations.intercom.client import Api
from integrations.intercom.settings import RIGHTS
from integrations.kit.declare import Finding

_UNTOLD = (
    "compare with the app's permissions in the Developer Hub: "
    + ", ".join(right.name.lower() for right in RIGHTS)
    + "; take away what is more"
)


def check(api: Api) -> list[Finding]:
    """Is the token good, and may it read what is needed?

    No call tells what a token may do (version 2.15's contract: `/me` has no word of it), and writing cannot be tried
    without a change. So what is missing for reading is seen, and the rest is said to be untold.
    """
    try:
        app: dict[str, Any] = api.me().get("app") or {}
    except Failure as failure:
        return [Finding("intercom", "the access token", ok=False, remedy=str(failure))]
    where = f"workspace {app.get('name', 'unknown')}, region {app.get('region', 'unknown')}"
    return [
        Finding("intercom", where, ok=True),
        *(_reads(api, what) for what in ("contacts", "tags")),
        Finding("intercom", "Intercom does not tell what else the token may do", True, _UNTOLD, "note"),
    ]


def _reads(api: Api, what: str) -> Finding:
    try:
        api.may_read(what)
    except Failure as failure:
        return Finding("intercom", f"may read {what}", ok=False, remedy=str(failure))
    return Finding("intercom", f"may read {what}", ok=True)
