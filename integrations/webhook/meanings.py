"""What a receiver's reply means. By Standard Webhooks any 2xx is a yes, and 410 says that nobody wants it any more."""

from __future__ import annotations

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row
from integrations.kit.waits import retry_after

MEANINGS = Meanings(
    "Webhook",
    Row(429, TryLater, "too many at once", wait=retry_after),
    Row(503, TryLater, "the receiver is not there just now", wait=retry_after, maybe_done="as written"),
    Row((408, SERVER_TROUBLE), TryLater, "trouble at the receiver ({status})", maybe_done="as written"),
    Row(
        (401, 403),
        NoAccess,
        "the receiver does not take our signature ({status}); give it the secret in WEBHOOK_SECRET, and check that its "
        "clock is right",
    ),
    Row(410, Refused, "the receiver says that it is gone (410); take it out of WEBHOOK_ENDPOINTS and the playbooks"),
    Row(404, Refused, "there is nothing at its address (404); check WEBHOOK_ENDPOINTS"),
    Row(413, Refused, "the message is too long for the receiver (413); shorten it in the playbook"),
    Row(SENT_ELSEWHERE, NoAccess, "the receiver sends us elsewhere ({status}); write its last address"),
    Row(
        Broke.NOT_JSON, TryLater, "a web page came in answer, as of a proxy or of maintenance", maybe_done="as written"
    ),
    Row(Broke.UNREACHED, TryLater, "it cannot be reached; check the network and WEBHOOK_ENDPOINTS"),
    otherwise="refused ({status})",
)
