"""What Customer.io's replies mean: docs.customer.io/integrations/api/track."""

from __future__ import annotations

import httpx

from expansion.contract import NoAccess, TryLater
from integrations.kit.http import json_of
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.waits import first_said, retry_after

_WINDOW = 3.0  # seconds, of the published limit

MEANINGS = Meanings(
    "Customer.io",
    Row(429, TryLater, "too many calls, other tools included", wait=first_said(retry_after, _WINDOW)),
    Row(SERVER_TROUBLE, TryLater, "trouble at Customer.io's side ({status})", maybe_done="as written"),
    Row(
        (401, 403),
        NoAccess,
        "the key is not accepted; check CUSTOMERIO_SITE_ID, CUSTOMERIO_API_KEY (of the Track API), and "
        "CUSTOMERIO_REGION",
    ),
    Row(SENT_ELSEWHERE, NoAccess, "the account lives in the other region; set CUSTOMERIO_REGION to it"),
    otherwise="refused ({status}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """`errors`, each with a field and a message, or `meta.error`; a proxy's page has neither."""
    said = json_of(reply)
    if not isinstance(said, dict):
        return Told(reply.status_code, headers=reply.headers)
    errors = said.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        return Told(reply.status_code, str(first.get("reason", "")), _of(first), reply.headers)
    meta = said.get("meta")
    return Told(reply.status_code, "", str(meta.get("error", "")) if isinstance(meta, dict) else "", reply.headers)


def _of(error: dict[str, object]) -> str:
    return " ".join(str(error[name]) for name in ("field", "message") if error.get(name))
