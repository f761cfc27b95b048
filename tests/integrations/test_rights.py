"""The least rights: what is missing, what is too much, what is exactly right, and what a system will not tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import integrations
from cli.doctor import shown
from integrations.kit.declare import Connected, Finding
from sandbox.hubspot.app import TOKEN, HubSpot
from sandbox.intercom.app import Intercom
from sandbox.mixpanel.app import Mixpanel
from sandbox.salesforce.app import Salesforce
from sandbox.slack.app import SCOPES, Slack
from tests.integrations.conftest import StandIns
from tests.systems import hubspot as of_hubspot
from tests.systems import intercom as of_intercom
from tests.systems import mixpanel as of_mixpanel
from tests.systems import salesforce as of_salesforce
from tests.systems import slack as of_slack
from tests.systems import systems
from tests.systems.declare import System

ROOT = Path(__file__).parents[2]
FALLBACK = "desk@seller.example"
Make = Callable[..., StandIns]


def bad(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if not finding.ok]


def marked(findings: list[Finding], mark: str) -> list[str]:
    return [finding.what for finding in findings if finding.ok and finding.mark == mark]


def said(system: str, findings: list[Finding], word: str) -> str:
    """What doctor prints of the findings of a system that are about `word`."""
    return "\n".join(shown(system, finding) for finding in findings if word in finding.what)


# --- every system -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=systems(), ids=lambda one: one.name)
def each(request: pytest.FixtureRequest) -> System:
    return request.param


def test_with_exactly_the_rights_that_are_declared_nothing_is_missing_and_none_too_many(
    each: System, stand_ins: Make
) -> None:
    world = stand_ins(each.stand_in, sample=each.sample())
    each.least(world)
    findings = each.connect(world).check()
    assert findings
    assert bad(findings) == marked(findings, "warning") == []


def test_doctor_changes_nothing(each: System, stand_ins: Make) -> None:
    world = stand_ins(each.stand_in, sample=each.sample())
    each.connect(world).check()
    assert bool(world.requests()) != each.cannot_be_asked
    assert world.applied() == {}


# --- HubSpot ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(stand_ins: Make) -> StandIns:
    return stand_ins(HubSpot, sample=of_hubspot.sample())


def hubspot(portal: StandIns) -> Connected:
    return of_hubspot.connect(portal, fallback_owner=FALLBACK)


def test_hubspot_with_exactly_the_scopes(portal: StandIns) -> None:
    portal.get(HubSpot).scopes = {right.name for right in integrations.integration("hubspot").rights}
    findings = hubspot(portal).check()
    assert bad(findings) == marked(findings, "warning") == []
    assert any(finding.what.startswith("scopes: crm.objects.companies.read, ") for finding in findings)


def test_hubspot_misses_scopes_and_has_others(portal: StandIns, snapshot: SnapshotAssertion) -> None:
    scopes = portal.get(HubSpot).scopes
    scopes -= {"crm.objects.contacts.write", "crm.objects.companies.write"}
    scopes |= {"settings.users.write", "automation", "oauth"}  # HubSpot adds the last one by itself
    findings = hubspot(portal).check()
    assert bad(findings) == ["scopes missing: crm.objects.companies.write, crm.objects.contacts.write"]
    assert marked(findings, "warning") == ["more scopes than needed: automation, settings.users.write"]
    assert said("hubspot", findings, "scopes") == snapshot


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": {"status": "error", "message": "not found", "category": "OBJECT_NOT_FOUND"}},
        {"status": 503},
        {"status": 200, "body": {"hubId": 1}},
        {"status": 200, "body": {"scopes": "all of them"}},
        {"status": 200, "body": "<html>Down for maintenance</html>"},
    ],
)
def test_hubspot_does_not_tell_the_scopes(portal: StandIns, answer: dict[str, Any]) -> None:
    portal.fault("hubspot", "status", path="access-token-info", times=99, **answer)
    findings = hubspot(portal).check()
    assert bad(findings) == [], "what it reads is tried all the same"
    assert marked(findings, "warning") == ["which scopes it has cannot be told"]
    assert "reads owners" in marked(findings, "ok")
    assert TOKEN not in str(findings)


# --- Salesforce -------------------------------------------------------------------------------------------------------


@pytest.fixture
def org(stand_ins: Make) -> StandIns:
    return stand_ins(Salesforce, sample=of_salesforce.sample())


def salesforce(org: StandIns, *used: str) -> list[Finding]:
    connected = of_salesforce.connect(org, fallback_owner=FALLBACK)
    return connected.check(frozenset(used) if used else None)


def test_salesforce_with_exactly_the_permissions(org: StandIns) -> None:
    findings = salesforce(org)
    assert bad(findings) == marked(findings, "warning") == []


def test_salesforce_misses_permissions(org: StandIns, snapshot: SnapshotAssertion) -> None:
    there = org.get(Salesforce).org
    there.may["Task"] = {"Read"}
    there.may["Account"] = set()  # describe then says NOT_FOUND
    there.closed = {"Amount"}
    findings = salesforce(org)
    assert "permissions missing: Account: Read, Task: Create, Task: Edit, Account: Edit" in bad(findings)
    assert "fields of Opportunity closed to it: Amount" in bad(findings)
    assert said("salesforce", findings, "permissions missing") == snapshot
    assert said("salesforce", findings, "closed to it") == snapshot


def test_salesforce_refuses_what_doctor_says_is_missing(org: StandIns) -> None:
    """The same words lead to the same person: a permission, not a trigger of the org."""
    org.get(Salesforce).org.may["Task"] = {"Read"}
    actions = of_salesforce.connect(org, fallback_owner=FALLBACK).actions
    [reply] = actions["salesforce.create_task"].deliver([of_salesforce.task()])
    assert "may not do this: entity type cannot be inserted: Task; give it the permission" in str(reply)


def test_salesforce_has_more_permissions_than_needed(org: StandIns, snapshot: SnapshotAssertion) -> None:
    there = org.get(Salesforce).org
    there.permissions |= {"PermissionsModifyAllData", "PermissionsManageUsers"}
    there.may["Account"] |= {"Create", "Delete"}
    findings = salesforce(org)
    assert bad(findings) == []
    assert marked(findings, "warning") == [
        "more permissions than needed: Account: Create, Account: Delete, Manage Users, Modify All Data"
    ]
    assert said("salesforce", findings, "more permissions") == snapshot


def test_salesforce_needs_only_what_the_definitions_use(org: StandIns) -> None:
    there = org.get(Salesforce).org
    there.key_fields["Opportunity"] = None
    findings = salesforce(org, "salesforce.create_task")
    assert bad(findings) == [], "nobody makes opportunities"
    unused = ("Campaign", "CampaignMember", "Case", "Contact", "Lead", "Opportunity")
    members = "CampaignMember: Create, CampaignMember: Delete"
    surplus = f"Account: Edit, Campaign: Read, {members}, Case: Read, Contact: Read, Lead: Read, Opportunity: Create"
    assert marked(findings, "warning") == [f"more permissions than needed: {surplus}"]
    there.may |= {"Account": {"Read"}} | dict.fromkeys(unused, frozenset())
    findings = salesforce(org, "salesforce.create_task")
    assert bad(findings) == marked(findings, "warning") == []
    assert "permissions missing: Opportunity: Read" in bad(
        salesforce(org, "salesforce.create_task", "salesforce.account")
    )
    both = salesforce(org, "salesforce.opportunity", "salesforce.case")
    assert "permissions missing: Opportunity: Read, Case: Read" in bad(both)


@pytest.mark.parametrize(
    "how",
    [
        {"path": "UserPermissionAccess/describe", "status": 503},
        {"path": "UserPermissionAccess/describe", "status": 200, "body": {"fields": []}},
        {"path": "query", "status": 200, "body": {"done": True, "totalSize": 0, "records": []}},
        {"path": "Account/describe", "status": 200, "body": "<html>"},
    ],
)
def test_salesforce_does_not_tell_the_permissions(org: StandIns, how: dict[str, Any]) -> None:
    org.fault("salesforce", "status", times=4, **how)
    findings = salesforce(org)
    assert marked(findings, "warning") == ["which permissions it has cannot be told"]
    assert "signed in" in marked(findings, "ok")


def test_salesforce_without_some_of_the_permissions_is_not_asked_for_them(org: StandIns) -> None:
    """An edition that has no Weekly Data Export has no such field, and refuses a query for it."""
    there = org.get(Salesforce).org
    there.hidden |= {"PermissionsDataExport"}
    there.permissions |= {"PermissionsViewAllData"}
    assert marked(salesforce(org), "warning") == ["more permissions than needed: View All Data"]


# --- Slack ------------------------------------------------------------------------------------------------------------


def test_slack_with_exactly_the_scopes_and_with_others(stand_ins: Make, snapshot: SnapshotAssertion) -> None:
    world = stand_ins(Slack, sample=of_slack.SAMPLE)
    world.get(Slack).scopes = {right.name for right in integrations.integration("slack").rights[:-1]}
    findings = of_slack.connect(world, of_slack.Time()).check()
    assert bad(findings) == marked(findings, "warning") == []
    world.get(Slack).scopes = {*SCOPES, "admin"}
    findings = of_slack.connect(world, of_slack.Time()).check()
    assert said("slack", findings, "more scopes") == snapshot


def test_slack_does_not_tell_the_scopes(stand_ins: Make) -> None:
    """A proxy may swallow the header; then nothing is called missing, and nothing exactly right."""
    world = stand_ins(Slack, sample=of_slack.SAMPLE)
    world.fault("slack", "status", path="auth.test", status=200, body={"ok": True, "team": "Sandbox", "user": "bot"})
    findings = of_slack.connect(world, of_slack.Time()).check()
    assert bad(findings) == []
    assert marked(findings, "warning") == ["which scopes it has cannot be told"]
    assert "in #expansion, #sales" in marked(findings, "ok")


# --- Intercom ---------------------------------------------------------------------------------------------------------


def test_intercom_tells_what_cannot_be_read_and_nothing_of_the_rest(
    stand_ins: Make, snapshot: SnapshotAssertion
) -> None:
    world = stand_ins(Intercom, sample=of_intercom.SAMPLE)
    findings = of_intercom.connect(world).check()
    assert bad(findings) == marked(findings, "warning") == []
    assert marked(findings, "note") == ["Intercom does not tell what else the token may do"]
    assert said("intercom", findings, "does not tell") == snapshot
    world.get(Intercom).may -= {"tags"}
    assert bad(of_intercom.connect(world).check()) == ["may read tags"]
    world.fault("intercom", "status", path="contacts", status=500, times=99)
    assert bad(of_intercom.connect(world).check()) == ["may read contacts", "may read tags"]


def test_doctor_writes_nothing_to_intercom(stand_ins: Make) -> None:
    world = stand_ins(Intercom, sample=of_intercom.SAMPLE)
    of_intercom.connect(world).check()
    assert {request["method"] for request in world.requests()} == {"GET"}


# --- Mixpanel ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(stand_ins: Make) -> StandIns:
    return stand_ins(Mixpanel, sample=of_mixpanel.SAMPLE)


def mixpanel(project: StandIns) -> list[Finding]:
    return of_mixpanel.connected(project).check()


def test_mixpanel_with_exactly_the_roles(project: StandIns) -> None:
    findings = mixpanel(project)
    assert bad(findings) == marked(findings, "warning") == []
    assert marked(findings, "note") == ["Mixpanel does not tell the role in a project"]


def test_mixpanel_has_more_roles_and_projects_than_needed(project: StandIns, snapshot: SnapshotAssertion) -> None:
    there = project.get(Mixpanel)
    there.role = "owner"
    there.projects |= {"4002": "Staging", "4003": "Another product"}
    findings = mixpanel(project)
    assert bad(findings) == []
    assert said("mixpanel", findings, "more") == snapshot


def test_mixpanel_misses_the_project(project: StandIns, snapshot: SnapshotAssertion) -> None:
    project.get(Mixpanel).projects = {"4002": "Staging"}
    findings = mixpanel(project)
    assert bad(findings) == ["the service account is in project 4001"]
    assert said("mixpanel", findings, "the service account") == snapshot


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 403},
        {"status": 500},
        {"status": 200, "body": {"status": "ok"}},
        {"status": 200, "body": {"results": {"projects": []}}},
        {"status": 200, "body": "<html>"},
    ],
)
def test_mixpanel_does_not_tell_the_roles(project: StandIns, answer: dict[str, Any]) -> None:
    project.fault("mixpanel", "status", path="app/me", times=99, **answer)
    findings = mixpanel(project)
    assert bad(findings) == []
    assert marked(findings, "warning") == ["which roles it has cannot be told"]


def test_a_role_that_mixpanel_leaves_out_is_no_surplus(project: StandIns) -> None:
    project.get(Mixpanel).role = None
    findings = mixpanel(project)
    assert bad(findings) == []
    assert marked(findings, "warning") == ["which role in the organization it has cannot be told"]


# --- the list ---------------------------------------------------------------------------------------------------------


def test_every_right_stands_in_the_guide() -> None:
    page = (ROOT / "docs/systems.md").read_text(encoding="utf-8")
    for name in integrations.NAMES:
        declared = integrations.integration(name)
        for right in declared.rights:
            assert f"| {right.name} | {right.why}" in page, "run `make docs`"


def test_every_system_that_asks_for_a_secret_lists_its_rights() -> None:
    from integrations.kit.settings import secret_names

    declared = [integrations.integration(name) for name in integrations.NAMES]
    # Of those that only push, nothing is asked: their keys are ours.
    asked = [
        one for one in declared if one.settings_model not in {door.settings_model for door in one.inbound.values()}
    ]
    assert [one.name for one in asked if list(secret_names(one.settings_model)) and not one.rights] == []
