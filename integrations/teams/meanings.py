"""What the replies of a workflow's webhook mean. 202 is a yes: the workflow runs after it was given."""

from __future__ import annotations

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row
from integrations.kit.waits import retry_after

MEANINGS = Meanings(
    "Microsoft Teams",
    Row(429, TryLater, "too many messages", wait=retry_after),
    Row((408, SERVER_TROUBLE), TryLater, "trouble at Microsoft's side ({status})", maybe_done="as written"),
    Row(
        (401, 403),
        NoAccess,
        "the workflow's address is not accepted any more ({status}); copy it again from the workflow into "
        "TEAMS_CHANNELS, and let the workflow be triggered by anyone",
    ),
    Row(404, NoAccess, "the workflow is gone or switched off (404); switch it on, or make one and set TEAMS_CHANNELS"),
    Row(413, Refused, "the message is too long for Teams; shorten it in the playbook"),
    Row(400, Refused, "the workflow does not take the message (400); make it from the template of Teams"),
    Row(SENT_ELSEWHERE, NoAccess, "the address sends us elsewhere ({status}); copy it again from the workflow"),
    Row(
        Broke.NOT_JSON, TryLater, "a web page came in answer, as of a proxy or of maintenance", maybe_done="as written"
    ),
    Row(Broke.UNREACHED, TryLater, "it cannot be reached; check the network and TEAMS_CHANNELS"),
    otherwise="refused ({status})",
)
