"""What people say of firings, on both databases: each click once, one claim a firing, and an account left alone."""

import threading

import pytest

from expansion.contract import Disposition
from expansion.ledger.audit import person
from expansion.ledger.store import open_ledger
from expansion.records.dispositions import Snooze
from tests.ledger.builders import NOON, a_firing, claim, key_of, minutes, record


def said(kind: str = "useful", by: str = "U0ANA", at: float = 0, **rest) -> Disposition:
    until = {"until": NOON + minutes(60)} if kind == "snoozed" else {}
    given = {"step": key_of(), "source": "slack.buttons", "remote_id": f"{by}:{kind}:{at}", **until}
    return Disposition(**given | {"kind": kind, "by": by, "at": NOON + minutes(at)} | rest)


@pytest.fixture
def fired(ledger):
    record(ledger, a_firing(steps=[{}]))
    return ledger


def test_an_answer_is_written_down_once_with_who_and_when(fired):
    assert fired.dispose(said("not_useful", reason="bad-timing", called="ana"), NOON).what == "new"
    again = fired.dispose(said("not_useful", reason="bad-timing", called="ana"), NOON + minutes(1))
    assert again.what == "repeat"
    [one] = fired.newest_dispositions()
    assert (one.kind, one.reason, one.by, one.who, one.at) == ("not_useful", "bad-timing", "U0ANA", "ana", NOON)
    assert (one.trigger, one.account_id, one.step_key) == ("seat-limit", "acme", key_of())
    [line] = [each for each in fired.audit() if each.what == "answer"]
    assert (line.who, line.outcome, line.system) == (person("ana"), "not_useful", "slack")


def test_the_first_claim_is_the_only_one(fired):
    assert fired.dispose(said("claimed"), NOON).what == "new"
    late = fired.dispose(said("claimed", by="U0BEN"), NOON)
    assert late.what == "taken"
    assert late.record is not None and late.record.by == "U0ANA"
    assert fired.dispose(said("claimed", at=5), NOON).what == "repeat", "a second click of the same person"
    assert [one.by for one in fired.newest_dispositions()] == ["U0ANA"]


def test_of_many_who_claim_at_once_one_has_it(url):
    ledger = open_ledger(url)
    record(ledger, a_firing(steps=[{}]))
    found: list[str] = []

    def click(number: int) -> None:
        mine = open_ledger(url)
        found.append(mine.dispose(said("claimed", by=f"U{number}"), NOON).what)
        mine.close()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["new"] + ["taken"] * 7
    ledger.close()


def test_a_person_may_change_their_mind_and_back(fired):
    told = [fired.dispose(said(kind, at=at), NOON).what for at, kind in enumerate(["useful", "not_useful", "useful"])]
    assert told == ["new", "new", "new"]
    assert fired.dispose(said("useful", at=9), NOON).what == "repeat"


def test_an_answer_to_a_step_that_nobody_knows_changes_nothing(fired):
    assert fired.dispose(said(step="f" * 64), NOON).what == "unknown"
    assert fired.newest_dispositions() == []


def test_an_account_is_left_alone_by_that_trigger_for_so_long(ledger):
    record(ledger, a_firing(steps=[{}]), a_firing("globex", steps=[{}]), a_firing(trigger="paywall", steps=[{}]))
    ledger.dispose(said("snoozed", called="ana"), NOON)
    assert ledger.snoozes("seat-limit", NOON) == [Snooze("acme", NOON + minutes(60), "ana")]
    assert ledger.snoozes("seat-limit", NOON + minutes(60)) == ledger.snoozes("paywall", NOON) == []
    claimed = {(step.trigger, step.account_id) for step in claim(ledger)}
    assert claimed == {("seat-limit", "globex"), ("paywall", "acme")}
    assert [step.account_id for step in claim(ledger, at=NOON + minutes(60))] == ["acme"]


def test_the_longest_snooze_counts(fired):
    fired.dispose(said("snoozed", until=NOON + minutes(90)), NOON)
    fired.dispose(said("snoozed", by="U0BEN", until=NOON + minutes(30)), NOON)
    [one] = fired.snoozes("seat-limit", NOON)
    assert (one.until, one.who) == (NOON + minutes(90), "U0ANA")


def test_who_it_was_may_be_told_later(fired):
    fired.dispose(said(), NOON)
    fired.dispose(said(by="U0BEN"), NOON)
    assert fired.answer_sources() == ["slack.buttons"]
    assert fired.nameless("slack.buttons") == ["U0ANA", "U0BEN"]
    assert fired.name_them("slack.buttons", {"U0ANA": "ana@seller.example"}) == 1
    assert [one.who for one in fired.dispositions([1])] == ["ana@seller.example", "U0BEN"]
    assert fired.nameless("slack.buttons") == ["U0BEN"]
