"""`expansion actions` and `expansion facts`: the words that YAML may use."""

from __future__ import annotations

import integrations


def test_every_action_with_its_inputs(run, snapshot):
    assert str(run("actions")) == snapshot


def test_one_action(run, snapshot):
    assert str(run("actions", "slack.post_message")) == snapshot


def test_one_system(run):
    names = [one["name"] for one in run("actions", "hubspot", "--json").json]
    assert set(names) == {name for name in integrations.catalog().for_playbooks if name.startswith("hubspot.")}


def test_an_action_that_is_not_there(run, snapshot):
    assert str(run("actions", "slack.shout")) == snapshot


def test_inputs_for_scripts(run):
    (action,) = run("actions", "slack.post_message", "--json").json
    assert "channel" in action["input_schema"]["properties"]


def test_every_fact_with_where_it_comes_from(folder, run, snapshot):
    assert str(run("facts")) == snapshot


def test_facts_for_scripts(folder, run):
    said = run("facts", "--json").json
    assert said["facts"][0] == {"fact": "account_name", "kind": "text", "from": "files.accounts name"}
    assert said["cohorts"] == [{"cohort": "paying-accounts", "from": "conditions in facts.yaml"}]


def test_counted_facts_and_shares(folder, run, change):
    change(
        "shared/facts.yaml",
        "cohorts:",
        "  blocked: {times: [Export Blocked, Import Blocked], over: 14 days}\n"
        "  share: {ratio: [blocked, arr]}\n\n"
        "cohorts:\n  builders: {from: mixpanel.cohort, name: Builders}",
    )
    said = run("facts", "--json").json
    assert said["facts"][-2:] == [
        {"fact": "blocked", "kind": "number", "from": "times of Export Blocked or Import Blocked over 14 days"},
        {"fact": "share", "kind": "percent", "from": "blocked ÷ arr"},
    ]
    assert said["cohorts"][0] == {"cohort": "builders", "from": "mixpanel.cohort Builders"}


def test_facts_made_of_facts(folder, run, change):
    change("shared/policy.yaml", "suppress:", "plans: {fact: plan, limits: {Team: {seats: 50}}}\nsuppress:")
    change(
        "shared/facts.yaml",
        "cohorts:",
        "  used: {people: Report Opened, over: 14 days}\n"
        "  seats: {limit_of: seats}\n"
        "  left: {difference: [seats, used]}\n"
        "  room: {headroom: [used, seats]}\n"
        "  days_left: {days_to_limit: [used, seats], pace_over: 1 week}\n"
        "  role: {from: files.people, field: role, kind: text, who: users}\n"
        "cohorts:",
    )
    said = {fact["fact"]: (fact["kind"], fact["from"]) for fact in run("facts", "--json").json["facts"]}
    assert said["seats"] == ("number", "limit seats of the account's plan, from policy.yaml")
    assert said["left"] == ("number", "seats − used")
    assert said["room"] == ("percent", "(seats − used) ÷ seats")
    assert said["days_left"] == ("number", "days until used reaches seats, at the pace of 1 week")
    assert said["role"] == ("text", "files.people role of each person")
