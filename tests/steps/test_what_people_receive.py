"""The texts that sellers and teams receive, pinned so that a change is read as prose."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.decide.decide import decide
from tests.decide.fakes import (
    FakeEvaluator,
    FakeHistory,
    answers,
    catalog,
    folder,
    known,
    playbook,
    policy,
    run,
    trigger,
)

NOTES = """\
Why now: {{ trigger.title }} (noticed on {{ fired_on }})
{{ reasons }}

Who: {{ people }} ({{ people_count }} people)
Worth: {{ worth }} a year, {{ likely }} likely, so {{ expected }} expected. Plan today: {{ account.value }}
What to say: the team uses {{ facts.seats_used }} of {{ facts.seats_bought }} seats; talk before they hit the wall.
{{ links }}
"""
TEAM = """\
*{{ account.name }}* uses {{ facts.seats_used }} of {{ facts.seats_bought }} seats. Owner: {{ owner }}
{{ reasons }}
By {{ people }}. {{ tier.title }}: {{ worth }} a year. {{ links }}
"""
SEATS = playbook(
    steps=[
        {"id": "tell", "do": "slack.post_message", "with": {"channel": "expansion", "text": TEAM}},
        {
            "id": "ask",
            "do": "salesforce.create_task",
            "with": {"subject": "Seats: {{ account.name }} is at {{ facts.seat_usage }}", "notes": NOTES},
        },
        {
            "id": "nudge",
            "do": "intercom.enrol_in_series",
            "with": {
                "series": "soft",
                "people": "admins",
                "html": "<p>Dear <b>{{ account.name }}</b></p>{{ reasons }}",
            },
        },
    ]
)


def _inputs(name: str) -> dict[str, Any]:
    """What each step of the playbook sends for an account of this name, with two triggers joined."""
    facts = {
        "account_name": name,
        "owner_email": "dana@acme.example",
        "arr": known(Decimal(120_000), "$120,000"),
        "seats_used": known(46),
        "seats_bought": known(50),
        "seat_usage": known(Decimal("0.92"), "92%"),
    }
    evaluator = FakeEvaluator(
        {"a": facts},
        groups={("admins", "a"): [{"user_id": "u1", "email": "una@acme.example", "name": "Una Moss"}]},
        names={"u1": "Una Moss", "u2": "_Ben_ <@U123>"},
        ids={"a": {"salesforce": "001 x/y"}},
        active={"a": ["u1", "u2", "cho@acme.example"]},
    )
    triggers = [trigger(title="Nearly out of seats, and still growing"), trigger("exports", title="Exports every week")]
    definitions = folder(*triggers, policy=policy(), playbooks=[SEATS])
    told = {"seat-limit": answers(yes=["a"]), "exports": answers("exports", ["a"])}
    context = run(
        links={
            "Account in Salesforce": "https://acme.my.salesforce.example/{salesforce}",
            "Account in HubSpot": "https://app.hubspot.example/{hubspot}",  # this account has no id there
            "This run": "https://prefect.example/runs/1",
        }
    )
    decisions = decide(told, definitions, evaluator, FakeHistory(), context, catalog())
    return {step.step_id: step.input or step.reason for step in decisions.firings[0].steps}


@pytest.mark.parametrize(
    "name", ["Acme", "<!channel> *Acme* & Söhne <script>alert(1)</script> {{ 7*7 }}"], ids=["acme", "hostile"]
)
def test_what_a_seller_and_the_team_receive(name: str, snapshot: SnapshotAssertion) -> None:
    inputs = _inputs(name)
    task = inputs["ask"]
    shown = [
        f"SLACK #{inputs['tell']['channel']}\n{inputs['tell']['text']}",
        f"TASK for {task['assign_to']}, due {task['due']}\n{task['subject']}\n\n{task['notes']}",
        f"HTML to {len(inputs['nudge']['people'])}\n{inputs['nudge']['html']}",
    ]
    assert "\n---\n".join(shown) == snapshot


def test_addresses_of_people_are_not_posted_in_slack() -> None:
    text = _inputs("Acme")["tell"]["text"]
    assert "cho@acme.example" not in text and "una@acme.example" not in text
    assert "cho" in text
