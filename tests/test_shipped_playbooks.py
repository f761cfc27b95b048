"""The playbooks folder that is shipped: read without a mistake, right in all its cases, and true of the sample data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import integrations
from expansion.contract import CohortMembers, EventRow, FactRecord
from expansion.evaluate.engine import Vocabulary
from expansion.explain.cases import run_cases
from expansion.explain.evaluator import StoreEvaluator, evaluator
from expansion.language.workspace import Workspace, load
from expansion.language.yaml.files import Folder
from expansion.usage.facts import add_cohort, add_facts, user_accounts
from expansion.usage.import_events import import_rows
from expansion.usage.storage.store import UsageStore
from sandbox.all import make_sample
from sandbox.sample import AS_OF

PLAYBOOKS = Path(__file__).parents[1] / "playbooks"


@pytest.fixture(scope="module")
def shipped() -> Workspace:
    return load(Folder(PLAYBOOKS), integrations.catalog())


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    return make_sample()


# --- the folder -------------------------------------------------------------------------------------------------------


def test_it_is_read_without_a_mistake_or_a_warning(shipped: Workspace) -> None:
    assert shipped.warnings == ()


def test_there_is_a_trigger_for_every_signal_and_every_tier_is_sold(shipped: Workspace) -> None:
    assert set(shipped.triggers) == {
        "seat-limit",
        "storage-limit",
        "api-outgrowing-plan",
        "premium-features-growing",
        "teams-collaborating",
        "paywall-several-people",
        "paywall-right-now",
        "advanced-support-questions",
        "beyond-first-use-case",
    }
    assert {trigger.leads_to for trigger in shipped.triggers.values()} == set(shipped.policy.tiers)
    assert {trigger.status for trigger in shipped.triggers.values()} == {"live"}


def test_every_case_comes_out_as_it_says(shipped: Workspace) -> None:
    cases = [case for cases in shipped.cases.values() for case in cases]
    results = run_cases(cases, shipped.triggers, Vocabulary(shipped.facts, shipped.policy))
    assert [f"{one.case.trigger}: {one.case.title}" for one in results if not one.passed] == []


def test_every_trigger_has_a_case_of_each_answer(shipped: Workspace) -> None:
    for trigger, cases in shipped.cases.items():
        assert {case.expect for case in cases} == {"fires", "stays quiet", "cannot tell"}, trigger


def test_every_playbook_is_started_by_a_trigger(shipped: Workspace) -> None:
    started = {choice.playbook for trigger in shipped.triggers.values() for choice in trigger.then.choices}
    assert started == set(shipped.playbooks)


def test_enterprise_accounts_are_left_to_people(shipped: Workspace) -> None:
    for name in ("seat-expansion-enterprise", "account-team-evidence"):
        reach = ("intercom.", "pendo.", "appcues.")  # the customer's people
        assert not [step.do for step in shipped.playbooks[name].steps if step.do.startswith(reach)]


def test_every_file_names_the_schema_that_completes_it() -> None:
    kinds = {"triggers": "trigger", "cases": "cases", ".": "playbook"}
    for path in PLAYBOOKS.rglob("*.yaml"):
        folder = path.parent.relative_to(PLAYBOOKS).as_posix()
        up = "../" if folder == "." else "../../"
        schema = f"{up}.schema/{kinds.get(folder, path.stem)}.json"
        assert path.read_text().startswith(f"# yaml-language-server: $schema={schema}\n"), path


def test_every_task_is_worth_opening(shipped: Workspace) -> None:
    tasks = [step for playbook in shipped.playbooks.values() for step in playbook.steps if step.id == "ask-the-owner"]
    assert len(tasks) == len(shipped.playbooks)
    for step in tasks:
        headings = ("WHY THIS ACCOUNT", "WHY NOW", "WHO IS BEHIND IT", "WHAT IT IS WORTH", "WHAT TO SAY", "NOT USEFUL?")
        assert [heading for heading in headings if heading not in step.with_["notes"]] == []
        names = ("{{ reasons }}", "{{ worth }}", "{{ links }}")
        assert [name for name in names if name not in step.with_["notes"]] == []


# --- the sample -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(shipped: Workspace, sample: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> StoreEvaluator:
    store = UsageStore(tmp_path_factory.mktemp("usage"))
    add_facts(store, "salesforce.account", _crm(sample), AS_OF)
    add_facts(store, "mixpanel.group", _groups(sample), AS_OF)
    add_facts(store, "mixpanel.profile", _people(sample), AS_OF)
    cohort, home = sample["mixpanel"]["cohorts"][0], _home(sample)
    members = frozenset(home[member] for member in cohort["members"])
    add_cohort(store, CohortMembers("mixpanel.cohort", cohort["name"], members), AS_OF)
    covered = (AS_OF - timedelta(days=150), AS_OF)
    import_rows(store, "mixpanel.export", _events(sample), covered, users=user_accounts(store))
    return evaluator(store, Vocabulary(shipped.facts, shipped.policy), AS_OF)


def _crm(sample: dict[str, Any]) -> Iterator[FactRecord]:
    crm = sample["salesforce"]
    emails = {user["Id"]: user["Email"] for user in crm["users"]}
    for account in crm["accounts"]:
        deals = [deal for deal in crm["opportunities"] if deal["AccountId"] == account["Id"]]
        closed = max((deal["CloseDate"] for deal in deals if deal["IsClosed"]), default=None)
        counted: dict[str, Any] = {"open_opportunities": len(deals) - sum(deal["IsClosed"] for deal in deals)}
        counted |= {"last_opportunity_closed": closed}
        values = {**account, **counted, "Owner.Email": emails.get(account["OwnerId"])}
        since = datetime.fromisoformat(account["LastModifiedDate"])
        yield FactRecord("salesforce.account", account["Product_Account_Id__c"], values, account["Id"], at=since)


def _groups(sample: dict[str, Any]) -> Iterator[FactRecord]:
    for group in sample["mixpanel"]["groups"]:
        yield FactRecord("mixpanel.group", group["distinct_id"], group["properties"])


def _people(sample: dict[str, Any]) -> Iterator[FactRecord]:
    for user, account in _home(sample).items():
        yield FactRecord("mixpanel.profile", account, {}, remote_id=user, user_id=user)


def _home(sample: dict[str, Any]) -> dict[str, str]:
    return {p["distinct_id"]: p["properties"]["company_id"] for p in sample["mixpanel"]["profiles"]}


def _events(sample: dict[str, Any]) -> Iterator[EventRow]:
    for event in sample["mixpanel"]["events"]:
        known = event["properties"]
        user = event["distinct_id"] or None
        event_id = f"{event['insert_id']}|{event['time']}"
        yield EventRow(event_id, event["event"], event["time"], known.get("company_id"), user, known)


def test_the_evaluator_finds_every_planted_story_and_no_other(
    shipped: Workspace, sample: dict[str, Any], found: StoreEvaluator
) -> None:
    story = {account["id"]: account["story"] for account in sample["accounts"]}
    for trigger, answers in found.answers(list(shipped.triggers.values())).items():
        planted = sorted(a["story"] for a in sample["accounts"] if trigger in a["fires"])
        unknown = sorted(a["story"] for a in sample["accounts"] if trigger in a["unknown"])
        assert sorted(story[account] for account in answers.yes) == planted, trigger
        assert sorted(story[account] for account in answers.unknown) == unknown, trigger


def test_what_the_sample_holds_back_is_suppressed_for_the_reason_it_says(
    shipped: Workspace, sample: dict[str, Any], found: StoreEvaluator
) -> None:
    held = {a["id"]: a["held"] for a in sample["accounts"] if a["held"] and a["fires"]}
    for words, reason in zip(
        ("our own account", "health is red", "an expansion deal is open", "a deal closed less than 45 days ago"),
        shipped.policy.suppress[:4],
        strict=True,
    ):
        answers = found.holds(reason.when, held)
        told = {account for account, why in held.items() if why == words}
        assert {account for account, answer in answers.items() if answer.value == "yes"} >= told, words
        assert told, words
