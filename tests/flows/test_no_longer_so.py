"""What outside systems no longer say, from their answers to the decision: deleted, moved, doubled, renamed, silent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from expansion.files.import_files import import_files
from expansion.usage.forms.duck import one
from jobs.decide import decide_all, evaluate, record, triggers_to_check
from jobs.deliver import Pieces
from jobs.place import Place
from jobs.pull import Pulled, pull_one, pulls
from sandbox.all import stand_ins
from sandbox.kit.server import Server, State, build_app
from sandbox.settings import settings

FACTS = """\
events:
  - {from: mixpanel.export, account: company_id}
facts:
  account_name: {from: salesforce.account, field: Name, kind: text}
  seats: {from: salesforce.account, field: Seats_Bought__c, kind: number}
  no_contact: {from: salesforce.account, field: Do_Not_Contact__c, kind: yes_no}
  stage: {from: hubspot.company, field: lifecyclestage, kind: text}
people:
  admins: {field: role, is: admin}
"""
POLICY = """\
time_zone: Europe/London
currency: USD
working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:30"}
account: {name: account_name}
owners: {fallback: dana@seller.example}
tiers:
  plan_change: {title: A bigger plan, worth: {flat: 3_600}, likely: 25%}
suppress:
  - reason: Do not contact
    when: [{fact: no_contact, is: true}]
"""
TRIGGERS = {
    "blocked": "{event: Export Blocked, at_least: 1, over: 14 days}",
    "big": "{fact: seats, at_least: 100}",
    "lead": "{fact: stage, is: customer}",
}
TRIGGER = """\
trigger: {name}
title: {name}
owner: dana@seller.example
status: live
first_run: act
check: hourly
when:
  - {when}
leads_to: plan_change
then: {{playbook: nudge}}
"""
NUDGE = """\
playbook: nudge
title: Nudge
steps:
  - id: nudge
    do: intercom.enrol_in_series
    with: {series: Exports, tag: exports, people: admins}
