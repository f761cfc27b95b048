"""Every stand-in, in one line, and the one app around them."""

from __future__ import annotations

from starlette.types import ASGIApp

from sandbox.hubspot.app import HubSpot
from sandbox.intercom.app import Intercom
from sandbox.kit.inbox import inbox_routes
from sandbox.kit.server import StandIn, State, build_app
from sandbox.mixpanel.app import Mixpanel
from sandbox.salesforce.app import Salesforce
from sandbox.slack.app import Slack


def stand_ins(state: State) -> list[StandIn]:
    """One of each, over the same state."""
    return [Salesforce(state), HubSpot(state), Slack(state), Intercom(state), Mixpanel(state)]


def sandbox_app(state: State) -> ASGIApp:
    """All stand-ins, the control addresses and the inbox page, ready for `sandbox.kit.server.Server`."""
    members = stand_ins(state)
    return build_app(state, members, inbox_routes(members))
