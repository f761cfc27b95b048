"""Every stand-in; and what is made of all of them together."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from sandbox.amplitude.app import Amplitude
from sandbox.appcues.app import Appcues
from sandbox.customerio.app import CustomerIo
from sandbox.email.app import Email
from sandbox.gainsight.app import Gainsight
from sandbox.gainsight_px.app import GainsightPx
from sandbox.heap.app import Heap
from sandbox.hubspot.app import HubSpot
from sandbox.intercom.app import Intercom
from sandbox.kit.faults import Misbehaving
from sandbox.kit.inbox import inbox_routes
from sandbox.kit.server import build_app
from sandbox.kit.stand_in import StandIn
from sandbox.kit.state import State
from sandbox.mixpanel.app import Mixpanel
from sandbox.pendo.app import Pendo
from sandbox.salesforce.app import Salesforce
from sandbox.sample import AS_OF, customers, told
from sandbox.segment.app import Segment
from sandbox.slack.app import Slack
from sandbox.teams.app import Teams
from sandbox.webhook.app import Webhook
from sandbox.zendesk.app import Zendesk

# A new one goes to the end: what is drawn for the sample of those before it stays as it is.
STAND_INS: tuple[type[StandIn], ...] = (
    Salesforce,
    HubSpot,
    Slack,
    Intercom,
    Mixpanel,
    Appcues,
    Amplitude,
    Pendo,
    Gainsight,
    Webhook,
    Teams,
    GainsightPx,
    CustomerIo,
    Zendesk,
    Segment,
    Heap,
    Email,
)


def stand_ins(state: State) -> list[StandIn]:
    """One of each, over the same state."""
    return [kind(state) for kind in STAND_INS]


def sandbox_app(state: State) -> Misbehaving:
    """All stand-ins, the control addresses and the inbox page, ready for `sandbox.kit.server.Server`."""
    members = stand_ins(state)
    return build_app(state, members, inbox_routes(members))


def make_sample(seed: int = 7, as_of: datetime = AS_OF, accounts: int = 160) -> dict[str, Any]:
    """Everything that the stand-ins are loaded with, as JSON; the same seed makes the same data, byte for byte."""
    chance = random.Random(seed)  # noqa: S311 - sample data, nothing secret
    known = customers(chance, accounts)
    parts = {kind.name: kind.sample(known, as_of, chance) for kind in STAND_INS}
    return {"as_of": as_of.isoformat(), "accounts": [told(one) for one in known], **parts}
