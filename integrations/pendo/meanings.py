"""What Pendo's replies mean. Its error replies have no body that could be read: the status says it all."""

from __future__ import annotations

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row
from integrations.kit.waits import retry_after


class Gone(Refused):
    """404: there is no such account, visitor or segment."""


MEANINGS = Meanings(
    "Pendo",
    Row(429, TryLater, "too many calls", wait=retry_after),
    Row((SERVER_TROUBLE, 408), TryLater, "trouble at Pendo's side ({status})", maybe_done="as written"),
    # A wrong key, a revoked one and one of another region are told with the same 403 and no word.
    Row(
        (401, 403),
        NoAccess,
        "the integration key is not taken; Pendo does not say whether it is wrong, revoked, of another region or "
        "without write access: check PENDO_INTEGRATION_KEY and PENDO_REGION",
    ),
    Row(404, Gone, "it is not there"),
    otherwise="refused ({status})",
)
