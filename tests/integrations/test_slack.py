"""Slack: a message arrives once, within Slack's limits, and many become a digest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from expansion.contract import Done, NoAccess, Piece, Refused, TryLater
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from integrations.slack import INTEGRATION
from integrations.slack.actions import PostMessage, PostMessageAction
from integrations.slack.message import MESSAGE, SECTION, digests, shorten, single, split
from integrations.slack.settings import Settings
from sandbox.slack.answers import ANSWERS
from sandbox.slack.app import Slack
from sandbox.slack.blocks import problems, text_length
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FIRED_AT, ActionContract, Case
from tests.systems.slack import SAMPLE, Time, connect, message


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def world(stand_ins: Callable[..., StandIns], clock: Time) -> StandIns:
    return stand_ins(lambda state: Slack(state, clock.monotonic), sample=SAMPLE)


@pytest.fixture
def slack(world: StandIns, clock: Time) -> Any:
    return connect(world, clock)


@pytest.fixture
def action(slack: Any) -> PostMessageAction:
    return slack.actions["slack.post_message"]


def posted(world: StandIns) -> list[dict[str, Any]]:
    return world.state.all("slack.messages")


class TestPostMessageKeepsTheContract(ActionContract):
    action = "slack.post_message"

    @pytest.fixture
    def case(self, world: StandIns, clock: Time) -> Case:
        return Case(
            stand_ins=world,
            vendor="slack",
            connect=lambda: connect(world, clock).actions[self.action],
            good=message,
            bad=message("bad", channel="nowhere"),
            write={"method": "POST", "path": "chat.postMessage"},
            lock_out=lambda: setattr(world.get(Slack), "revoked", True),
            answers=ANSWERS,
            clock=clock,
        )

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        """Slack takes a message twice: the action says that it can't be repeated, and `find` is asked first."""
        assert not case.action.repeatable
        case.action.deliver([case.good("one")])
        [found] = case.action.find([case.good("one")])
        assert isinstance(found, Done)
        assert found.already


class TestPostMessageWhereHistoryCannotBeRead(TestPostMessageKeepsTheContract):
    """The bot may post and may not read: what broke off is unsure for a person, and is not asked about again."""

    @pytest.fixture
    def case(self, world: StandIns, clock: Time) -> Case:
        world.get(Slack).scopes -= {"channels:history"}
        known = super().case.__wrapped__(self, world, clock)  # type: ignore[attr-defined]  # what a fixture decorates
        known.findable, known.may_be_unsure = False, True
        return known

    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        case.action.deliver([case.good("one")])
        [found] = case.action.find([case.good("one")])
        assert isinstance(found, Refused)

    def test_after_the_first_such_answer_it_is_for_a_person(self, case: Case) -> None:
        """Not looked up in every run for ever; and the sentence says what to do."""
        case.fault("cut_after")
        [verdict] = case.settle(case.good("one"))
        assert (verdict.state, verdict.not_before) == ("unsure", None)
        assert len(case.stand_ins.requests(path="conversations.history")) == 1
        assert str(verdict.reason).endswith(
            "Slack, #expansion: the bot may not look whether it is there (channels:history is missing). Look "
            "there and say so with `expansion unsure`; so that it does not happen again, add channels:history under "
            "OAuth & Permissions and reinstall the app"
        )


# --- what arrives -----------------------------------------------------------------------------------------------------


def test_a_message_shows_its_title_text_numbers_and_where_it_comes_from(
    world: StandIns, action: PostMessageAction
) -> None:
    numbers = {"Seats": "92 of 100", "Worth": "$24,000"}
    [reply] = action.deliver([message(title="Acme is nearly out of seats", fields=numbers)])
    [sent] = posted(world)
    kinds = [block["type"] for block in sent["blocks"]]
    assert kinds == ["header", "section", "section", "context"]
    assert sent["blocks"][2]["fields"][1]["text"] == "*Worth*\n$24,000"
    assert sent["blocks"][3]["elements"][0]["text"] == "Acme · seat-limit → seat-expansion"
    assert isinstance(reply, Done)
    assert reply.remote_id == f"C0EXPANSION:{sent['ts']}"
    assert reply.link == f"{world.url}/slack/archives/C0EXPANSION/p{sent['ts'].replace('.', '')}"


def test_the_key_travels_as_metadata_and_as_a_message_id_that_never_changes(
    world: StandIns, action: PostMessageAction
) -> None:
    action.deliver([message()])
    [sent] = posted(world)
    assert sent["metadata"]["event_type"] == "expansion_step"
    assert sent["metadata"]["event_payload"]["keys"] == message().key
    assert single(message()).client_msg_id == single(message()).client_msg_id
    assert single(message()).client_msg_id != single(message("two")).client_msg_id


