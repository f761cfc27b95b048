"""What files said of facts, as triggers and people see it: at any moment, by SQL and by the resident process alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from expansion.evaluate.engine import Vocabulary
from expansion.evaluate.results import Answer, Answers
from expansion.explain.evaluator import evaluator
from expansion.language.model.models import Facts, Policy, Trigger
from expansion.react.resident import Resident
from expansion.usage.storage.store import UsageStore
from tests.usage.builders import utc
from tests.usage.saying import Says, says, tell

PEOPLE = "files.people"
FACTS = Facts.model_validate(
    {
        "facts": {
            "seats": {"from": "files.accounts", "field": "seats", "kind": "number"},
            "role": {"from": PEOPLE, "field": "role", "kind": "text", "who": "users"},
        },
        "people": {"admins": {"field": "role", "is": "admin"}},
    }
)
POLICY = Policy.model_validate(
    {
        "time_zone": "Europe/Berlin",
        "working_hours": {"days": ["mon"], "from": "09:00", "to": "17:00"},
        "owners": {"fallback": "ops@acme.example"},
        "tiers": {"add_on": {"title": "An add-on", "worth": {"flat": 1}, "likely": "10%"}},
    }
)
VOCABULARY = Vocabulary(FACTS, POLICY)
NOW = utc(2026, 4, 1, 12)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path / "usage")


def day(number: int) -> datetime:
    return utc(2026, 3, number)


def trigger(name: str, *clauses: dict[str, object], who: str = "accounts") -> Trigger:
    rest = {"title": name, "owner": "ops@acme.example", "status": "live", "leads_to": "add_on", "who": who}
    return Trigger.model_validate({"trigger": name, **rest, "when": list(clauses), "then": {"playbook": "none"}})


LEVEL = trigger("level", {"fact": "seats", "at_least": 10})
GROWN = trigger("grown", {"fact": "seats", "grew_at_least": "50%", "over": "10 days"})
LONG = trigger("long", {"fact": "seats", "at_least": 10, "for": "5 days"})
ADMIN = trigger("admin", {"fact": "role", "is": "admin"}, who="users")
ALL = [LEVEL, GROWN, LONG]


def answers(store: UsageStore, as_of: datetime, account: str = "acme") -> dict[str, Answer]:
    """By the run, by an explanation and by the resident process: all the same."""
    asked = evaluator(store, VOCABULARY, as_of)
    by_run = {one.trigger: _answer(asked.answers([one])[one.trigger], account) for one in ALL}
    explained = evaluator(store, VOCABULARY, as_of)
    assert {one.trigger: explained.explain(one, account).answer for one in ALL} == by_run
    resident = Resident.of(store, VOCABULARY, ALL, as_of)
    later = resident.answer(account, "", as_of)
    assert {name: _answer(one, account) for name, one in later.items()} == by_run
    return by_run


def _answer(answers: Answers, account: str) -> Answer:
    return Answer.YES if account in answers.yes else Answer.CANNOT_TELL if account in answers.unknown else Answer.NO


def cause(store: UsageStore, as_of: datetime, account: str = "acme") -> str | None:
    return evaluator(store, VOCABULARY, as_of).fact("seats", [account])[account].cause


def test_levels_growth_and_dwell_follow_from_what_was_said_in_any_order(store: UsageStore) -> None:
    for number, value in ((21, "12"), (1, "6"), (11, "11")):
        tell(store, NOW, says("acme", day(number), seats=value), says("bolt", day(number), seats="12"))
    assert answers(store, day(25)) == {"level": Answer.YES, "grown": Answer.NO, "long": Answer.YES}
    assert answers(store, day(13)) == {"level": Answer.YES, "grown": Answer.YES, "long": Answer.NO}
    assert answers(store, day(5)) == {"level": Answer.NO, "grown": Answer.CANNOT_TELL, "long": Answer.NO}
    tell(store, NOW + DAY, says("acme", day(11), seats="7"))
    assert answers(store, day(24)) == {"level": Answer.YES, "grown": Answer.YES, "long": Answer.NO}


def test_a_value_that_ended_cannot_be_told_and_says_since_when(store: UsageStore) -> None:
    tell(store, NOW, Says("acme", day(1), {"seats": "12"}, until=utc(2026, 3, 9, 23)))
    assert answers(store, day(9))["level"] is Answer.YES
    assert answers(store, day(11))["level"] is Answer.CANNOT_TELL
    assert cause(store, day(11)) == "its value ended on 2026-03-10, says files.accounts"


def test_an_account_that_a_snapshot_no_longer_has_cannot_be_told(store: UsageStore) -> None:
    tell(store, NOW, says("acme", day(1), seats="12"), says("bolt", day(1), seats="12"), complete=True)
    tell(store, NOW, says("bolt", day(9), seats="12"), complete=True)
    assert answers(store, day(8))["level"] is Answer.YES
    assert answers(store, day(9))["level"] is Answer.CANNOT_TELL
    assert cause(store, day(9)) == "files.accounts no longer has a record of this account"
    assert answers(store, day(9), "bolt")["level"] is Answer.YES


def test_a_person_who_moved_is_asked_about_in_the_new_account(store: UsageStore) -> None:
    both = [says("acme", day(1), "ana", role="admin"), says("acme", day(1), "ben", role="admin")]
    tell(store, NOW, *both, source=PEOPLE)
    tell(store, NOW, says("globex", day(9), "ana", role="admin"), source=PEOPLE)
    for as_of, fires in ((day(8), {"ana@acme", "ben@acme"}), (day(9), {"ana@globex", "ben@acme"})):
        asked = evaluator(store, VOCABULARY, as_of)
        assert {f"{one.user_id}@{one.account_id}" for one in asked.answers([ADMIN])["admin"].yes} == fires
        resident = Resident.of(store, VOCABULARY, [ADMIN], as_of)
        found = {
            f"{user}@{account}"
            for account in ("acme", "globex")
            for user in ("ana", "ben")
            for one in resident.answer(account, user, as_of).values()
            if one.yes
        }
        assert found == fires
        assert {one["user_id"] for one in asked.people("admins", "acme")} == {n[:3] for n in fires if "acme" in n}


def test_the_resident_process_holds_what_can_still_be_asked(store: UsageStore) -> None:
    history = [says("acme", utc(2025, 1, 1) + n * DAY, seats=str(n), plan="team") for n in range(400)]
    tell(store, NOW, *history)
    resident = Resident.of(store, VOCABULARY, ALL, utc(2026, 2, 1))
    (said,) = resident.shelves.account("acme").said
    assert set(said.values) == {"seats"}
    # What held ten days ago, each day since then, and what is known already of the days after.
    assert said.values["seats"].tolist() == [str(n) for n in range(386, 400)]
    assert answers(store, utc(2026, 2, 1))["level"] is Answer.YES
