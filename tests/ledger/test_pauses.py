"""What people pause, on both databases: once, with who and why, until somebody lets it go on."""

import threading

import pytest

from expansion.ledger import verdicts
from expansion.ledger.store import open_ledger
from expansion.records.pauses import Pause
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record


def test_a_pause_says_who_since_when_and_why(ledger):
    assert ledger.pause("trigger", "seat-limit", "dana", "a new price list", NOON)
    assert ledger.pauses() == [Pause("trigger", "seat-limit", "dana", NOON, "a new price list")]


def test_a_second_pause_changes_nothing(ledger):
    ledger.pause("trigger", "seat-limit", "dana", "first", NOON)
    assert not ledger.pause("trigger", "seat-limit", "ed", "second", NOON + minutes(1))
    assert [(each.by, each.note) for each in ledger.pauses()] == [("dana", "first")]


def test_what_goes_on_can_be_paused_again(ledger):
    for number in range(3):
        assert ledger.pause("integration", "slack", "dana", "", NOON + minutes(number))
        assert ledger.resume("integration", "slack", "ed", "", NOON + minutes(number))
    assert ledger.pauses() == []
    assert not ledger.resume("integration", "slack", "ed", "", NOON)


def test_only_what_has_that_kind_and_name_goes_on(ledger):
    for kind, name in (("trigger", "seats"), ("playbook", "seats"), ("trigger", "other")):
        ledger.pause(kind, name, "dana", "", NOON)
    ledger.resume("trigger", "seats", "dana", "", NOON)
    assert {(each.kind, each.name) for each in ledger.pauses()} == {("playbook", "seats"), ("trigger", "other")}


@pytest.mark.parametrize(
    ("kind", "name", "left"),
    [
        ("trigger", "paywall", ["crm.create_task", "chat.post"]),
        ("playbook", "seats", []),
        ("integration", "crm", ["chat.post"]),
        ("integration", "seats", ["crm.create_task", "chat.post"]),
    ],
)
def test_steps_of_what_is_paused_are_not_claimed(ledger, kind, name, left):
    record(ledger, a_firing(steps=[{"can_fail": True}, {"action": "chat.post"}]))
    ledger.pause(kind, name, "dana", "", NOON)
    claimed = [step.action for action in ("crm.create_task", "chat.post") for step in claim(ledger, action)]
    assert claimed == left


def test_what_is_in_flight_is_finished(ledger):
    record(ledger, a_firing(steps=[{}]))
    claim(ledger)
    ledger.pause("integration", "crm", "dana", "", NOON)
    assert ledger.start_sending([key_of()], "me", NOON, minutes(15)) == {key_of()}
    assert ledger.resolve([verdicts.refused(key_of(), "no such owner")], "me", NOON)


def test_two_people_who_pause_at_once_are_one_pause(url):
    together = threading.Barrier(4)
    said = []

    def pause(name):
        ledger = open_ledger(url)
        together.wait(30)
        said.append(ledger.pause("trigger", "seat-limit", name, "", NOON))
        ledger.close()

    threads = [threading.Thread(target=pause, args=(name,)) for name in ("ana", "bo", "cy", "dee")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(said) == [False, False, False, True]