def test_a_link_that_cannot_be_made_costs_no_message(world: StandIns, action: PostMessageAction) -> None:
    world.fault("slack", "status", path="auth.test", status=503, times=100)
    [reply] = action.deliver([message()])
    assert isinstance(reply, Done)
    assert reply.link is None


def test_a_channel_gets_one_message_a_second_and_another_channel_does_not_wait(
    action: PostMessageAction, clock: Time, world: StandIns
) -> None:
    action.deliver([message("one"), message("two"), message("three"), message("four", channel="sales")])
    assert sum(clock.slept) == pytest.approx(2 * 1.05, abs=1e-3)
    assert len(posted(world)) == 4
    assert all(request["status"] == 200 for request in world.requests(path="chat.postMessage"))


def test_a_workspace_that_says_slower_is_obeyed(world: StandIns, action: PostMessageAction, clock: Time) -> None:
    world.fault(
        "slack", "status", status=429, headers={"Retry-After": "7"}, body={"ok": False, "error": "rate_limited"}
    )
    [reply] = action.deliver([message()])
    assert isinstance(reply, Done)
    assert 7 in clock.slept


def test_a_long_wait_is_left_to_a_later_run(world: StandIns, action: PostMessageAction, clock: Time) -> None:
    world.fault("slack", "status", status=429, headers={"Retry-After": "300"}, body={"ok": False}, times=9)
    first, second = action.deliver([message("one"), message("two")])
    assert isinstance(first, TryLater)
    assert first.wait == 300
    assert isinstance(second, TryLater)
    assert len(world.requests(path="chat.postMessage")) == 1, "the second isn't even asked"
    assert sum(clock.slept) < 60


# --- digest -----------------------------------------------------------------------------------------------------------


def test_five_messages_are_read_one_by_one_and_six_become_one_digest(
    world: StandIns, action: PostMessageAction
) -> None:
    action.deliver([message(f"five {i}", f"Account {i}") for i in range(5)])
    assert len(posted(world)) == 5
    pieces = [message(f"six {i}", f"Firm {i}") for i in range(6)]
    replies = action.deliver(pieces)
    assert len(posted(world)) == 6
    digest = posted(world)[-1]
    assert digest["text"] == "6 accounts: seat-limit"
    assert [b["type"] for b in digest["blocks"]] == ["header"] + ["section"] * 6
    assert digest["metadata"]["event_payload"]["keys"].split() == [p.key for p in pieces]
    assert {r.remote_id for r in replies if isinstance(r, Done)} == {f"C0EXPANSION:{digest['ts']}"}
    assert replies[0].note == "in one digest with 5 more"  # type: ignore[union-attr]


def test_every_piece_of_a_digest_is_found(action: PostMessageAction) -> None:
    pieces = [message(f"six {i}", f"Firm {i}") for i in range(6)]
    delivered = action.deliver(pieces)
    found = action.find([*pieces, message("not sent")])
    assert [f.remote_id for f in found[:6]] == [d.remote_id for d in delivered]  # type: ignore[union-attr]
    assert found[6] is None


def test_a_digest_whose_connection_breaks_leaves_all_its_pieces_unsure(
    world: StandIns, action: PostMessageAction
) -> None:
    world.fault("slack", "cut_after", path="chat.postMessage")
    pieces = [message(f"six {i}", f"Firm {i}") for i in range(6)]
    assert all(isinstance(r, TryLater) and r.maybe_done for r in action.deliver(pieces))
    assert all(isinstance(f, Done) for f in action.find(pieces))
    assert len(posted(world)) == 1


def test_what_wants_no_digest_stays_alone(world: StandIns, action: PostMessageAction) -> None:
    action.deliver([message(f"{i}", digest=False) for i in range(7)])
    assert len(posted(world)) == 7


