"""The sample data: believable, the same every time, and with every planted story really in it.

What each trigger asks is counted here in plain Python, apart from the evaluator, on the sample as the vendors hold it.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.all import make_sample
from sandbox.sample import AS_OF

MIDNIGHT = int(AS_OF.replace(hour=0).timestamp())
ADVANCED = {"single sign-on", "audit log", "data residency", "custom roles", "api limits"}
Event = dict[str, Any]


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return make_sample()


class Account:
    """One account of the sample as the trigger's author sees it."""

    def __init__(self, crm: dict[str, Any], group: dict[str, Any], events: list[Event], open_deals: int) -> None:
        self.crm, self.group, self.open_deals = crm, group, open_deals
        self.by_name: dict[str, list[tuple[int, Event]]] = defaultdict(list)
        for event in events:
            self.by_name[event["event"]].append((-((event["time"] - MIDNIGHT) // 86_400), event))

    def events(self, names: str | set[str], first: int, last: int) -> list[Event]:
        """Events of the days `first` to `last` before the check, both counted; 0 is the day of the check."""
        wanted = {names} if isinstance(names, str) else names
        return [event for name in wanted for day, event in self.by_name[name] if first <= day <= last]

    def seats(self, ago: int = 0) -> int:
        return len(people(self.events("Session Started", ago, ago + 27)))


def people(events: list[Event]) -> set[str]:
    return {event["distinct_id"] for event in events}


def days(events: list[Event]) -> set[int]:
    return {(event["time"] - MIDNIGHT) // 86_400 for event in events}


def of(events: list[Event], name: str) -> list[Any]:
    return [event["properties"].get(name) for event in events]


@pytest.fixture(scope="module")
def accounts(sample: dict[str, Any]) -> dict[str, Account]:
    home = {p["distinct_id"]: p["properties"]["company_id"] for p in sample["mixpanel"]["profiles"]}
    groups = {g["distinct_id"]: g["properties"] for g in sample["mixpanel"]["groups"]}
    unique = {(e["event"], e["distinct_id"], e["time"], e["insert_id"]): e for e in sample["mixpanel"]["events"]}
    events: dict[str | None, list[Event]] = defaultdict(list)
    for event in unique.values():
        events[event["properties"].get("company_id") or home.get(event["distinct_id"])].append(event)
    deals = Counter(d["AccountId"] for d in sample["salesforce"]["opportunities"] if not d["IsClosed"])
    return {
        crm["Product_Account_Id__c"]: Account(
            crm, groups[crm["Product_Account_Id__c"]], events[crm["Product_Account_Id__c"]], deals[crm["Id"]]
        )
        for crm in sample["salesforce"]["accounts"]
    }


# --- the triggers, counted by hand ------------------------------------------------------------------------------------


def seat_limit(a: Account) -> bool:
    bought = a.crm["Seats_Bought__c"]
    full = all(a.seats(ago) * 100 >= 80 * bought for ago in range(14))
    return full and (a.seats() - a.seats(28)) * 10 >= a.seats(28) and not a.open_deals


def storage_limit(a: Account) -> bool:
    uploads = a.events("Files Uploaded", 0, 27)
    full = a.group["storage_used_gb"] * 100 >= 85 * a.crm["Storage_GB_Bought__c"]
    return full and sum(of(uploads, "gb")) >= 10 and len(days(uploads)) >= 3


def api_outgrowing_plan(a: Account) -> bool:
    def grew(ago: int) -> bool:
        now = sum(of(a.events("API Calls Made", ago, ago + 27), "calls"))
        was = sum(of(a.events("API Calls Made", ago + 28, ago + 55), "calls"))
        return was >= 50_000 and (now - was) * 5 >= was

    full = a.group["api_calls_28d"] * 10 >= 9 * a.crm["API_Calls_Included__c"]
    return full and all(grew(ago) for ago in range(5))


def premium_features_growing(a: Account) -> bool:
    now, was = a.events("Premium Feature Used", 0, 27), a.events("Premium Feature Used", 28, 55)
    grew = len(was) >= 20 and (len(now) - len(was)) * 2 >= len(was)
    return mid_plan(a) and grew and len(people(now)) >= 3 and len(set(of(now, "feature"))) >= 2


def teams_collaborating(a: Account) -> bool:
    shared = [e for e in a.events({"Board Shared", "Comment Added"}, 0, 27) if e["properties"]["across_teams"]]
    departments = set(of(a.events("Member Joined", 0, 41), "department"))
    return mid_plan(a) and len(departments) >= 3 and len(shared) >= 8 and len(people(shared)) >= 4


def paywall_several_people(a: Account) -> bool:
    hits = a.events("Paywall Viewed", 0, 13)
    return mid_plan(a) and len(hits) >= 5 and len(people(hits)) >= 3 and len(days(hits)) >= 3


def advanced_support_questions(a: Account) -> bool:
    asked = [e for e in a.events("Support Question Asked", 0, 27) if e["properties"]["topic"] in ADVANCED]
    return mid_plan(a) and len(asked) >= 3 and len(people(asked)) >= 2


def beyond_first_use_case(a: Account) -> bool:
    boards = a.events("Board Created", 0, 55)
    return mid_plan(a) and len(set(of(boards, "use_case"))) >= 3 and len(people(boards)) >= 3 and len(days(boards)) >= 4


def mid_plan(a: Account) -> bool:
    return a.crm["Plan__c"] in ("Team", "Business")


BY_HAND: dict[str, tuple[Callable[[Account], bool], str | None]] = {
    "seat-limit": (seat_limit, "Seats_Bought__c"),
    "storage-limit": (storage_limit, "Storage_GB_Bought__c"),
    "api-outgrowing-plan": (api_outgrowing_plan, "API_Calls_Included__c"),
    "premium-features-growing": (premium_features_growing, None),
    "teams-collaborating": (teams_collaborating, None),
    "paywall-several-people": (paywall_several_people, None),
    "advanced-support-questions": (advanced_support_questions, None),
    "beyond-first-use-case": (beyond_first_use_case, None),
}


@pytest.mark.parametrize("trigger", BY_HAND)
def test_every_planted_story_is_there_and_no_other(
    sample: dict[str, Any], accounts: dict[str, Account], trigger: str
) -> None:
    holds, needs = BY_HAND[trigger]
    told = {one["id"]: one for one in sample["accounts"]}
    asked = {i: a for i, a in accounts.items() if a.crm["Plan__c"] != "Free"}
    unknown = {i for i, a in asked.items() if needs and a.crm[needs] is None}
    found = {i for i, a in asked.items() if i not in unknown and holds(a)}
    assert {told[i]["story"] for i in found} == {t["story"] for t in told.values() if trigger in t["fires"]}
    assert found == {i for i, t in told.items() if trigger in t["fires"]}
    assert {i for i in unknown if told[i]["unknown"]} == {i for i, t in told.items() if trigger in t["unknown"]}


def test_the_edges_are_exactly_on_the_threshold(sample: dict[str, Any], accounts: dict[str, Account]) -> None:
    edge = accounts[next(a["id"] for a in sample["accounts"] if a["story"] == "seats-exactly-at-the-edge")]
    assert (edge.seats(), edge.seats(13), edge.seats(28), edge.crm["Seats_Bought__c"]) == (44, 44, 40, 55)


# --- what it is made of -----------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_data_and_another_seed_other_data(sample: dict[str, Any]) -> None:
    assert make_sample() == sample
    assert make_sample(seed=8)["salesforce"] != sample["salesforce"]


def test_it_is_json_and_quick_to_make(sample: dict[str, Any]) -> None:
    assert json.loads(json.dumps(sample)) == sample
    begun = time.process_time()  # of this process alone: others may keep the machine busy
    make_sample()
    assert time.process_time() - begun < 3


def test_its_size(sample: dict[str, Any]) -> None:
    assert (
        len(sample["accounts"]) == len(sample["salesforce"]["accounts"]) == len(sample["hubspot"]["companies"]) == 160
    )
    assert 60_000 <= len(sample["mixpanel"]["events"]) <= 120_000
    first = min(event["time"] for event in sample["mixpanel"]["events"])
    assert AS_OF - timedelta(days=121) < AS_OF.fromtimestamp(first, AS_OF.tzinfo) < AS_OF - timedelta(days=118)


def test_a_small_sample_keeps_the_stories_that_fit() -> None:
    small = make_sample(accounts=12)
    assert len(small["accounts"]) == 12
    assert small["accounts"][0]["fires"] == ["seat-limit"]


def test_ids_and_names_are_unique_and_belong_to_nobody(sample: dict[str, Any]) -> None:
    for records, key in ((sample["salesforce"]["accounts"], "Id"), (sample["hubspot"]["companies"], "id")):
        assert len({record[key] for record in records}) == len(records)
    profiles = sample["mixpanel"]["profiles"]
    assert (
        len({p["distinct_id"] for p in profiles}) == len({p["properties"]["$email"] for p in profiles}) == len(profiles)
    )
    assert all(p["properties"]["$email"].endswith(".example") for p in profiles)
    assert all(len(account["Id"]) == 18 for account in sample["salesforce"]["accounts"])


def test_some_events_come_twice_late_without_an_account_or_from_nobody(sample: dict[str, Any]) -> None:
    events = sample["mixpanel"]["events"]
    times = Counter((e["event"], e["distinct_id"], e["time"], e["insert_id"]) for e in events)
    assert sum(1 for count in times.values() if count > 1) > 300
    late = [e for e in events if e.get("received", 0) - e["time"] > 3600]
    assert len(late) > 300
    assert all(e["time"] < e.get("received", e["time"] + 2) <= AS_OF.timestamp() for e in events)
    assert 100 < sum(1 for e in events if not e["properties"].get("company_id") and e["distinct_id"][:2] == "u-") < 400
    assert sum(1 for e in events if e["distinct_id"].startswith("$device:")) == 20


def test_every_kind_of_awkward_account_is_there(sample: dict[str, Any]) -> None:
    crm = sample["salesforce"]["accounts"]
    inactive = {user["Id"] for user in sample["salesforce"]["users"] if not user["IsActive"]}
    assert any(account["OwnerId"] is None for account in crm)
    assert any(account["OwnerId"] in inactive for account in crm)
    assert any(account["ParentId"] == other["Id"] for account in crm for other in crm)
    assert {None} < {account["Seats_Bought__c"] for account in crm}
    assert sum(account["Is_Internal__c"] for account in crm) == 1
    assert {"red", "yellow", "green"} == {account["Health__c"] for account in crm}
    assert {"Proposal", "Closed Won", "Closed Lost"} == {d["StageName"] for d in sample["salesforce"]["opportunities"]}


def test_the_systems_know_the_same_accounts_and_people(sample: dict[str, Any]) -> None:
    ours = {account["id"] for account in sample["accounts"]}
    assert {a["Product_Account_Id__c"] for a in sample["salesforce"]["accounts"]} == ours
    assert {c["properties"]["product_account_id"] for c in sample["hubspot"]["companies"]} == ours
    assert {g["distinct_id"] for g in sample["mixpanel"]["groups"]} == ours
    people_known = {p["distinct_id"] for p in sample["mixpanel"]["profiles"]}
    assert {contact["external_id"] for contact in sample["intercom"]["contacts"]} == people_known
    assert set(sample["mixpanel"]["cohorts"][0]["members"]) < people_known
    assert {channel["name"] for channel in sample["slack"]["channels"]} == {"expansion", "expansion-enterprise"}
