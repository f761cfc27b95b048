"""What is proposed for tables of every kind: events or facts, and which column is what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.files.maps import read_map
from expansion.files.propose.looking import Table
from expansion.files.propose.map_text import facts_text, map_text
from expansion.files.propose.proposals import Proposal
from expansion.files.propose.propose import propose
from expansion.language.model.facts import Facts

Row = dict[str, Any]


def table(name: str, make: Callable[[int], Row], count: int = 24, **more: Any) -> Table:
    rows = [make(at) for at in range(count)]
    return Table(name, tuple(dict.fromkeys(column for row in rows for column in row)), rows, **more)


def proposed(name: str, make: Callable[[int], Row], count: int = 24, **more: Any) -> Proposal:
    (proposal,), sentences = propose([table(name, make, count, **more)])
    assert sentences == []
    assert read_map(map_text(proposal), name) == proposal.map
    return proposal


def events(name: str, make: Callable[[int], Row], **more: Any) -> dict[str, Any]:
    return proposed(name, make, **more).content["events"]


def facts(name: str, make: Callable[[int], Row], **more: Any) -> dict[str, Any]:
    return proposed(name, make, **more).content["facts"]


def doubts(proposal: Proposal) -> str:
    return "\n".join(doubt for word in proposal.words for doubt in word.doubts)


def plain(at: int) -> Row:
    return {"event_id": f"e{at}", "event": ("Login", "Export")[at % 2], "happened_at": f"2025-03-{at + 1:02}T10:00:00Z",
            "account_id": f"a{at % 3}", "user_id": f"u{at % 5}"}  # fmt: skip


# --- events -----------------------------------------------------------------------------------------------------------


def test_a_plain_table_of_events():
    assert events("events", plain) == {
        "id": "event_id", "event": "event", "time": "happened_at", "account": "account_id", "user": "user_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("support_tickets", "Support Ticket Opened"),
        ("2025-03 invoices", "Invoice Created"),
        ("page_events", "Page Event"),
        ("purchases", "Purchase Made"),
        ("daily_usage", "Daily Used"),
        ("cdnow_master", "Cdnow Event"),
        ("data", "Row Written"),
    ],
)
def test_a_table_of_one_kind_of_thing_gets_its_name(name, said):
    def make(at: int) -> Row:
        return {"id": at, "created_at": f"2025-03-{at + 1:02} 10:00", "account_id": f"a{at % 3}"}

    assert events(name, make)["event"] == {"always": said}


def test_without_an_id_rows_are_told_apart_by_what_they_say():
    def make(at: int) -> Row:
        return {"customer_id": f"{at % 4}", "date": f"199701{at % 9 + 10}", "cds": at % 2}

    proposal = proposed("purchases", make)
    assert proposal.content["events"]["id"] == {"made_from": "row"}
    assert proposal.content["events"]["time"] == "date"
    assert "two alike count as two" in doubts(proposal)


def test_what_a_sync_writes_anew_is_no_part_of_an_id():
    def make(at: int) -> Row:
        return {"visitor_id": f"v{at % 4}", "timestamp": f"2025-03-01 10:{at % 9:02}:00", "page_id": f"p{at % 2}",
                "_fivetran_synced": f"2025-03-02 10:{at:02}:00"}  # fmt: skip

    assert events("visits", make)["id"] == {"made_from": ["visitor_id", "timestamp", "page_id"]}


def test_an_id_that_few_rows_share_is_still_the_id():
    def make(at: int) -> Row:
        return {**plain(at % 28), "event_id": f"e{max(at, 1)}"}

    proposal = proposed("events", make, count=200)
    assert proposal.content["events"]["id"] == "event_id"
    assert "1 row with the id of another one" in doubts(proposal)


def test_two_columns_could_be_the_account():
    proposal = proposed("events", lambda at: {**plain(at), "org_id": f"o{at % 2}"})
    assert proposal.content["events"]["account"] == "account_id"
    assert "other columns that could be the account: org_id" in map_text(proposal)


def test_no_account_is_said_with_what_to_do():
    proposal = proposed("events", lambda at: {"ts": 1741000000 + at, "page": ("a", "b")[at % 2], "city": f"c{at % 6}"})
    assert "account" not in proposal.content["events"]
    assert any("import the people first" in note for note in proposal.notes)
    assert "such as city" in proposal.notes


def test_a_user_who_has_not_signed_in_is_known_by_the_device():
    def make(at: int) -> Row:
        return {**plain(at), "user_id": f"u{at}" if at % 2 else "", "anonymous_id": f"x{at}"}

    assert events("events", make)["user"] == ["user_id", "anonymous_id"]


def test_when_a_row_arrived():
    assert events("events", lambda at: {**plain(at), "received_at": f"2025-03-{at + 1:02}T10:05:00Z"})["received_at"]
    early = events("events", lambda at: {**plain(at), "received_at": "2024-01-01T00:00:00Z"})
    assert "received_at" not in early
    assert "received_at" not in events(
        "events", lambda at: {**plain(at), "_airbyte_extracted_at": "2025-04-01T00:00:00Z"}
    )


def test_a_day_and_a_time_of_day_in_two_columns():
    def make(at: int) -> Row:
        return {"id": at, "account_id": "a", "date": f"2025-03-{at + 1:02}", "clock": f"{at % 12:02}:30"}

    assert events("calls", make)["time"] == ["date", "clock"]


@pytest.mark.parametrize(
    ("flag", "value", "test"),
    [
        ("_fivetran_deleted", "false", True),
        ("is_deleted", "", True),
        ("archived", "no", True),
        ("deleted_at", "", {"exists": True}),
    ],
)
def test_deleted_rows_do_not_count(flag, value, test):
    assert events("events", lambda at: {**plain(at), flag: value})["leave_out"] == {flag: test}


def test_rows_that_change_take_the_place_of_the_stored_ones():
    assert events("tickets", lambda at: {**plain(at), "status": ("open", "solved")[at % 2]})["update"] is True


def test_a_rare_table_says_how_long_its_silences_are():
    def make(at: int) -> Row:
        return {
            "id": at,
            "account_id": f"a{at % 3}",
            "created_at": f"2025-{at % 12 + 1:02}-{at // 12 * 9 + 1:02}T10:00:00Z",
        }

    assert events("invoices", make)["late_after"] == "44 days"
    assert "late_after" not in events("invoices", make, is_whole=False)


def test_cents():
    made = events("charges", lambda at: {**plain(at), "amount_cents": 100 * at, "currency": "usd"})
    assert made["properties"] == {
        "amount_cents": {"from": "amount_cents", "as": "money", "divide_by": 100},
        "currency": "currency",
    }


def test_events_that_name_only_a_subscription_find_its_account_in_another_table():
    usage = table(
        "usage",
        lambda at: {"usage_id": f"u{at}", "subscription_id": f"s{at % 6}", "usage_date": f"2025-03-{at + 1:02}"},
    )
    subscriptions = table(
        "subscriptions", lambda at: {"subscription_id": f"s{at}", "account_id": f"a{at % 3}", "seats": at}, 6
    )
    (first, second, people), _ = propose([usage, subscriptions])
    assert first.content["events"]["user"] == "subscription_id"
    assert second.kind == "facts"
    assert people.content["facts"] == {
        "source": "files.people", "account": "account_id", "user": "subscription_id", "fields": [],
    }  # fmt: skip


def test_the_other_table_may_call_its_key_just_id():
    refunds = table(
        "refunds", lambda at: {"id": f"r{at}", "charge_id": f"c{at % 6}", "created": f"2025-03-{at + 1:02} 10:00"}
    )
    charges = table(
        "charges", lambda at: {"id": f"c{at}", "customer_id": f"a{at % 3}", "created": f"2025-02-{at + 1:02} 10:00"}, 6
    )
    (first, _, people), _ = propose([refunds, charges])
    assert first.content["events"]["user"] == "charge_id"
    assert people.content["facts"]["user"] == "id"


# --- inside objects ---------------------------------------------------------------------------------------------------


def test_the_account_is_inside_an_object():
    def make(at: int) -> Row:
        row = plain(at)
        return {
            **{name: row[name] for name in ("event_id", "event", "happened_at")},
            "who": {"org_id": row["account_id"]},
        }

    assert events("events", make, is_json=True)["account"] == "who.org_id"


def test_the_first_of_a_list_of_groups():
    def make(at: int) -> Row:
        return {"id": at, "event": "x", "time": 1741000000 + at, "groups": {"team": [f"t{at % 3}"]}}

    assert events("events", make, is_json=True)["account"] == "groups.team.0"


def test_keys_with_dots_are_a_way():
    def make(at: int) -> Row:
        return {"id": at, "event": "x", "time": 1741000000 + at, "properties": {"acme.app": {"company_id": "a"}}}

    assert events("events", make, is_json=True)["account"] == {"path": ["properties", "acme.app", "company_id"]}


def test_json_in_the_cells_of_a_csv_is_taken_apart():
    def make(at: int) -> Row:
        return {**plain(at), "payload": f'{{"rows": {at}, "plan": {{"tier": "Pro"}}, "tags": ["x"]}}'}

    assert events("events", make)["properties"] == {
        "rows": "payload.rows",
        "tier": "payload.plan.tier",
        "tags": "payload.tags",
    }


# --- how things are written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "order", "doubt"),
    [
        (lambda at: f"{at + 1}/03/2025 10:00", "day first", ""),
        (lambda at: f"03/{at + 1:02}/2025", "month first", ""),
        (lambda at: f"{at % 9 + 1}.03.2025", "day first", "no day above the 12th"),
        (lambda at: f"{at % 9 + 1}/3/25", "month first", "no day above the 12th"),
    ],
)
def test_dates_with_the_year_last(written, order, doubt):
    proposal = proposed("events", lambda at: {**plain(at), "happened_at": written(at)})
    assert proposal.content["events"]["dates"] == order
    assert doubt in doubts(proposal)


def test_a_decimal_comma():
    made = facts("accounts", lambda at: {"account_id": f"a{at}", "arr": f"1.{at:03},50", "seats": at})
    assert made["decimal"] == "comma"
    assert "decimal" not in facts("accounts", lambda at: {"account_id": f"a{at}", "arr": f"1,{at:03}.50"})
    assert "decimal" not in facts("accounts", lambda at: {"account_id": f"a{at}", "arr": f"1,{at:03}"})


def test_words_for_nothing():
    made = facts("accounts", lambda at: {"account_id": f"a{at}", "seats": "unknown" if at % 5 == 0 else str(at)})
    assert made["empty"][0] == "unknown"
    assert "NULL" in made["empty"], "the usual ones still count"
    plan = facts("accounts", lambda at: {"account_id": f"a{at}", "plan": ("none", "Pro", "Team")[at % 3]})
    assert "empty" not in plan, "none could be a plan"
    assert "empty" not in facts("accounts", lambda at: {"account_id": f"a{at}", "plan": ("NULL", "Pro")[at % 2]})


def test_times_without_a_zone_are_a_doubt():
    """As a comment: to say UTC would make each day of the table a day of UTC."""
    proposal = proposed("events", lambda at: {**plain(at), "happened_at": f"2025-03-{at + 1:02} 10:00:00"})
    assert "zone" not in proposal.content["events"]
    assert "  # zone: UTC  # 2025-03-01 10:00:00, 2025-03-02 10:00:00 has no zone and counts as UTC" in map_text(
        proposal
    )
    days = proposed("events", lambda at: {**plain(at), "happened_at": f"2025-03-{at + 1:02}"})
    assert "zone" not in map_text(days)


# --- facts ------------------------------------------------------------------------------------------------------------


def test_one_account_a_row():
    proposal = proposed(
        "accounts", lambda at: {"customerID": f"c{at}", "plan": "Pro", "signup_date": f"2024-01-{at + 1:02}"}
    )
    assert proposal.content["facts"] == {"account": "customerID", "fields": ["plan", "signup_date"]}
    assert any("say since when they are so: at: signup_date" in note for note in proposal.notes)


def test_accounts_that_have_just_an_id():
    made = facts(
        "crm_companies", lambda at: {"id": f"c{at}", "name": f"n{at}", "updated_at": f"2025-03-{at + 1:02} 10:00"}
    )
    assert (made["account"], made["at"], made["fields"]) == ("id", "updated_at", ["name"])


def test_people_of_accounts():
    made = facts("contacts", lambda at: {"id": f"p{at}", "company_id": f"c{at % 3}", "email": f"{at}@acme.example"})
    assert (made["source"], made["user"], made["account"]) == ("files.people", "id", "company_id")


def test_people_of_nobody_knows_whom():
    proposal = proposed("users", lambda at: {"id": f"p{at}", "email": f"{at}@acme.example"})
    assert proposal.content["facts"]["account"] == {"from": "email", "after": "@"}
    assert "no column says whose people these are" in doubts(proposal)


@pytest.mark.parametrize(
    "since_until", [("valid_from", "valid_to"), ("dbt_valid_from", "dbt_valid_to"), ("start_date", "end_date")]
)
def test_history_with_an_end(since_until):
    since, until = since_until

    def make(at: int) -> Row:
        return {
            "account_id": f"a{at % 3}",
            "seats": at,
            since: f"2025-01-{at + 1:02}",
            until: f"2025-02-{at + 1:02}" if at % 2 else "",
        }

    made = facts("plans", make)
    assert (made["at"], made["until"], made["fields"]) == (since, until, ["seats"])


def test_a_long_table():
    def make(at: int) -> Row:
        return {
            "account_id": f"a{at % 3}",
            "property_name": ("plan", "seats")[at % 2],
            "value": str(at),
            "changed_at": f"2025-01-{at + 1:02} 10:00",
        }

    proposal = proposed("properties", make)
    made = proposal.content["facts"]
    assert (made["name"], made["value"], made["at"]) == ("property_name", "value", "changed_at")
    assert set(proposal.vocabulary["facts"]) == {"plan", "seats"}


def test_an_account_with_several_rows_needs_a_rule():
    proposal = proposed("subscriptions", lambda at: {"account_id": f"a{at % 3}", "plan": "Pro", "mrr": at})
    assert proposal.content["facts"]["several_rows"] == {"largest": "mrr"}
    assert "3 of 3 have several rows that say different things" in doubts(proposal)


def test_a_row_for_each_account_and_day():
    def states(at: int) -> Row:
        return {"account_id": f"a{at % 3}", "day": f"2025-03-{at // 3 + 1:02}", "seats": at, "mrr": at}

    def counts(at: int) -> Row:
        return {"account_id": f"a{at % 3}", "day": f"2025-03-{at // 3 + 1:02}", "calls": at, "exports": at}

    assert facts("daily", states)["at"] == "day"
    assert events("daily", counts)["time"] == "day"


KINDS = {
    "seats": lambda at: at,
    "mrr": lambda at: f"{at}.50",
    "fee": lambda at: f"${at},000.00",
    "utilization": lambda at: f"0.{at}",
    "score": lambda at: f"{at}%",
    "is_trial": lambda at: ("t", "f")[at % 2],
    "user_count": lambda at: at % 2,
    "has_sso": lambda at: at % 2,
    "renewal": lambda at: f"2025-03-{at + 1:02}",
    "tags": lambda at: '["a", "b"]',
    "plan": lambda at: ("Team", "Pro")[at % 2],
    "nothing": lambda at: "",
}


def test_kinds_of_facts_yaml():
    proposal = proposed(
        "accounts", lambda at: {"account_id": f"a{at}", **{name: make(at) for name, make in KINDS.items()}}
    )
    kinds = {name: fact["kind"] for name, fact in proposal.vocabulary["facts"].items()}
    assert kinds == {
        "seats": "number", "mrr": "money", "fee": "money", "utilization": "percent", "score": "percent",
        "is_trial": "yes_no", "user_count": "number", "has_sso": "yes_no", "renewal": "date", "tags": "list",
        "plan": "text", "nothing": "text",
    }  # fmt: skip
    Facts.model_validate(proposal.vocabulary)
    assert "  mrr: {from: files.accounts, field: mrr, kind: money}" in facts_text(proposal)


# --- any table --------------------------------------------------------------------------------------------------------

NAMES = (
    "id", "account_id", "org_id", "Company", "user_id", "email", "event", "type", "name", "value", "ts", "created_at",
    "date", "updated_at", "valid_from", "valid_to", "status", "is_deleted", "deleted_at", "mrr", "properties",
    "groups", "a.b", "x: y", "#z", "_fivetran_synced", "received_at", "amount_cents", "seats", "día", "-",
)  # fmt: skip
CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", "NULL", "-", "n/a", "true", "No", "1", "0.5", "1,200.00", "1.200,5", "$5", "80%", "20250301"]),
    st.sampled_from(["2025-03-01", "2025-03-01 10:00:00", "2025-03-01T10:00:00Z", "03/04/2025", "31.12.2025", "10:30"]),
    st.sampled_from(['{"company_id": "a", "b.c": 1}', '["x"]', '[{"key": "org", "value": {"s": "a"}}]', "{no json}"]),
    st.sampled_from(["ana@acme.example", "acme", "beta\nline", "\x1b[0m", "é", "9999-12-31 23:59:59", "1741000000"]),
    st.integers(0, 2_000_000_000),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(["company_id", "a.b", "0", "x"]), st.sampled_from(["a", 1, None, ["l"]]), max_size=3
    ),
)


@st.composite
def any_table(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    pools = {name: draw(st.lists(CELLS, min_size=1, max_size=4)) for name in columns}
    numbered = draw(st.sets(st.sampled_from(columns)))
    rows = [
        {name: f"{name}{at}" if name in numbered else pools[name][at % len(pools[name])] for name in columns}
        for at in range(draw(st.integers(1, 12)))
    ]
    return Table(
        draw(st.sampled_from(["t", "accounts", "users", "events", "tickets"])),
        tuple(columns),
        rows,
        draw(st.booleans()),
    )


def test_names_and_values_of_nobody_are_no_long_table():
    table = Table("t", ("name", "value"), [{"name": "-", "value": "2025-03-01"}], is_whole=False)
    proposals, sentences = propose([table])
    assert not [one for one in proposals if "value" in one.map], "whose value it is, no column says"
    assert len(proposals) + len(sentences) == 1


@given(any_table())
@settings(max_examples=300, deadline=None)
def test_whatever_the_table_what_is_proposed_is_a_map_and_is_the_same_again(drawn: Table):
    proposals, sentences = propose([drawn])
    assert len(proposals) + len(sentences) == 1
    for proposal in proposals:
        text = map_text(proposal)
        assert read_map(text, "stdout") == proposal.map
        assert text == map_text(propose([drawn])[0][0])
        assert all(ch.isprintable() for ch in text.replace("\n", "")), "nothing steers a terminal"
        if proposal.vocabulary:
            Facts.model_validate(proposal.vocabulary)