def test_hundreds_of_accounts_make_few_messages_all_within_the_limits() -> None:
    pieces = [message(f"{i}", f"Firm {i}", text="x" * 5000, fields={"a": "b"}) for i in range(100)]
    short = [message(f"{i}", f"Firm {i}") for i in range(100)]
    for messages, count in ((digests(pieces), 8), (digests(short), 3)):
        assert len(messages) == count
        assert [p for m in messages for p in m.pieces] in (pieces, short)
        for one in messages:
            assert problems(list(one.blocks)) == []
            assert text_length(list(one.blocks)) < 13_200
    assert digests(short)[1].text == "40 accounts: seat-limit (2 of 3)"


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2999, 3000, 3001, 12_000, 60_000])
def test_text_of_any_length_arrives_within_the_limits(world: StandIns, action: PostMessageAction, size: int) -> None:
    text = ("word " * (size // 5) + "w" * (size % 5)) or "w"
    [reply] = action.deliver([message(text=text, title="t" * 400, fields={"f" * 100: "v" * 5000})])
    assert isinstance(reply, Done), reply


def test_an_empty_text_is_a_message_all_the_same(action: PostMessageAction) -> None:
    [reply] = action.deliver([message(text="", title="Only a title")])
    assert isinstance(reply, Done), reply


def test_a_long_text_is_cut_at_line_ends_and_nothing_is_lost() -> None:
    lines = [f"• line {i} " + "x" * 80 for i in range(60)]
    parts = split("\n".join(lines), SECTION)
    assert len(parts) == 2
    assert "\n".join(parts).split("\n") == lines


def test_a_cut_never_goes_through_a_link_or_an_escaped_character() -> None:
    link = "<https://example.com/a?b=1&amp;c=2|the account page>"
    for at in range(len(link)):
        text = "x" * (100 - at) + link + "y" * 200
        assert shorten(text, 110).count("<") == shorten(text, 110).count(">"), at
    assert shorten("a" * 96 + "&amp;" + "b" * 50, 100) == "a" * 96 + " …"


def test_a_text_that_is_too_long_for_one_message_says_that_it_was_shortened() -> None:
    sections = single(message(text="line of words\n" * 3000)).blocks
    assert sections[-2]["text"]["text"].endswith(" …")
    assert MESSAGE - 1500 < text_length(list(sections)) <= MESSAGE


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "said"),
    [("nowhere", "no such channel"), ("old", "archived"), ("other", "/invite")],
)
def test_a_channel_that_does_not_take_it_says_what_to_do(action: PostMessageAction, channel: str, said: str) -> None:
    [reply] = action.deliver([message(channel=channel)])
    assert isinstance(reply, Refused)
    assert said in str(reply)
    assert f"#{channel}" in str(reply)


def test_a_missing_scope_is_named(world: StandIns, action: PostMessageAction) -> None:
    world.get(Slack).scopes -= {"chat:write"}
    [reply] = action.deliver([message()])
    assert isinstance(reply, NoAccess)
    assert "chat:write" in str(reply)


@pytest.mark.parametrize("error", ["fatal_error", "internal_error", "service_unavailable", "request_timeout"])
def test_an_error_after_which_nobody_knows_is_not_repeated(
    world: StandIns, action: PostMessageAction, error: str
) -> None:
    world.fault("slack", "status", status=200, body={"ok": False, "error": error}, path="chat.postMessage")
    [reply] = action.deliver([message()])
    assert isinstance(reply, TryLater)
    assert reply.maybe_done
    assert len(world.requests(path="chat.postMessage")) == 1


def test_an_error_that_nobody_has_heard_of_is_refused_with_its_name(world: StandIns, action: PostMessageAction) -> None:
    world.fault("slack", "status", status=200, body={"ok": False, "error": "brand_new_error"})
    world.fault("slack", "status", status=404, body="<html>Not found</html>")
    first, second = action.deliver([message("one"), message("two")])
    assert isinstance(first, Refused)
    assert "brand_new_error" in str(first)
    assert isinstance(second, Refused)
    assert "404" in str(second)
    assert "html" not in str(second)


def test_a_server_that_is_not_there_is_tried_again_and_certainly_not_done(clock: Time) -> None:
    settings = Settings(bot_token="xoxb-test", base_url="http://127.0.0.1:9", _env_file=None)
    action = INTEGRATION.connect(settings, World(retry=RetryPolicy(sleep=clock.sleep), clock=clock)).actions[
        "slack.post_message"
    ]
    [reply] = action.deliver([message()])
    assert isinstance(reply, TryLater)
    assert not reply.maybe_done
    assert "SLACK_BASE_URL" in str(reply)


# --- find -------------------------------------------------------------------------------------------------------------


def test_history_that_cannot_be_read_leaves_it_unknown(world: StandIns, action: PostMessageAction) -> None:
    action.deliver([message()])
    world.get(Slack).scopes -= {"channels:history"}
    [found] = action.find([message()])
    assert isinstance(found, Refused)
    assert "channels:history" in str(found)


