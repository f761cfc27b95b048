"""Microsoft Teams: a card that its workflows take, written as for Slack, and never posted twice unasked."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from expansion.contract import NoAccess, Refused
from integrations.teams.card import MOST, markdown
from integrations.teams.card import message as card_of
from integrations.teams.inputs import PostMessage
from sandbox.teams.answers import ANSWERS
from sandbox.teams.app import Teams
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case
from tests.systems.teams import connect, counted, message

Start = Callable[..., StandIns]


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    return stand_ins(Teams)


class TestPostMessage(ActionContract):
    action = "teams.post_message"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        there.get(Teams).per_second = 10_000  # the clock of the test does not wait for the server's
        return Case(
            stand_ins=there,
            vendor="teams",
            connect=lambda: connect(there).actions[self.action],
            good=message,
            bad=message("bad", channel="nowhere"),
            write={"method": "POST", "path": "/workflows/expansion"},
            lock_out=lambda: setattr(there.get(Teams), "signature", "another"),
            answers=ANSWERS,
            counted_by=counted,
            findable=False,
            may_be_unsure=True,
        )

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        """Nobody can know: the action says that it cannot be repeated, and that it cannot be looked up."""
        assert not case.action.repeatable
        [reply] = case.action.find([case.good("one")])
        assert isinstance(reply, Refused)


# --- what is its own --------------------------------------------------------------------------------------------------


def test_a_message_is_a_card_that_teams_shows(there: StandIns) -> None:
    fields = {"Seats": "46 of 50"}
    connect(there).actions["teams.post_message"].deliver([message(title="Nearly full", fields=fields)])
    [item] = there.get(Teams).inbox()
    assert (item.to, item.title, item.account, item.facts) == ("expansion", "Nearly full", "Acme", fields)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*Acme* grows", "**Acme** grows"),
        ("_soon_ and 2 * 3 * 4", "_soon_ and 2 * 3 * 4"),
        ("<https://a.example/x?a=1&amp;b=2|look>", "[look](https://a.example/x?a=1&b=2)"),
        ("<https://a.example>", "[https://a.example](https://a.example)"),
        ("A &amp; B &lt;C&gt;", "A & B <C>"),
        ("[free](https://evil.example)", r"\[free\](https://evil.example)"),
        ("# loud", r"\# loud"),
        ("one\ntwo", "one\n\ntwo"),
        ("because:\n• a\n• b", "because:\n- a\n- b"),
        ("<https://a.example|[x](https://evil.example)>", "[x(https://evil.example)](https://a.example)"),
    ],
)
def test_what_is_written_for_slack_is_shown_in_teams(written: str, shown: str) -> None:
    assert markdown(written) == shown


def test_a_long_text_is_cut_to_what_teams_takes(there: StandIns) -> None:
    one = message(text="größer " * 20_000)
    assert isinstance(one.input, PostMessage)
    assert len(json.dumps(card_of(one, one.input)).encode()) <= min(MOST, 28 * 1024)
    [reply] = connect(there).actions["teams.post_message"].deliver([one])
    assert not isinstance(reply, Refused), reply


def test_a_workflow_that_was_deleted_is_a_matter_for_a_person(there: StandIns) -> None:
    [reply] = connect(there).actions["teams.post_message"].deliver([message(channel="gone")])
    assert isinstance(reply, NoAccess)
    assert "the workflow is gone or switched off" in str(reply)


def test_doctor_posts_nothing(there: StandIns) -> None:
    assert connect(there).check()[0].what == "posts in expansion, sales, gone"
    assert there.requests() == []
