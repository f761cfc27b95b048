"""Outcomes: what follows from events and facts as they were known, and what is told, each once and none that leaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import EventRow, FactRecord, Merge, Outcome
from expansion.language.model.outcomes import OutcomeFrom
from expansion.language.model.policy import Policy
from expansion.language.yaml.files import Folder
from expansion.measure.counted import counted, named
from expansion.records.outcomes import OutcomeRecord
from expansion.usage.facts import add_facts
from expansion.usage.identity.merges import add_merges
from expansion.usage.import_events import import_rows
from jobs.definitions import Definitions
from jobs.outcomes import collect, collected
from jobs.place import Place
from jobs.settings import Settings
from tests.world import FACTS, PLAYBOOKS, POLICY, TRIGGERS

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BY_EVENT = "{event: Plan Upgraded, is: expansion, tier: plan_change, amount: added_arr}"
BY_FACT = "{fact: arr, rises: 5%, falls: 10%}"


class Company:
    """A folder with its store and its ledger, and ways to fill them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = Place(Settings(playbooks=root / "playbooks", home=root / "home", sources=root / "sources"))
        self.says()

    def says(self, *rules: str) -> Company:
        """With these rules under `outcomes` of policy.yaml."""
        policy = POLICY + (f"outcomes: [{', '.join(rules)}]\n" if rules else "")
        files = {"shared/facts": FACTS, "shared/policy": policy}
        files |= {f"triggers/{name}": text for name, text in TRIGGERS.items()} | PLAYBOOKS
        for name, text in files.items():
            path = self.root / "playbooks" / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.place.__dict__.pop("definitions", None)
        return self

    def event(
        self, key: str, at: datetime, account: str = "acme", arrived: datetime | None = None, **more: Any
    ) -> None:
        name = more.pop("event", "Plan Upgraded")
        row = EventRow(key, name, at, account, "ana", more, received_at=arrived or at)
        import_rows(self.place.store, "mixpanel.export", [row], None)

    def arr(self, value: Any, at: datetime, account: str = "acme", seen: datetime | None = None) -> None:
        record = FactRecord("salesforce.account", account, {"ARR__c": value}, at=at)
        add_facts(self.place.store, "salesforce.account", [record], seen or at, asked=["ARR__c"])

    def found(self, until: datetime = NOW) -> list[tuple[Any, ...]]:
        return [(one.account_id, one.kind, one.at, one.amount) for one in collect(self.place, until)]


@pytest.fixture
def company(tmp_path: Path) -> Any:
    company = Company(tmp_path)
    yield company
    company.place.close()


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_is_an_outcome_with_its_amount(company: Company) -> None:
    company.says(BY_EVENT).event("e-1", NOW - 9 * DAY, added_arr="1200.50")
    [one] = collect(company.place, NOW)
    assert (one.account_id, one.kind, one.at, one.tier) == ("acme", "expansion", NOW - 9 * DAY, "plan_change")
    assert (one.amount, one.currency, one.key) == (Decimal("1200.50"), "USD", ("event Plan Upgraded", "e-1"))


def test_an_event_is_not_known_before_it_has_arrived(company: Company) -> None:
    company.says(BY_EVENT).event("e-1", NOW - 9 * DAY, arrived=NOW - 5 * DAY)
    assert company.found(NOW - 6 * DAY) == []
    [one] = collect(company.place, NOW - 5 * DAY)
    assert one.known_at == NOW - 5 * DAY


def test_only_events_that_fit_are_outcomes(company: Company) -> None:
    company.says("{event: Plan Changed, is: contraction, where: {seats: {less_than: 0}}, amount: delta}")
    company.event("e-1", NOW - 9 * DAY, event="Plan Changed", seats=-5, delta=-600)
    company.event("e-2", NOW - 8 * DAY, event="Plan Changed", seats=5, delta=600)
    company.event("e-3", NOW - 7 * DAY, event="Plan Viewed", seats=-5)
    assert company.found() == [("acme", "contraction", NOW - 9 * DAY, Decimal(600))]


@pytest.mark.parametrize("said", ["lots", "", "JPY 5000", "-5", None])
def test_an_amount_that_is_none_is_no_amount(company: Company, said: str | None) -> None:
    company.says(BY_EVENT).event("e-1", NOW - 9 * DAY, added_arr=said)
    [one] = collect(company.place, NOW)
    assert (one.amount, one.currency) == (None, None)


def test_an_event_that_two_rules_take_counts_once_by_the_first(company: Company) -> None:
    company.says(BY_EVENT, "{event: Plan Upgraded, is: contraction}").event("e-1", NOW - 9 * DAY)
    assert [one.kind for one in collect(company.place, NOW)] == ["expansion"]


