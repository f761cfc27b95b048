"""What Salesforce's integration user may do, against the least that is needed.

Objects and fields: as `describe` shows them to the user. Permissions of the whole org: UserPermissionAccess, which
every user of the API may ask about itself, without View Setup (object reference, "UserPermissionAccess").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from expansion.contract import Failure, TryLater
from integrations.kit.declare import Finding
from integrations.kit.rights import compared, not_told
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

API = "API Enabled"
# Fields of UserPermissionAccess, by what Setup calls them. None but the first is needed.
PERMISSIONS = {
    "PermissionsApiEnabled": API,
    "PermissionsModifyAllData": "Modify All Data",
    "PermissionsViewAllData": "View All Data",
    "PermissionsManageUsers": "Manage Users",
    "PermissionsResetPasswords": "Reset User Passwords and Unlock Users",
    "PermissionsCustomizeApplication": "Customize Application",
    "PermissionsModifyMetadata": "Modify Metadata",
    "PermissionsAuthorApex": "Author Apex",
    "PermissionsDataExport": "Weekly Data Export",
}
# What goes with another right, or is the org's default, and is nobody's to take away: whoever may edit a task may
# delete it, everybody may edit their own user, and an upsert (where our key is not unique) is an edit as well.
_UNREMARKABLE = (
    "Task: Read",
    "Task: Delete",
    "User: Edit",
    "Opportunity: Read",
    "Opportunity: Edit",
    "CampaignMember: Read",
    "CampaignMember: Edit",
)
# What is written into a record that we make or change.
_WRITTEN = {
    "Task: Create": ("Subject", "WhatId", "OwnerId", "ActivityDate", "Description", "Priority"),
    "Task: Edit": ("Status", "OwnerId", "Description"),
    "Opportunity: Create": ("AccountId", "Name", "StageName", "CloseDate", "Amount", "Type", "Description", "OwnerId"),
    "CampaignMember: Create": ("CampaignId", "ContactId", "LeadId", "Status"),
}
OBJECTS = ("Account", "User", "Task", "Opportunity", "Case", "Contact", "Lead", "Campaign", "CampaignMember")
_OF_THE_USER = "the run-as user's profile and permission sets"


def rights(client: Client, wanted: Sequence[str]) -> list[Finding]:
    """Missing and surplus permissions, of the org, of objects and of the fields that are always written."""
    try:
        held = {*_of_org(client), *_of_objects(client)}
    except Failure as failure:
        return [not_told("permissions", failure)]
    found = compared(
        "permissions",
        wanted,
        held,
        give=f"give {{names}} in {_OF_THE_USER}",
        take_away=f"take {{names}} out of {_OF_THE_USER}; where sharing hides accounts from the user, "
        "View All on Account is enough",
        unremarkable=_UNREMARKABLE,
    )
    return [*found, *_fields(client, [name for name in wanted if name in held])]


def _of_org(client: Client) -> list[str]:
    """An org may lack some of these permissions, and then has no field of that name."""
    known = [field for field in PERMISSIONS if field in client.fields("UserPermissionAccess")]
    rows = client.query(f"SELECT {', '.join(known)} FROM UserPermissionAccess") if known else []  # noqa: S608
    if len(rows) != 1:
        raise TryLater(f"{SYSTEM} does not say which permissions the user has")
    return [PERMISSIONS[field] for field in known if rows[0].get(field)]


def _of_objects(client: Client) -> Iterator[str]:
    for sobject in OBJECTS:
        yield from (f"{sobject}: {right}" for right in client.may(sobject))


def _fields(client: Client, wanted: Sequence[str]) -> Iterator[Finding]:
    for right in wanted:
        sobject, _, what = right.partition(": ")
        flag = {"Create": "createable", "Edit": "updateable"}.get(what, "")
        known = client.fields(sobject) if right in _WRITTEN else {}
        closed = [name for name in _WRITTEN.get(right, ()) if not known.get(name, {}).get(flag)]
        if closed:
            remedy = f"Setup > Object Manager > {sobject} > Fields: give Edit in field-level security of {_OF_THE_USER}"
            yield Finding(f"fields of {sobject} closed to it: {', '.join(closed)}", False, remedy)
