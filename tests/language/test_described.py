"""Each condition as a plain sentence, as explanations, tasks and cases say it."""

from __future__ import annotations

from typing import Any

import pytest

from expansion.language.model.conditions import Condition
from expansion.language.model.models import Facts
from expansion.language.prose import describe, kind_of, titled

FACTS = Facts.model_validate(
    {
        "facts": {
            "arr": {"from": "files.accounts", "field": "arr", "kind": "money", "title": "ARR"},
            "spent": {"from": "files.accounts", "field": "spent", "kind": "money"},
            "used": {"from": "files.accounts", "field": "used", "kind": "number"},
            "plan": {"from": "files.accounts", "field": "plan", "kind": "text"},
            "bought": {"limit_of": "seats"},
            "unspent": {"difference": ["arr", "spent"]},
            "odd": {"difference": ["arr", "used"]},
            "room": {"headroom": ["used", "bought"]},
            "days_left": {"days_to_limit": ["used", "bought"], "pace_over": "28 days"},
        }
    }
)
_PATH = ["Trial Started", "Invite Sent", "Paywall Viewed"]
_WEEKS = "3 of the last 4 weeks"


def _said(written: dict[str, Any], **options: Any) -> str:
    return describe(Condition.model_validate(written), FACTS, "USD", **options)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"sequence": _PATH, "within": "14 days", "same_user": True},
            "Trial Started, then Invite Sent, then Paywall Viewed, within 14 days, by the same person",
        ),
        (
            {"sequence": _PATH, "within": "1 hour", "over": "28 days", "same_user": True, "by_at_least": "2 people"},
            "Trial Started, then Invite Sent, then Paywall Viewed, within 1 hour, over 28 days, "
            "by each of at least 2 people",
        ),
        (
            {
                "sequence": ["Login", {"event": ["Export", "Print"], "where": {"rows": {"at_least": 5}, "to": "pdf"}}],
                "within": "7 days",
                "not_between": ["Logout", "Help Opened"],
                "for": "3 days",
            },
            "Login, then Export or Print (rows at least 5, to: pdf), with no Logout or Help Opened in between, "
            "within 7 days, for 3 days",
        ),
        ({"event": "Audit Log Opened", "first_within": "14 days"}, "first Audit Log Opened within 14 days"),
        ({"event": "Login", "stopped_for": "14 days"}, "Login, then none for 14 days"),
        ({"event": "Login", "stopped_for": "14 days", "over": "28 days"}, "Login over 28 days, then none for 14 days"),
        (
            {"event": "Login", "at_least": 20, "stopped_for": "14 days", "over": "28 days"},
            "Login at least 20 times over 28 days, then none for 14 days",
        ),
        (
            {"event": "Login", "by_at_least": "2 people", "stopped_for": "14 days", "over": "28 days"},
            "Login over 28 days, by at least 2 people, then none for 14 days",
        ),
        (
            {"event": "Login", "came_back_after": "30 days", "over": "7 days"},
            "Login again after at least 30 days without, over 7 days",
        ),
        (
            {"event": "Export", "at_least": 5, "in_at_least": _WEEKS},
            "Export at least 5 times in at least 3 of the last 4 weeks",
        ),
        (
            {"event": "Export", "by_at_least": "2 people", "in_at_least": _WEEKS},
            "Export, by at least 2 people, in at least 3 of the last 4 weeks",
        ),
        ({"event": "Export", "at_most": 0, "in_at_least": _WEEKS}, "no Export in at least 3 of the last 4 weeks"),
        ({"fact": "used", "at_least": 5, "in_at_least": _WEEKS}, "used at least 5 in at least 3 of the last 4 weeks"),
        (
            {"fact": "used", "grew_at_least": "5%", "over": "7 days", "from_at_least": 9, "in_at_least": _WEEKS},
            "used grew at least 5% over 7 days, from at least 9, in at least 3 of the last 4 weeks",
        ),
        ({"fact": "arr", "among_top": "10%"}, "arr among the top 10% of accounts"),
        (
            {"fact": "arr", "among_top": "10%", "of": "plan", "from_at_least": 5000},
            "arr among the top 10% of accounts with the same plan, with at least $5,000",
        ),
        (
            {"event": "Export", "among_top": "5%", "of": "plan", "over": "28 days"},
            "Export among the top 5% of accounts with the same plan, over 28 days",
        ),
        (
            {"event": "Export", "distinct": "type", "among_top": "5%", "over": "28 days", "on_at_least": "3 days"},
            "different types in Export among the top 5% of accounts, over 28 days, on at least 3 days",
        ),
        (
            {"event": "call", "average": "duration", "at_least": 30, "over": "7 days"},
            "average duration in call at least 30 over 7 days",
        ),
        (
            {"event": "call", "max": "duration", "exists": True, "over": "7 days"},
            "largest duration in call is known over 7 days",
        ),
        ({"trigger": "seat-limit"}, "trigger seat-limit holds"),
        ({"trigger": "seat-limit", "for": "3 days"}, "trigger seat-limit holds, for 3 days"),
        ({"fact": "days_left", "at_most": 30}, "days_left at most 30"),
        ({"fact": "room", "less_than": "20%"}, "room less than 20%"),
        ({"fact": "unspent", "at_least": 2000}, "unspent at least $2,000"),
    ],
)  # fmt: skip
def test_a_condition_is_a_sentence(written: dict[str, Any], said: str) -> None:
    assert _said(written) == said


def test_in_a_trigger_about_users_peers_are_people() -> None:
    ranked = {"event": "Export", "among_top": "5%", "over": "28 days"}
    assert _said(ranked, who="users") == "Export among the top 5% of people, over 28 days"
    said = _said({**ranked, "of": "plan"}, who="users")
    assert said == "Export among the top 5% of people whose accounts have the same plan, over 28 days"


def test_a_title_stands_for_the_name_of_a_ranked_fact() -> None:
    ranked = Condition.model_validate({"fact": "arr", "among_top": "10%", "of": "plan"})
    assert titled(ranked, FACTS, "USD") == "ARR among the top 10% of accounts with the same plan"


@pytest.mark.parametrize(
    ("fact", "kind"),
    [("unspent", "money"), ("odd", "number"), ("room", "percent"), ("days_left", "number"), ("bought", "number")],
)
def test_a_fact_made_of_facts_has_a_kind(fact: str, kind: str) -> None:
    assert kind_of(fact, FACTS) == kind