def test_a_history_too_long_to_look_through_leaves_it_unknown(
    world: StandIns, action: PostMessageAction, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.slack.client.PAGES", 2)
    for i in range(401):
        crowd(world, clock, i)
    [found] = action.find([message()])
    assert isinstance(found, Refused)
    assert "look by hand" in str(found)


def test_a_message_behind_many_others_is_found(world: StandIns, action: PostMessageAction, clock: Time) -> None:
    action.deliver([message()])
    for i in range(450):
        crowd(world, clock, i)
    [found] = action.find([message()])
    assert isinstance(found, Done)


def test_half_a_page_of_history_is_not_the_end_of_it(world: StandIns, action: PostMessageAction) -> None:
    action.deliver([message()])
    world.fault("slack", "truncate", path="conversations.history", times=100)
    [found] = action.find([message()])
    assert isinstance(found, TryLater)


def test_history_is_asked_no_further_back_than_the_firing(world: StandIns, action: PostMessageAction) -> None:
    before = {"event_type": "expansion_step", "event_payload": {"keys": message().key}}
    old = {"channel": "C0EXPANSION", "ts": "1.0", "text": "old", "metadata": before}
    world.state.put("slack.messages", "C0EXPANSION:1.0", old)
    assert action.find([message()]) == [None]


def test_a_run_for_a_day_to_come_still_finds_what_it_sent(world: StandIns, action: PostMessageAction) -> None:
    late = Piece(**{**vars(message()), "fired_at": FIRED_AT + timedelta(days=400)})
    action.deliver([late])
    assert isinstance(action.find([late])[0], Done)


def test_a_channel_given_by_its_id_needs_no_list_of_channels(world: StandIns, action: PostMessageAction) -> None:
    world.get(Slack).scopes -= {"channels:read"}
    assert action.find([message(channel="C0EXPANSION")]) == [None]
    [unknown] = action.find([message(channel="expansion")])
    assert isinstance(unknown, Refused)
    assert "(channels:read is missing)" in str(unknown)


def test_a_channel_that_is_gone_cannot_be_looked_through(action: PostMessageAction) -> None:
    [found] = action.find([message(channel="nowhere")])
    assert isinstance(found, Refused)


def crowd(world: StandIns, clock: Time, number: int) -> None:
    clock.now += 0.001
    ts = f"{clock.now:.6f}"
    world.state.put("slack.messages", f"C0EXPANSION:{ts}", {"channel": "C0EXPANSION", "ts": ts, "text": f"{number}"})


# --- settings and doctor ----------------------------------------------------------------------------------------------


def test_a_channel_with_a_hash_says_how_to_write_it() -> None:
    with pytest.raises(ValidationError, match="without the #: `growth`"):
        PostMessage(channel="#growth", text="x")
    with pytest.raises(ValidationError, match="channel is empty"):
        PostMessage(channel=" ", text="x")


def test_missing_settings_name_the_variable_and_where_to_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    with pytest.raises(NoAccess, match=r"SLACK_BOT_TOKEN: missing.*xoxb-.*chat:write"):
        INTEGRATION.connected()
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxp-secret")
    with pytest.raises(NoAccess, match="starts with xoxb-") as caught:
        INTEGRATION.connected()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    assert "slack.post_message" in INTEGRATION.connected().actions


def test_doctor_says_who_and_where_the_bot_is(slack: Any) -> None:
    findings = slack.check()
    assert all(finding.ok for finding in findings)
    assert [finding.what for finding in findings][2:] == [
        "in #expansion, #sales",
    ]


def test_doctor_says_what_is_missing(world: StandIns, slack: Any) -> None:
    world.get(Slack).scopes -= {"channels:history"}
    [missing] = [finding for finding in slack.check() if not finding.ok]
    assert missing.remedy == "add channels:history under OAuth & Permissions and reinstall the app"
    world.get(Slack).revoked = True
    [finding] = slack.check()
    assert not finding.ok
    assert "SLACK_BOT_TOKEN" in finding.remedy


def test_doctor_tells_of_a_bot_that_is_in_no_channel(world: StandIns, slack: Any) -> None:
    world.get(Slack).scopes -= {"groups:read"}  # the private ones are then not asked for
    for channel_id, channel in world.state.items("slack.channels"):
        world.state.put("slack.channels", channel_id, {**channel, "is_member": False})
    assert "/invite" in slack.check()[-1].remedy
    world.fault("slack", "status", path="conversations.list", status=500, times=99)
    assert not slack.check()[-1].ok
