"""The settings with which the product's integrations face the stand-ins instead of the vendors."""

from __future__ import annotations

from sandbox.hubspot import app as hubspot
from sandbox.mixpanel import app as mixpanel
from sandbox.salesforce import app as salesforce

_FALLBACK = "revops@acme.example"  # an active user of the sample data in both CRMs


def settings(url: str) -> dict[str, str]:
    """Environment variables for stand-ins that answer at `url`. Their credentials open nothing anywhere else."""
    return {
        "SALESFORCE_BASE_URL": f"{url}/salesforce",
        "SALESFORCE_DOMAIN": "standin.my",
        "SALESFORCE_CLIENT_ID": salesforce.CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": salesforce.CLIENT_SECRET,
        "SALESFORCE_FALLBACK_OWNER": _FALLBACK,
        "HUBSPOT_FALLBACK_OWNER": _FALLBACK,
        "HUBSPOT_BASE_URL": f"{url}/hubspot",
        "HUBSPOT_TOKEN": hubspot.TOKEN,
        "SLACK_BASE_URL": f"{url}/slack",
        "SLACK_BOT_TOKEN": "xoxb-stand-in",
        "INTERCOM_BASE_URL": f"{url}/intercom",
        "INTERCOM_ACCESS_TOKEN": "stand-in-token",
        "MIXPANEL_BASE_URL": f"{url}/mixpanel",
        "MIXPANEL_SERVICE_ACCOUNT": mixpanel.SERVICE_ACCOUNT,
        "MIXPANEL_SECRET": mixpanel.SECRET,
        "MIXPANEL_PROJECT_ID": str(mixpanel.PROJECT_ID),
        "MIXPANEL_DATA_GROUP_ID": str(mixpanel.DATA_GROUP_ID),
    }
