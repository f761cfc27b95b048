"""Differences between the ledger and a system: found once, seen again, gone."""

from datetime import timedelta

from expansion.contract import Done
from expansion.ledger import verdicts
from expansion.records.ledger import Difference
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record

DAY = timedelta(days=1)


def gone(key: str = "", detail: str = "it is not there") -> Difference:
    return Difference(key or key_of(), "deleted", detail, "restore it")


def a_done_step(ledger) -> None:
    record(ledger, a_firing(steps=[{}]), a_firing("bolt", steps=[{}]))
    for step in claim(ledger):
        ledger.start_sending([step.key], "me", NOON, minutes(15))
        ledger.resolve([verdicts.done(step.key, Done("1"))], "me", NOON)


def test_found_seen_again_and_gone(ledger):
    a_done_step(ledger)
    assert ledger.note_differences([key_of()], [gone()], NOON) == 0
    assert ledger.note_differences([key_of()], [gone(detail="still not there")], NOON + DAY) == 0
    [one] = ledger.differences()
    assert (one.first_seen_at, one.last_seen_at, one.times_seen) == (NOON, NOON + DAY, 2)
    assert one.detail == "still not there"
    assert ledger.note_differences([key_of()], [], NOON + 2 * DAY) == 1
    assert ledger.differences() == []
    [kept] = ledger.differences(open_only=False)
    assert kept.gone_at == NOON + 2 * DAY


def test_one_that_comes_back_begins_anew(ledger):
    a_done_step(ledger)
    for day, found in enumerate([[gone()], [], [gone()]]):
        ledger.note_differences([key_of()], found, NOON + day * DAY)
    [one] = ledger.differences()
    assert (one.first_seen_at, one.times_seen, one.gone_at) == (NOON + 2 * DAY, 1, None)


def test_what_was_not_compared_stays_as_it_was(ledger):
    a_done_step(ledger)
    ledger.note_differences([key_of(), key_of("bolt")], [gone(), gone(key_of("bolt"))], NOON)
    assert ledger.note_differences([key_of("bolt")], [], NOON + DAY) == 1
    assert [one.step_key for one in ledger.differences()] == [key_of()]


def test_old_steps_are_compared_only_while_they_differ(ledger):
    a_done_step(ledger)
    assert len(ledger.to_compare(NOON)) == 2
    assert ledger.to_compare(NOON + DAY) == []
    ledger.note_differences([key_of()], [gone()], NOON)
    assert [step.key for step in ledger.to_compare(NOON + DAY)] == [key_of()]