# --- facts ------------------------------------------------------------------------------------------------------------


def test_a_fact_that_changes_enough_is_an_outcome_with_the_exact_difference(company: Company) -> None:
    company.says(BY_FACT)
    for back, value in ((40, "1000.10"), (30, "1050.00"), (20, "1155.00"), (10, "1000"), (5, "901")):
        company.arr(value, NOW - back * DAY)
    assert company.found() == [
        ("acme", "expansion", NOW - 20 * DAY, Decimal("105.00")),
        ("acme", "contraction", NOW - 10 * DAY, Decimal("155.00")),
    ], "a rise of 4.99 % and a fall of 9.9 % are none"


def test_the_border_itself_counts(company: Company) -> None:
    company.says(BY_FACT).arr("1000", NOW - 20 * DAY)
    company.arr("1050", NOW - 10 * DAY)
    assert [amount for *_, amount in company.found()] == [Decimal(50)]


def test_the_first_value_is_no_change_and_what_is_not_known_for_a_while_is_none(company: Company) -> None:
    company.says(BY_FACT).arr("1000", NOW - 40 * DAY)
    company.arr("soon", NOW - 30 * DAY)
    company.arr("", NOW - 20 * DAY)
    company.arr("1001", NOW - 10 * DAY)
    assert company.found() == []


def test_who_paid_nothing_and_pays_now_has_expanded(company: Company) -> None:
    company.says(BY_FACT).arr("0", NOW - 20 * DAY)
    company.arr("500", NOW - 10 * DAY)
    assert company.found() == [("acme", "expansion", NOW - 10 * DAY, Decimal(500))]


def test_a_change_is_known_once_both_values_are(company: Company) -> None:
    company.says(BY_FACT).arr("1000", NOW - 40 * DAY)
    company.arr("2000", NOW - 20 * DAY, seen=NOW - 3 * DAY)
    assert company.found(NOW - 4 * DAY) == []
    [one] = collect(company.place, NOW - 3 * DAY)
    assert (one.at, one.known_at) == (NOW - 20 * DAY, NOW - 3 * DAY)


def test_a_number_that_changes_has_no_amount(company: Company) -> None:
    company.says("{fact: seats_bought, rises: 10%, tier: plan_change}")
    for back, seats in ((20, 10), (10, 20)):
        record = FactRecord("salesforce.account", "acme", {"Seats_Bought__c": seats}, at=NOW - back * DAY)
        add_facts(company.place.store, "salesforce.account", [record], NOW - back * DAY, asked=["Seats_Bought__c"])
    [one] = collect(company.place, NOW)
    assert (one.amount, one.currency, one.tier) == (None, None, "plan_change")


# --- what was told, and who it is about -------------------------------------------------------------------------------


def won(remote_id: str = "d-1", at: datetime = NOW - 9 * DAY, **rest: Any) -> Outcome:
    given = {"source": "files.outcomes", "account_id": "acme", "kind": "expansion", "at": at} | rest
    return Outcome(**given, remote_id=remote_id)


def test_what_was_told_counts_beside_what_follows_each_once(company: Company) -> None:
    company.says(BY_EVENT).event("e-1", NOW - 20 * DAY)
    company.place.ledger.add_outcomes([won()], NOW - 5 * DAY)
    assert [one.source for one in collect(company.place, NOW)] == ["event Plan Upgraded", "files.outcomes"]
    assert [one.source for one in collect(company.place, NOW - 6 * DAY)] == ["event Plan Upgraded"]


def test_accounts_that_were_merged_go_by_the_id_of_now(company: Company) -> None:
    company.says(BY_EVENT, BY_FACT).event("e-1", NOW - 20 * DAY, account="acme-old")
    company.arr("100", NOW - 30 * DAY, account="acme-old")
    company.arr("900", NOW - 8 * DAY, account="acme-old")
    company.place.ledger.add_outcomes([won(account_id="acme-old")], NOW - 9 * DAY)
    add_merges(company.place.store, [Merge("crm.merged", "account", "acme-old", "acme", NOW - 5 * DAY)], NOW - 5 * DAY)
    assert {account for account, *_ in company.found(NOW)} == {"acme"}
    assert {account for account, *_ in company.found(NOW - 6 * DAY)} == {"acme-old"}
    assert len(company.found()) == 3


