"""What `expansion doctor` says about Gainsight."""

from __future__ import annotations

from functools import partial

from expansion.contract import Failure
from integrations.gainsight.client import Client
from integrations.gainsight.owners import Owners
from integrations.gainsight.values import spelling
from integrations.kit.declare import Finding, Names
from integrations.kit.doctor import asked, fallback_owner, whether, works

_CTA = frozenset({"gainsight.create_cta", "gainsight.ctas", "gainsight.change_cta"})
_NO_SCOPES = "an access key has no scopes: it may do what the tenant's API may; keep it as a secret of its own"


def check(client: Client, owners: Owners, used: Names | None = None) -> list[Finding]:
    """Key taken, the fields that have to be there, the words of the Cockpit, fallback owner; nothing is written."""
    taken = works("the access key is taken", lambda: client.fields("company"))
    if not taken.ok:
        return [taken]
    return [
        taken,
        asked("field of companies", lambda: _account_field(client)),
        *([] if used is not None and not used & _CTA else _cockpit(client)),
        asked(
            "fallback owner",
            lambda: fallback_owner("GAINSIGHT_FALLBACK_OWNER", client.settings.fallback_owner, owners.fallback),
        ),
        Finding("Gainsight does not tell what the access key may do", True, _NO_SCOPES, "note"),
    ]


def _account_field(client: Client) -> Finding:
    name = client.settings.account_key_field
    return whether(
        f"the company field {name} holds the product's account id",
        spelling(name, client.fields("company")),
        f"create {name} in Administration > Data Management > Company, or set GAINSIGHT_ACCOUNT_KEY_FIELD",
    )


def _cockpit(client: Client) -> list[Finding]:
    return [
        asked("statuses of CTAs", partial(_closed_status, client)),
        asked("our key on CTAs", partial(_key_field, client)),
    ]


def _closed_status(client: Client) -> Finding:
    name, known = client.settings.closed_status, client.words("CTA_STATUS")
    return whether(
        f"CTAs have the status {name}", name in known, f"set GAINSIGHT_CLOSED_STATUS to one of: {', '.join(known)}"
    )


def _key_field(client: Client) -> Finding:
    name = client.settings.cta_key_field
    if not name:
        remedy = "whoever deletes the mark hides the CTA from us; better a text field of CTAs, GAINSIGHT_CTA_KEY_FIELD"
        return Finding("our key stands as a mark in the comments of CTAs", True, remedy, "note")
    try:
        client.ctas_of(["Gsid", name], ("Gsid", "EQ", "none"))
    except Failure as failure:
        return Finding(f"CTAs have the field {name}", False, str(failure))
    return Finding(f"CTAs have the field {name}", True)