"""


LATER = datetime(2100, 1, 1, tzinfo=UTC)  # the stand-ins merge by the clock of the machine


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def _account(n: int) -> dict[str, Any]:
    given = {"Id": f"0015e0000000{n:03}AAA", "Name": f"Customer {n}", "Seats_Bought__c": 150}
    given |= {"Product_Account_Id__c": f"a-{n}", "LastModifiedDate": "2026-01-05T09:00:00.000+0000"}
    return given | {"Do_Not_Contact__c": n == 2}


def _company(n: int) -> dict[str, Any]:
    properties = {"name": f"Customer {n}", "product_account_id": f"a-{n}", "lifecyclestage": "customer"}
    return {"id": str(9000 + n), "properties": properties}


def _profile(user: str, account: str) -> dict[str, Any]:
    return {"distinct_id": user, "properties": {"$email": f"{user}@x.example", "role": "admin", "company_id": account}}


def _event(n: int, account: str | None, user: str = "ana") -> dict[str, Any]:
    given = {"event": "Export Blocked", "distinct_id": user, "time": int(at(6, n).timestamp()), "insert_id": f"i-{n}"}
    return given | {"properties": {"company_id": account} if account else {}}


SAMPLE = {
    "salesforce": {"users": [], "accounts": [_account(n) for n in (1, 2, 3)], "opportunities": []},
    "hubspot": {"owners": [], "companies": [_company(n) for n in (1, 2)]},
    "mixpanel": {
        "events": [_event(n, f"a-{n}", "zoe") for n in (1, 2, 3)],
        "profiles": [_profile(user, "a-1") for user in ("ana", "ben", "cem")],
        "groups": [],
        "cohorts": [],
    },
    "intercom": {"contacts": []},
}


@dataclass(frozen=True)
class Town:
    """The outside world, and what one does with the product."""

    state: State
    members: Mapping[str, Any]

    def pull(self, now: datetime, *, only: str = "") -> list[Pulled]:
        place = Place()
        try:
            return [pull_one(place, one, now) for one in pulls(place) if one.source.startswith(only)]
        finally:
            place.close()

    def answer(self, trigger: str, account: str, now: datetime) -> str:
        place = Place()
        try:
            found = evaluate(place, place.definitions, triggers_to_check(place.definitions, [trigger]), now).answers[
                trigger
            ]
            return "yes" if account in found.yes else found.unknown.get(account, "no")
        finally:
            place.close()

    def events_of(self, account: str, now: datetime) -> int:
        """How many events are known of an account."""
        place = Place()
        try:
            source = place.evaluator(place.definitions, now).source
            events = source.events_of(account, [], now)
            return one(source.con, f"SELECT count(*) FROM {events} WHERE account_id = '{account}'")
        finally:
            place.close()

    def decided(self, trigger: str, now: datetime) -> dict[str, tuple[str, list[str]]]:
        """By account the reason, and whom the first step reaches."""
        place = Place()
        try:
            made = decide_all(
                place, evaluate(place, place.definitions, triggers_to_check(place.definitions, [trigger]), now), now
            ).firings
            return {one.account_id: (one.reason, _people(one.steps)) for one in made}
        finally:
            place.close()


def _people(steps: Any) -> list[str]:
    return [person["user_id"] for step in steps for person in (step.input or {}).get("people", ())]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    files = {"shared/facts.yaml": FACTS, "shared/policy.yaml": POLICY, "nudge.yaml": NUDGE}
    files |= {f"triggers/{name}.yaml": TRIGGER.format(name=name, when=when) for name, when in TRIGGERS.items()}
    for name, text in files.items():
        path = tmp_path / "playbooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    state = State()
    members = {member.name: member for member in stand_ins(state)}
    for member in members.values():
        member.load(SAMPLE)
    with Server(build_app(state, list(members.values()))) as url:
        for name, value in settings(url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("EXPANSION_FIRST_PULL_DAYS", "30")
        monkeypatch.chdir(tmp_path)
        yield Town(state, members)


def problems(pulled: list[Pulled]) -> list[str]:
    return [one.problem for one in pulled if one.problem]


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_that_was_deleted_in_the_crm_is_not_known_any_more_and_is_again_when_it_is_back(town: Town) -> None:
    assert problems(town.pull(at(7))) == []
    gone = town.members["salesforce"].org.get("Account", _account(1)["Id"])
    town.state.delete("salesforce.Account", _account(1)["Id"])
    town.pull(at(8))
    assert town.answer("big", "a-1", at(8)) == "salesforce.account no longer has a record of this account"
    assert (town.answer("big", "a-3", at(8)), town.answer("big", "a-1", at(7))) == ("yes", "yes")
    town.members["salesforce"].org.put("Account", gone)
    town.pull(at(9))
    assert town.answer("big", "a-1", at(9)) == "yes"


def test_an_account_that_is_there_twice_is_not_known_any_more(town: Town) -> None:
    town.pull(at(7))
    org = town.members["salesforce"].org
    org.put("Account", {**(org.get("Account", _account(1)["Id"]) or {}), "Id": "0015e0000000999AAA"})
    town.pull(at(8))
    said = "salesforce.account has several records of this account, and nobody knows which is meant"
    assert town.answer("big", "a-1", at(8)) == said


def test_a_company_whose_id_was_given_to_another_account_is_known_there(town: Town) -> None:
    town.pull(at(7))
    town.members["hubspot"].portal.update("companies", "9001", {"product_account_id": "a-3"})
    town.pull(at(8))
    assert town.answer("lead", "a-3", at(8)) == "yes"
    assert town.answer("lead", "a-1", at(8)) == "hubspot.company no longer has a record of this account"


def test_accounts_that_were_merged_in_a_crm_are_one_with_the_history_of_both(town: Town) -> None:
    town.pull(at(7))
    town.members["salesforce"].org.merge(_account(1)["Id"], _account(3)["Id"])
    assert problems(town.pull(LATER, only="salesforce")) == []
    assert (town.events_of("a-1", LATER), town.events_of("a-3", LATER)) == (2, 0)
    assert (town.events_of("a-1", at(8)), town.events_of("a-3", at(8))) == (1, 1)


def test_companies_that_were_merged_in_a_crm_are_one(town: Town) -> None:
    town.pull(at(7))
    town.members["hubspot"].portal.merge_companies("9001", "9002")
    assert problems(town.pull(LATER, only="hubspot")) == []
    place = Place()
    assert {was: one.id for was, one in place.ids(LATER).accounts.items()} == {"a-2": "a-1"}
    place.close()


def test_a_system_that_is_down_ends_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.pull(at(7))
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong")
    assert len(problems(town.pull(at(8), only="salesforce.account"))) == 1
    assert town.answer("big", "a-1", at(8)) == "yes"


def test_a_field_that_the_crm_has_no_more_is_a_problem_and_the_others_are_read(town: Town) -> None:
    town.pull(at(7))
    facts = Path("playbooks/shared/facts.yaml")
    facts.write_text(
        facts.read_text().replace(
            "lifecyclestage, kind: text}",
            "lifecyclestage, kind: text}\n  x: {from: hubspot.company, field: gone_now, kind: text}",
        )
    )
    town.members["hubspot"].portal.update("companies", "9001", {"lifecyclestage": "lead"})
    (problem,) = problems(town.pull(at(8)))
    assert "no property `gone_now`" in problem
    assert town.answer("lead", "a-1", at(8)) == "no"


# --- people -----------------------------------------------------------------------------------------------------------


def test_who_moved_or_was_deleted_is_not_nudged_for_the_former_customer(town: Town) -> None:
    town.pull(at(7))
    assert town.decided("blocked", at(7))["a-1"][1] == ["ana", "ben", "cem"]
    town.state.put("mixpanel.profiles", "ana", _profile("ana", "a-3")["properties"])
    town.state.delete("mixpanel.profiles", "cem")
    town.members["mixpanel"].load({"mixpanel": {"events": [_event(10, None, "ana")]}})
    assert {one.rejects for one in town.pull(at(8))} == {0}
    decided = town.decided("blocked", at(8))
    assert (decided["a-1"][1], decided["a-3"][1]) == (["ben"], ["ana"])
    assert town.decided("blocked", at(7))["a-1"][1] == ["ana", "ben", "cem"]


def test_who_leaves_after_it_was_decided_gets_nothing_of_what_waited_meanwhile(town: Town) -> None:
    town.pull(at(7))
    place = Place()
    run_id = place.ledger.start_run("expansion", as_of=at(7), now=at(7))
    asked = evaluate(place, place.definitions, triggers_to_check(place.definitions, ["blocked"]), at(7))
    record(place, run_id, decide_all(place, asked, at(7)), at(7))
    place.close()
    town.state.put("mixpanel.profiles", "ana", _profile("ana", "a-3")["properties"])
    town.pull(at(8))
    place = Place()
    due = place.ledger.claim("intercom.enrol_in_series", 10, "here", at(8), timedelta(minutes=5))
    pieces = {step.account_id: Pieces(place, at(8)).of(step).input for step in due}
    place.close()
    assert [one["user_id"] for one in pieces["a-1"].model_dump()["people"]] == ["ben", "cem"]


def test_in_an_account_that_was_split_each_part_counts_and_is_nudged_for_its_own(town: Town) -> None:
    town.members["mixpanel"].load({"mixpanel": {"events": [_event(10, "a-1", "ana"), _event(11, "a-1", "ben")]}})
    town.pull(at(7))
    assert (town.events_of("a-1", at(7)), town.events_of("a-3", at(7))) == (3, 1)
    Path("split.csv").write_text("person,was,now,since,role\nana,a-1,a-3,2026-03-06,admin\n")
    for name, text in (
        ("split.yaml", "merges: {of: account, user: person, former: was, id: now, at: since}\n"),
        ("people.yaml", "facts: {source: files.people, user: person, account: now, fields: [role]}\n"),
    ):
        Path(name).write_text(text)
        place = Place()
        import_files(place.store, ["split.csv"], Path(name), at(8), zone="Europe/London")
        place.close()
    assert (town.events_of("a-1", at(8)), town.events_of("a-3", at(8))) == (2, 2)
    decided = town.decided("blocked", at(8))
    assert (decided["a-1"][1], decided["a-3"][1]) == (["ben", "cem"], ["ana"])


# --- guard rails ------------------------------------------------------------------------------------------------------


def test_while_the_crm_was_never_read_nobody_is_written_to_whom_it_may_forbid(town: Town) -> None:
    town.pull(at(7), only="mixpanel")
    why = "left alone for now: nobody can tell whether this holds: Do not contact (salesforce.account was never pulled)"
    assert {account: reason for account, (reason, _) in town.decided("blocked", at(7)).items()} == dict.fromkeys(
        ("a-1", "a-2", "a-3"), why
    )
    town.pull(at(7, 10))
    decided = town.decided("blocked", at(7, 10))
    assert decided["a-2"][0] == "left alone: Do not contact"
    assert decided["a-1"] == ("starts playbook nudge", ["ana", "ben", "cem"])