def test_what_cannot_be_placed_counts_nowhere_and_says_why(company: Company) -> None:
    company.event("e-1", NOW - 20 * DAY, event="Report Exported")
    told = [
        won("good"),
        won("early", at=NOW - 21 * DAY),
        won("nobody", account_id="initech"),
        won("abroad", amount=Decimal(5), currency="EUR"),
        won("ahead", at=NOW + DAY),
    ]
    company.place.ledger.add_outcomes(told, NOW - 5 * DAY)
    found = collected(company.place, NOW)
    assert [one.remote_id for one in found.outcomes] == ["good"]
    said = {one.outcome.remote_id: one.why for one in found.apart}
    assert said["early"].startswith("it is from before anything is known of the account (2026-05-12)")
    assert said["nobody"].startswith("nothing is known of an account of this id")
    assert said["abroad"] == "it is in EUR, and policy.yaml counts in USD"
    assert said["ahead"].startswith("it lies in the future")


def test_a_draft_of_the_policy_says_what_counts(company: Company) -> None:
    company.event("e-1", NOW - 9 * DAY)
    assert company.found() == []
    draft = company.says(BY_EVENT).place.definitions
    company.says()
    assert isinstance(draft, Definitions) and draft.files == Folder(company.root / "playbooks")
    assert [one.remote_id for one in collect(company.place, NOW, draft)] == ["e-1"]


def test_nothing_is_written_by_looking(company: Company) -> None:
    company.says(BY_EVENT).event("e-1", NOW - 9 * DAY)
    assert company.found()
    assert not company.place.has_ledger


def test_without_rules_and_without_anything_told_there_is_nothing(company: Company) -> None:
    assert collected(company.place, NOW) == counted([], company.place.definitions.workspace.policy, {}, NOW)


def test_nothing_that_is_planted_later_changes_what_was_known(company: Company) -> None:
    """Events, facts, outcomes, merges and corrections that came after a moment, about the time before it."""
    company.says(BY_EVENT, BY_FACT).event("e-1", NOW - 30 * DAY, added_arr=5)
    company.arr("100", NOW - 40 * DAY)
    company.arr("200", NOW - 25 * DAY)
    company.place.ledger.add_outcomes([won(amount=Decimal(9), currency="USD")], NOW - 9 * DAY)
    moment = NOW - 6 * DAY
    before = collected(company.place, moment)
    assert len(before.outcomes) == 3

    later = NOW - DAY
    company.event("e-2", NOW - 31 * DAY, arrived=later)
    company.event("e-0", NOW - 400 * DAY, arrived=later, event="Report Exported")
    company.arr("900", NOW - 39 * DAY, seen=later)
    told = [won(amount=Decimal(1), currency="USD"), won("d-2"), won("d-3", account_id="globex")]
    company.place.ledger.add_outcomes(told, later)
    add_merges(company.place.store, [Merge("crm.merged", "account", "acme", "globex", later)], later)
    company.place.close()
    fresh = Place(company.place.settings)
    assert collected(fresh, moment) == before
    assert collected(fresh, NOW) != before
    fresh.close()


# --- which of what systems tell is meant ------------------------------------------------------------------------------


def told(called: str | None, source: str = "crm.won", **rest: Any) -> OutcomeRecord:
    given: dict[str, Any] = {"account_id": "acme", "kind": "expansion", "at": NOW, "tier": None, "amount": None}
    given |= {"currency": None, "remote_id": called or "", "known_at": NOW} | rest
    return OutcomeRecord(source=source, called=called, **given)


def rule(**words: Any) -> OutcomeFrom:
    return OutcomeFrom.model_validate({"from": "crm.won"} | words)


def test_of_what_a_system_tells_counts_what_is_called_so() -> None:
    every = [told("Upsell"), told(" upsell "), told("New Business"), told(None)]
    assert named(every, [rule(called=["Upsell"])], {"crm.won"}) == every[:2]
    assert named(every, [rule()], {"crm.won"}) == every
    assert named(every, [], {"crm.won"}) == [], "a system that nobody names"


def test_the_first_rule_that_takes_it_says_what_it_is() -> None:
    rules = [rule(called=["Downsell"], **{"is": "contraction"}), rule(tier="add_on")]
    found = named([told("Downsell"), told("Upsell"), told("Upsell", tier="seats")], rules, {"crm.won"})
    assert [(one.kind, one.tier) for one in found] == [
        ("contraction", None),
        ("expansion", "add_on"),
        ("expansion", "add_on"),
    ]


def test_what_people_wrote_down_counts_without_a_rule() -> None:
    assert named([told(None, source="expansion outcome")], [rule()], {"crm.won"}) != []


def test_a_tier_that_the_policy_has_not_is_no_tier(company: Company) -> None:
    policy: Policy = company.place.definitions.workspace.policy
    [one] = counted([told("x", tier="gone")], policy, {"acme": NOW}, NOW).outcomes
    assert one.tier is None
