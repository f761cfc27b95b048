"""Ready maps: each is a map, is for tables that exist, and is the one that is proposed of its table."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from expansion.files.maps import read_map
from expansion.files.propose.looking import Table
from expansion.files.propose.map_text import map_text
from expansion.files.propose.propose import propose
from expansion.files.propose.ready import matching, ready_maps
from tests.files.made_tables import table_for

READY = {one.name: one for one in ready_maps()}
PROPOSED = [name for name, one in READY.items() if not one.is_beside]
SYSTEMS = {
    "fivetran": ("salesforce", "hubspot", "mixpanel", "amplitude", "pendo", "intercom", "zendesk", "stripe", "ga4"),
    "airbyte": ("salesforce", "hubspot", "mixpanel", "amplitude", "intercom", "zendesk", "stripe"),
    "singer": ("salesforce", "hubspot", "mixpanel", "pendo", "intercom", "zendesk", "stripe"),
    "dlt": ("salesforce", "hubspot", "zendesk", "stripe"),
    "own": ("segment", "snowplow", "ga4", "mixpanel", "amplitude", "posthog", "stripe"),
}


def test_each_connector_has_its_systems():
    for connector, systems in SYSTEMS.items():
        for system in systems:
            assert any(name.startswith(f"{connector}/{system}-") for name in READY), (connector, system)


@pytest.mark.parametrize("name", READY)
def test_a_ready_map_can_be_used_as_it_stands_and_says_where_its_columns_are_from(name):
    ready = READY[name]
    assert read_map(ready.text, name).table.table, "its rows have the same name whatever the file is called"
    assert "# columns from: " in ready.text
    assert ready.title
    assert len(ready.known_by) >= 2


@pytest.mark.parametrize("name", PROPOSED)
def test_its_table_is_known_by_its_columns(name):
    found = matching(table_for(READY[name]))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("name", PROPOSED)
def test_it_is_what_is_proposed(name):
    ready = READY[name]
    (proposal,), sentences = propose([table_for(ready)])
    assert (proposal.ready, sentences) == (name, [])
    said, meant = proposal.content[ready.kind], ready.content[ready.kind]
    assert {word: said[word] for word in meant if word in said} == dict(meant)
    left_out = {word for word in meant if word not in said}
    assert not left_out, "the made table has every column"
    assert read_map(map_text(proposal), name) == proposal.map


def test_a_table_beside_another_is_listed_and_never_proposed():
    beside = [one for one in READY.values() if one.is_beside]
    assert {one.name for one in beside} >= {
        "fivetran/salesforce-open-opportunity",
        "fivetran/zendesk-ticket-organization",
    }
    for one in beside:
        found = matching(table_for(one))
        assert found is not None
        assert found.name != one.name


def test_fields_with_names_of_their_own_are_what_facts_yaml_names():
    (proposal,), _ = propose([table_for(READY["fivetran/stripe-subscription"])])
    assert proposal.vocabulary is not None
    assert {"subscription_status", "subscription_since"} <= set(proposal.vocabulary["facts"])
    assert set(proposal.vocabulary["facts"]) == set(proposal.content["facts"]["fields"])


def test_columns_in_capitals_as_snowflake_writes_them():
    table = table_for(READY["fivetran/hubspot-company-property-history"])
    rows = [{name.upper(): value for name, value in row.items()} for row in table.rows]
    (proposal,), _ = propose([replace(table, columns=tuple(map(str.upper, table.columns)), rows=rows)])
    assert proposal.ready == "fivetran/hubspot-company-property-history"
    assert proposal.content["facts"] == {
        "table": "hubspot_company_property_history",
        "account": "COMPANY_ID",
        "at": "TIMESTAMP",
        "name": "NAME",
        "value": "VALUE",
    }


def test_what_the_table_has_not_is_left_out_and_said():
    table = table_for(READY["fivetran/salesforce-account"])
    rows = [{name: value for name, value in row.items() if name != "_fivetran_deleted"} for row in table.rows]
    columns = tuple(name for name in table.columns if name != "_fivetran_deleted")
    (proposal,), _ = propose([replace(table, columns=columns, rows=rows)])
    assert proposal.content["facts"]["deleted_when"] == {"is_deleted": True}
    gone = ("received_at", "server_upload_time")
    table = table_for(READY["fivetran/amplitude-event"])
    rows = [{**row, "event_time": "2025-06-01 10:00:00"} for row in table.rows]
    (proposal,), _ = propose([replace(table, rows=rows)])
    assert gone[0] not in proposal.content["events"], "these rows would have arrived months before they happened"


def test_the_account_is_the_company_s_own_property():
    """Where no row has what the ready map names, another one is proposed, and where there is none that is said."""
    ready = READY["own/mixpanel-export"]
    plain = {"time": 1741000000, "$insert_id": "i1", "distinct_id": "u1"}
    rows = [
        {"event": "Export", "properties": {**plain, "time": 1741000000 + at, "$insert_id": f"i{at}", "org_id": "acme"}}
        for at in range(5)
    ]
    table = Table("export", ("event", "properties"), rows, is_json=True)
    (proposal,), _ = propose([table])
    assert (proposal.ready, proposal.content["events"]["account"]) == (ready.name, "properties.org_id")
    (proposal,), _ = propose([replace(table, rows=[{"event": "Export", "properties": dict(plain)} for _ in range(5)])])
    assert proposal.content["events"]["account"] == "properties.company_id"
    assert "none of these rows says it: write the column or the property that holds the account" in map_text(proposal)


def test_a_time_that_no_row_has_is_another_column_of_theirs():
    """Segment's calls have an event and properties, too; their time is beside these."""
    rows = [
        {"messageId": f"m{at}", "event": "Export", "timestamp": f"2026-03-01T10:0{at}:00Z", "properties": {"rows": at}}
        for at in range(5)
    ]
    (proposal,), _ = propose([Table("calls", ("messageId", "event", "timestamp", "properties"), rows, is_json=True)])
    assert proposal.content["events"]["time"] == "timestamp"


def test_json_in_a_cell_of_a_csv_is_looked_into():
    table = table_for(READY["fivetran/mixpanel-event"])
    rows = [{**row, "properties": json.dumps({"company_id": "acme", "title": "a"})} for row in table.rows]
    (proposal,), _ = propose([replace(table, rows=rows)])
    (line,) = [line for line in map_text(proposal).splitlines() if line.startswith("  account:")]
    assert line.startswith("  account: properties.company_id")
    assert "# acme; the property that holds the account" in line
