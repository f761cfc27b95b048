"""Slack: direct messages, replies in threads, buttons, and what people have answered by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from expansion.contract import Done, NoAccess, Piece, Refused
from expansion.follow.inputs import ChangeTask
from integrations.slack.buttons import REASONS, SNOOZES, Choice, chosen
from integrations.slack.inputs import MessageOwner, PostMessage
from integrations.slack.message import digests, single
from integrations.slack.threads import ShowAnswers
from sandbox.slack.answers import ANSWERS
from sandbox.slack.app import BOT_USER, Slack
from sandbox.slack.blocks import problems
from tests.integrations.conftest import StandIns
from tests.integrations.contract import ActionContract, Case, key_of, number_of, piece
from tests.systems.slack import SAMPLE, Time, connect, direct, message

OURS = {"type": "message", "user": BOT_USER, "text": "Acme uses 92 of 100 seats"}


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def world(stand_ins: Callable[..., StandIns], clock: Time) -> StandIns:
    return stand_ins(lambda state: Slack(state, clock.monotonic), sample=SAMPLE)


@pytest.fixture
def slack(world: StandIns, clock: Time) -> Any:
    return connect(world, clock)


def posted(world: StandIns) -> list[dict[str, Any]]:
    return world.state.all("slack.messages")


def put(world: StandIns, channel: str, ts: str, **how: Any) -> str:
    world.state.put("slack.messages", f"{channel}:{ts}", {**OURS, "channel": channel, "ts": ts, **how})
    return f"{channel}:{ts}"


# --- direct messages --------------------------------------------------------------------------------------------------


class TestMessageOwnerKeepsTheContract(ActionContract):
    action = "slack.message_owner"

    @pytest.fixture
    def case(self, world: StandIns, clock: Time) -> Case:
        return Case(
            stand_ins=world,
            vendor="slack",
            connect=lambda: connect(world, clock).actions[self.action],
            good=lambda name: direct(name, to=f"seller-{number_of(name)}@seller.example"),
            bad=direct("bad", to="nobody@seller.example"),
            write={"method": "POST", "path": "chat.postMessage"},
            lock_out=lambda: setattr(world.get(Slack), "revoked", True),
            answers=ANSWERS,
            clock=clock,
        )

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        """Slack takes a message twice: `find` is asked first."""
        case.action.deliver([case.good("one")])
        [found] = case.action.find([case.good("one")])
        assert isinstance(found, Done)
        assert found.already


def test_a_direct_message_reaches_the_member_with_that_address_whatever_its_case(world: StandIns, slack: Any) -> None:
    [reply] = slack.actions["slack.message_owner"].deliver([direct(to="Seller-7@Seller.example")])
    [sent] = posted(world)
    assert sent["channel"] == "D0SELLER007"
    assert reply.remote_id == f"D0SELLER007:{sent['ts']}"


def test_a_member_is_looked_up_once_and_an_owner_without_slack_is_refused_without_the_address(
    world: StandIns, slack: Any
) -> None:
    pieces = [direct("one"), direct("two"), direct("three", to="gone@seller.example")]
    first, second, nobody = slack.actions["slack.message_owner"].deliver(pieces)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert len(world.requests(path="users.lookupByEmail")) == 2
    assert len(world.requests(path="conversations.open")) == 1
    assert isinstance(nobody, Refused)
    assert "nobody in this workspace" in str(nobody)
    assert "@" not in str(nobody)


def test_a_member_who_was_deactivated_is_nobody(world: StandIns, slack: Any) -> None:
    user = world.state.get("slack.users", "U0SELLER000")
    world.state.put("slack.users", "U0SELLER000", {**user, "deleted": True})
    [reply] = slack.actions["slack.message_owner"].deliver([direct()])
    assert isinstance(reply, Refused)
    assert posted(world) == []


@pytest.mark.parametrize("scope", ["users:read.email", "im:write"])
def test_a_right_that_only_direct_messages_need_is_named(world: StandIns, slack: Any, scope: str) -> None:
    world.get(Slack).scopes -= {scope}
    [reply] = slack.actions["slack.message_owner"].deliver([direct()])
    assert isinstance(reply, NoAccess)
    assert scope in str(reply)
    used = slack.check(frozenset({"slack.message_owner"}))
    assert [finding.what for finding in used if not finding.ok] == [f"scopes missing: {scope}"]
    assert all(finding.ok for finding in slack.check(frozenset({"slack.post_message"})))


def test_six_messages_for_one_owner_are_one(world: StandIns, slack: Any) -> None:
    replies = slack.actions["slack.message_owner"].deliver([direct(f"{n}", f"Firm {n}") for n in range(6)])
    assert len(posted(world)) == 1
    assert {reply.note for reply in replies} == {"in one digest with 5 more"}


# --- threads ----------------------------------------------------------------------------------------------------------


def follow_up(name: str, remote_id: str, note: str = "Over since 3 March <script>") -> Piece:
    made = PostMessage(channel="expansion", text="*Acme* grows").model_dump(mode="json")
    return piece(ChangeTask(step=key_of("made"), remote_id=remote_id, made=made, note=note), name)


class TestReplyInThreadKeepsTheContract(ActionContract):
    action = "slack.reply_in_thread"

    @pytest.fixture
    def case(self, world: StandIns, clock: Time) -> Case:
        there = put(world, "C0EXPANSION", "1000.000100")
        return Case(
            stand_ins=world,
            vendor="slack",
            connect=lambda: connect(world, clock).actions[self.action],
            good=lambda name: follow_up(name, there),
            bad=follow_up("bad", put(world, "C0OLD000001", "1000.000200")),
            write={"method": "POST", "path": "chat.postMessage"},
            lock_out=lambda: setattr(world.get(Slack), "revoked", True),
            answers=ANSWERS,
            clock=clock,
        )


def test_what_follows_is_said_in_the_thread_and_made_harmless(world: StandIns, slack: Any) -> None:
    there = put(world, "C0EXPANSION", "1000.000100")
    [reply] = slack.actions["slack.reply_in_thread"].deliver([follow_up("one", there)])
    said = posted(world)[-1]
    assert (said["thread_ts"], said["text"]) == ("1000.000100", "Over since 3 March &lt;script&gt;")
    assert reply.link.endswith("?thread_ts=1000.000100&cid=C0EXPANSION")


def test_where_the_message_was_deleted_nothing_is_said(world: StandIns, slack: Any) -> None:
    action = slack.actions["slack.reply_in_thread"]
    [reply] = action.deliver([follow_up("one", "C0EXPANSION:1000.000900")])
    assert reply.note == "the message is not there any more, so nothing was said"
    assert posted(world) == []


def test_a_bot_that_may_not_read_says_it_all_the_same(world: StandIns, slack: Any) -> None:
    there = put(world, "C0EXPANSION", "1000.000100")
    world.get(Slack).scopes -= {"channels:history"}
    [reply] = slack.actions["slack.reply_in_thread"].deliver([follow_up("one", there)])
    assert isinstance(reply, Done)


# --- buttons ----------------------------------------------------------------------------------------------------------


def elements(blocks: Any) -> list[dict[str, Any]]:
    [row] = [block for block in blocks if block["type"] == "actions"]
    return list(row["elements"])


def test_a_message_with_buttons_holds_what_they_are_for_and_the_step_alone() -> None:
    sent = single(message(buttons=True))
    assert problems(list(sent.blocks)) == []
    found = elements(sent.blocks)
    assert [(e["type"], e["action_id"]) for e in found] == [
        ("button", "expansion.claim"),
        ("static_select", "expansion.snooze"),
        ("button", "expansion.useful"),
        ("static_select", "expansion.not_useful"),
    ]
    values = [found[0]["value"], found[2]["value"], *(o["value"] for e in (found[1], found[3]) for o in e["options"])]
    assert {value.split(" ")[1] for value in values} == {message().key}
    assert "Acme" not in json.dumps(found)


def test_what_is_chosen_is_read_back() -> None:
    found, key = elements(single(direct(buttons=True)).blocks), direct().key
    assert chosen(found[0]) == Choice("claim", "", key)
    assert chosen(found[2]) == Choice("useful", "", key)
    snoozes = [chosen({**found[1], "selected_option": option}) for option in found[1]["options"]]
    assert snoozes == [Choice("snooze", name, key) for name in SNOOZES]
    reasons = [chosen({**found[3], "selected_option": option}) for option in found[3]["options"]]
    assert reasons == [Choice("not_useful", name, key) for name in REASONS]


@pytest.mark.parametrize(
    "element",
    [None, [], "claim", {}, {"action_id": "other.claim", "value": "claim abc"}, {"action_id": "expansion.claim"},
     {"action_id": "expansion.claim", "value": 7}, {"action_id": "expansion.snooze", "selected_option": None}],
)  # fmt: skip
def test_what_is_not_ours_says_nothing(element: Any) -> None:
    assert chosen(element) is None


def test_in_a_digest_each_account_has_its_own_menu() -> None:
    pieces = [message(f"{n}", f"Firm {n}", buttons=True) for n in range(45)]
    for sent in digests(pieces):
        assert problems(list(sent.blocks)) == []
        menus = [block["accessory"] for block in sent.blocks if block["type"] == "section"]
        keys = [[str(chosen({**m, "selected_option": o}).key) for o in m["options"]] for m in menus]  # type: ignore[union-attr]
        assert keys == [[one.key] * 5 for one in sent.pieces]


def test_without_buttons_there_are_none() -> None:
    assert all(block["type"] != "actions" for block in single(message()).blocks)
    assert all("accessory" not in block for block in digests([message(f"{n}") for n in range(6)])[0].blocks)


# --- answers ----------------------------------------------------------------------------------------------------------


def answers(name: str, remote_id: str, *lines: str, number: int = 1, **how: Any) -> Piece:
    made = MessageOwner(to="ana@seller.example", text="*Acme* grows", buttons=True, **how).model_dump(mode="json")
    shown = ShowAnswers(step=key_of(name), remote_id=remote_id, made=made, answers=list(lines), number=number)
    return piece(shown, f"{name} {number}")


class TestShowAnswersKeepsTheContract(ActionContract):
    action = "slack.show_answers"

    @pytest.fixture
    def case(self, world: StandIns, clock: Time) -> Case:
        def there(name: str) -> Piece:
            ts = f"1000.{number_of(name):06}"
            if world.state.get("slack.messages", f"C0EXPANSION:{ts}") is None:
                put(world, "C0EXPANSION", ts)
            return answers(name, f"C0EXPANSION:{ts}", "Claimed by ana")

        return Case(
            stand_ins=world,
            vendor="slack",
            connect=lambda: connect(world, clock).actions[self.action],
            good=there,
            bad=answers("bad", put(world, "C0EXPANSION", "900.000100", user="U0SELLER000"), "Claimed by ana"),
            write={"method": "POST", "path": "chat.update"},
            lock_out=lambda: setattr(world.get(Slack), "revoked", True),
            answers=ANSWERS,
            what="update",
            counted_by=lambda one: one.input.remote_id,  # type: ignore[attr-defined]
            once=False,
            findable=False,
            clock=clock,
        )


def test_the_message_shows_the_newest_answers_below_its_text_and_keeps_its_buttons(world: StandIns, slack: Any) -> None:
    there = put(world, "C0EXPANSION", "1000.000100")
    late = answers("one", there, "Claimed by <ana>", "Useful: ben", number=2)
    slack.actions["slack.show_answers"].deliver([late, answers("one", there, "Claimed by cy", number=1)])
    [shown] = posted(world)
    assert [block["type"] for block in shown["blocks"]] == ["section", "context", "actions", "context"]
    assert [e["text"] for e in shown["blocks"][1]["elements"]] == ["Claimed by &lt;ana&gt;", "Useful: ben"]
    assert chosen(shown["blocks"][2]["elements"][0]) == Choice("claim", "", key_of("one"))
    assert len(world.requests(path="chat.update")) == 1
