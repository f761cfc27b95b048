"""What Beacon's action promises as all actions do, and what is its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expansion.contract import Done, Refused
from tests.example.beacon.stand_in.answers import ANSWERS
from tests.example.beacon.stand_in.app import Beacon
from tests.example.beacon.system import connect, note, sample
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ACCOUNTS, ActionContract, Case, Rep, number_of

Start = Callable[..., StandIns]


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    return stand_ins(Beacon, sample=sample(ACCOUNTS))


class TestPostNote(ActionContract):
    action = "beacon.post_note"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.get(Beacon).per_minute = 10_000  # the clock of the test does not wait for the server's
        return Case(
            stand_ins=there,
            vendor="beacon",
            connect=lambda: connect(there).actions[self.action],
            good=lambda name: note(name, number_of(name)),
            bad=note("bad", 999),
            write={"method": "POST", "path": "/v1/notes"},
            lock_out=lambda: setattr(there.get(Beacon), "token", "another"),
            answers=ANSWERS,
            what="post_note",
            rep=_rep(there),
        )


def _rep(there: StandIns) -> Rep:
    """A person who rewrites every note."""

    def change() -> None:
        for one in there.state.all("beacon.notes"):
            there.state.put("beacon.notes", one["id"], {**one, "text": "Called them"})

    return Rep(change, lambda: [one["text"] for one in there.state.all("beacon.notes")])


# --- what is its own --------------------------------------------------------------------------------------------------


def test_an_account_that_beacon_does_not_know_gets_no_note_and_why_is_said(there: StandIns) -> None:
    [reply] = connect(there).actions["beacon.post_note"].deliver([note(number=999)])
    assert isinstance(reply, Refused)
    assert "no account there has this account's id as its external id" in str(reply)


def test_a_note_that_is_taken_and_cannot_be_seen_is_not_made_twice(there: StandIns) -> None:
    """Its search is behind: the note is there, and nobody knows its id."""
    action = connect(there).actions["beacon.post_note"]
    action.deliver([note()])
    there.fault("beacon", "status", method="GET", path="/v1/notes", status=200, body={"notes": []}, times=2)
    [reply] = action.deliver([note()])
    assert not isinstance(reply, Done)
    assert reply.maybe_done
    assert len(there.state.all("beacon.notes")) == 1


def test_a_long_text_arrives_short(there: StandIns) -> None:
    [reply] = connect(there).actions["beacon.post_note"].deliver([note(title="a " * 100, text="word " * 2000)])
    assert isinstance(reply, Done), reply
    assert there.state.all("beacon.notes")[0]["text"].endswith("…")


def test_the_inbox_shows_a_note_and_who_looks_after_the_account(there: StandIns) -> None:
    connect(there).actions["beacon.post_note"].deliver([note()])
    [item] = there.get(Beacon).inbox()
    assert (item.to, item.account, item.title) == ("dana@seller.example", "Customer 0", "Seats: Acme is at 92%")
