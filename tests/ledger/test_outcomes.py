"""Outcomes that were told, on both databases: each once, nothing overwritten, and nothing known before its time."""

from datetime import timedelta
from decimal import Decimal

import pytest

from expansion.contract import Outcome
from expansion.ledger.audit import person
from expansion.ledger.outcomes import Said
from expansion.records.outcomes import Told
from tests.ledger.builders import NOON

DAY = timedelta(days=1)


def won(remote_id: str = "d-1", **rest) -> Outcome:
    given = {"source": "crm.deals", "account_id": "acme", "kind": "expansion", "at": NOON - 3 * DAY}
    return Outcome(**given | {"amount": Decimal("1200.50"), "currency": "USD"} | rest, remote_id=remote_id)


def amounts(ledger, until=None):
    return [(one.remote_id, one.amount) for one in ledger.outcomes(until)]


def test_an_outcome_stands_there_as_it_was_told(ledger):
    assert ledger.add_outcomes([won(called="Upsell", tier="add_on")], NOON) == Told(new=1)
    [one] = ledger.outcomes()
    assert (one.account_id, one.kind, one.at, one.known_at) == ("acme", "expansion", NOON - 3 * DAY, NOON)
    assert (one.amount, one.currency, one.tier, one.called) == (Decimal("1200.50"), "USD", "add_on", "Upsell")
    assert one.key == ("crm.deals", "d-1")


def test_told_again_the_same_it_is_a_repeat(ledger):
    ledger.add_outcomes([won()], NOON)
    assert ledger.add_outcomes([won(amount=Decimal("1200.5"))], NOON + DAY) == Told(repeats=1)
    assert [one.known_at for one in ledger.outcomes()] == [NOON]


def test_told_otherwise_it_is_replaced_and_the_former_is_what_was_known_then(ledger):
    ledger.add_outcomes([won()], NOON)
    assert ledger.add_outcomes([won(amount=Decimal(900))], NOON + 2 * DAY) == Told(changed=1)
    assert amounts(ledger) == [("d-1", Decimal(900))]
    assert amounts(ledger, NOON + DAY) == [("d-1", Decimal("1200.50"))]
    assert amounts(ledger, NOON - DAY) == []


def test_a_change_is_not_known_before_it_was_told_whatever_the_system_says(ledger):
    ledger.add_outcomes([won(known_at=NOON - 3 * DAY)], NOON)
    ledger.add_outcomes([won(known_at=NOON - 3 * DAY, amount=Decimal(900))], NOON + DAY)
    assert amounts(ledger, NOON) == [("d-1", Decimal("1200.50"))]
    assert amounts(ledger, NOON + DAY) == [("d-1", Decimal(900))]


def test_what_a_system_knew_earlier_is_known_earlier(ledger):
    ledger.add_outcomes([won(known_at=NOON - 2 * DAY)], NOON)
    assert amounts(ledger, NOON - 2 * DAY) != []
    assert amounts(ledger, NOON - 2 * DAY - timedelta(seconds=1)) == []


def test_what_is_no_longer_so_is_gone_from_then_on_and_may_come_back(ledger):
    assert ledger.add_outcomes([won(is_gone=True)], NOON) == Told(repeats=1), "nobody ever told it"
    ledger.add_outcomes([won()], NOON)
    assert ledger.add_outcomes([won(is_gone=True)], NOON + DAY) == Told(gone=1)
    assert ledger.outcomes() == []
    assert amounts(ledger, NOON) != []
    assert ledger.add_outcomes([won()], NOON + 2 * DAY) == Told(new=1)
    assert len(ledger.outcomes()) == 1


def test_the_same_id_in_two_systems_is_two_outcomes(ledger):
    ledger.add_outcomes([won(), won(source="other.deals")], NOON)
    assert len(ledger.outcomes()) == 2


def test_of_one_that_is_told_twice_at_once_the_last_counts(ledger):
    assert ledger.add_outcomes([won(), won(amount=Decimal(7))], NOON) == Told(new=1)
    assert amounts(ledger) == [("d-1", Decimal(7))]


def test_more_than_fit_into_one_question(ledger):
    many = [won(f"d-{n:04}", at=NOON - n * timedelta(minutes=1)) for n in range(1_203)]
    assert ledger.add_outcomes(many, NOON) == Told(new=1_203)
    assert ledger.add_outcomes(many, NOON + DAY) == Told(repeats=1_203)
    assert [one.remote_id for one in ledger.outcomes()][:2] == ["d-1202", "d-1201"], "the oldest first"


def test_who_told_one_by_hand_stands_in_the_audit(ledger):
    said = Said("dana", "they signed on the phone")
    ledger.add_outcomes([won(source="expansion outcome")], NOON, said)
    [line] = ledger.audit()
    assert (line.who, line.what, line.outcome, line.remote_id) == (person("dana"), "outcome", "expansion", "d-1")
    assert line.note == "they signed on the phone"
    assert ledger.outcomes()[0].reason == "they signed on the phone"


def test_all_or_none_is_written(ledger):
    broken = won("d-2")
    object.__setattr__(broken, "account_id", None)
    with pytest.raises(Exception, match="account_id"):
        ledger.add_outcomes([won(), broken], NOON)
    assert ledger.outcomes() == []


def test_in_words():
    assert str(Told(1_200, 3, 1, 7)) == "1,200 new, 3 changed, 1 no longer so"
    assert str(Told()) == "0 new"
