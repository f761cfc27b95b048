"""Each sender is answered as it reads answers; beside each stands which library, and what another answer costs."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from expansion.contract import FactRecord
from integrations.amplitude.inbound import Calls as Amplitude
from integrations.heap.inbound import Calls as Heap
from integrations.kit.inbound import InboundBase
from integrations.mixpanel.inbound import Calls as Mixpanel
from integrations.posthog.inbound import Calls as PostHog
from integrations.rudderstack.inbound import Calls as RudderStack
from integrations.segment.inbound import Calls as Segment
from tests.web.serve.receiver import KEY, Receiver, door

ALL = (Segment, RudderStack, PostHog, Mixpanel, Amplitude, Heap)
AT = "2026-03-02T10:00:00Z"
MS = 1_772_445_600_000


@dataclass(frozen=True)
class Sender:
    """How a library sends one event, `n` to tell them apart, and what it takes for a yes."""

    kind: type[InboundBase]
    ask: Callable[[str, list[dict[str, Any]]], tuple[str, str, dict[str, Any]]]  # of key and events
    event: Callable[[int], dict[str, Any]]
    is_yes: Callable[[httpx.Response], bool]
    is_no_for_good: Callable[[httpx.Response], bool]  # of a wrong key: nothing is sent again


def _segment(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/v1/batch", {"json": {"batch": events, "writeKey": key, "sentAt": AT}}


def _rudder(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    """@rudderstack/rudder-sdk-node 3.0.13: gzip that is called a form."""
    packed = gzip.compress(json.dumps({"batch": events, "sentAt": AT}).encode())
    named = {"content-type": "application/x-www-form-urlencoded"}
    return "POST", "/v1/batch", {"content": packed, "headers": named, "auth": (key, "")}


def _posthog(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/batch/", {"json": {"api_key": key, "batch": events, "sent_at": AT}}


def _amplitude(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/2/httpapi", {"json": {"api_key": key, "events": events, "options": {}}}


def _with_token(key: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "properties": {**one["properties"], "token": key}} for one in events]


def _mixpanel_python(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    sent = json.dumps(_with_token(key, events))
    return "POST", "/track", {"data": {"data": sent, "verbose": "1", "ip": "0"}}


def _mixpanel_node(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    sent = base64.b64encode(json.dumps(_with_token(key, events)).encode()).decode()
    return "GET", "/track", {"params": {"ip": "0", "verbose": "0", "data": sent}}


def _heap(key: str, events: list[dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/api/track", {"json": {"app_id": key, "events": events}}


def _track(n: int) -> dict[str, Any]:
    told = {"type": "track", "event": "Export Blocked", "messageId": f"m-{n}", "userId": "ana", "timestamp": AT}
    return {**told, "properties": {"company": 17}}


def _capture(n: int) -> dict[str, Any]:
    told = {"event": "Export Blocked", "uuid": f"u-{n}", "distinct_id": "ana", "timestamp": AT}
    return {**told, "properties": {"$groups": {"company": 17}, "$lib": "posthog-python"}}


def _of_amplitude(n: int) -> dict[str, Any]:
    told = {"event_type": "Export Blocked", "insert_id": f"i-{n}", "user_id": "ana", "time": MS}
    return {**told, "groups": {"company": [17]}}


def _of_mixpanel(n: int) -> dict[str, Any]:
    properties = {"distinct_id": "ana", "time": MS / 1000, "$insert_id": f"i-{n}", "company": [17]}
    return {"event": "Export Blocked", "properties": properties}


def _of_heap(n: int) -> dict[str, Any]:
    told = {"event": "Export Blocked", "identity": "ana", "idempotency_key": f"k-{n}", "timestamp": AT}
    return {**told, "properties": {"company": "17"}}


def _is_200(reply: httpx.Response) -> bool:
    return reply.status_code == 200  # 202 and 204 are sent again by rudder-sdk-python and posthog, 301 is lost


def _is_code_200(reply: httpx.Response) -> bool:
    return reply.status_code == 200 and reply.json()["code"] == 200


def _is_text_or_code_and_message(reply: httpx.Response) -> bool:
    is_json = reply.headers["content-type"].startswith("application/json")
    return 400 <= reply.status_code < 500 and (not is_json or {"code", "message"} <= reply.json().keys())


SENDERS = {
    "segment": Sender(Segment, _segment, _track, _is_200, _is_text_or_code_and_message),
    "rudderstack": Sender(RudderStack, _rudder, _track, _is_200, _is_text_or_code_and_message),
    "posthog": Sender(PostHog, _posthog, _capture, _is_200, _is_text_or_code_and_message),
    "amplitude": Sender(
        Amplitude, _amplitude, _of_amplitude, _is_code_200,
        lambda reply: reply.json()["error"].startswith("Invalid API key") and reply.status_code == 400,
    ),
    "mixpanel for Python": Sender(
        Mixpanel, _mixpanel_python, _of_mixpanel,
        lambda reply: reply.json() == {"status": 1, "error": None},
        lambda reply: reply.json()["status"] == 0 and bool(reply.json()["error"]),
    ),
    "mixpanel for Node": Sender(
        Mixpanel, _mixpanel_node, _of_mixpanel, lambda reply: reply.text == "1", lambda reply: reply.text != "1"
    ),
    "heap": Sender(Heap, _heap, _of_heap, _is_200, _is_text_or_code_and_message),
}  # fmt: skip
EACH = pytest.mark.parametrize("name", SENDERS)


@pytest.fixture
def everybody(tmp_path: Path) -> Receiver:
    """All doors are open at once: by path and content each call finds its own."""
    return Receiver.of(tmp_path, *(door(kind, "company", serve_keys=f"{kind.name}-key,{KEY}") for kind in ALL))


def send(to: Receiver, sender: Sender, *events: dict[str, Any], key: str | None = None) -> httpx.Response:
    method, path, sent = sender.ask(key or f"{sender.kind.name}-key", list(events))
    return to.ask(method, path, **sent)


@EACH
def test_a_batch_is_taken_by_its_door_and_answered_with_the_yes_of_its_sender(everybody: Receiver, name: str) -> None:
    sender = SENDERS[name]
    assert sender.is_yes(send(everybody, sender, sender.event(1), sender.event(2)))
    assert [event.source for event in everybody.events] == [sender.kind.name] * 2
    everybody.fold()
    assert everybody.stored("event, account_id, user_id, ts::VARCHAR") == [
        ("Export Blocked", "17", "ana", "2026-03-02 10:00:00")
    ] * 2  # fmt: skip


@EACH
def test_bad_events_among_good_ones_are_a_yes(everybody: Receiver, name: str) -> None:
    sender = SENDERS[name]
    bad = {**sender.event(2), "event": None, "event_type": None}
    assert sender.is_yes(send(everybody, sender, sender.event(1), bad, sender.event(3)))
    assert (len(everybody.events), everybody.reasons) == (2, ["no event name"])


@EACH
def test_a_wrong_key_ends_it(everybody: Receiver, name: str) -> None:
    sender = SENDERS[name]
    reply = send(everybody, sender, sender.event(1), key="another")
    assert sender.is_no_for_good(reply) and not sender.is_yes(reply)
    assert everybody.rows == []


@EACH
def test_a_repeat_counts_once_also_in_another_batch(everybody: Receiver, name: str) -> None:
    sender = SENDERS[name]
    send(everybody, sender, sender.event(1), sender.event(2))
    send(everybody, sender, sender.event(2), sender.event(3))
    assert everybody.fold().stored == 3


@EACH
def test_the_same_id_of_two_senders_is_two_events(everybody: Receiver, name: str) -> None:
    sender, other = SENDERS[name], SENDERS["heap" if name != "heap" else "segment"]
    same = {"messageId": "x", "uuid": "x", "insert_id": "x", "idempotency_key": "x"}
    for each in (sender, other):
        one = {**each.event(1), **same}
        one["properties"] = {**one.get("properties", {}), "$insert_id": "x"}
        send(everybody, each, one)
    assert everybody.fold().stored == 2


@EACH
def test_when_the_disk_is_full_the_sender_hears_later_and_nothing_is_stored(everybody: Receiver, name: str) -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    everybody.service.commit.append = full
    sender = SENDERS[name]
    reply = send(everybody, sender, sender.event(1))
    assert reply.status_code in (429, 503) and not sender.is_yes(reply)
    assert float(reply.headers.get("retry-after", 0)) <= 5
    assert everybody.rows == []
    assert everybody.told == []


@EACH
def test_a_fault_of_ours_is_a_later_and_no_500(
    everybody: Receiver, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(rows: object) -> Any:
        raise RuntimeError("ana@acme.example")

    everybody.service.completed = broken
    sender = SENDERS[name]
    reply = send(everybody, sender, sender.event(1))
    assert reply.status_code in (429, 503)
    assert "RuntimeError" in caplog.text and "ana" not in caplog.text + reply.text


@EACH
def test_numbers_without_an_id_make_one_of_the_whole_event(everybody: Receiver, name: str) -> None:
    sender = SENDERS[name]
    ids = {"messageId", "uuid", "insert_id", "idempotency_key"}
    for n in (1, 1, 2):
        event = {key: value for key, value in sender.event(n).items() if key not in ids}
        event["properties"] = {k: v for k, v in event.get("properties", {}).items() if k != "$insert_id"}
        event = {**event, "properties": {**event["properties"], "n": n}, "event_properties": {"n": n}}
        send(everybody, sender, event)
    assert everybody.fold().stored == 2


# --- who belongs where, in each dialect's own way ---------------------------------------------------------------------

BELONGS: dict[str, tuple[str, str, Any]] = {
    "segment": ("POST", "/v1/group", {"userId": "ana", "groupId": 17, "traits": {"plan": "Team"}}),
    "rudderstack": ("POST", "/v1/group", {"userId": "ana", "groupId": "17", "traits": {"plan": "Team"}}),
    "posthog": (
        "POST", "/batch",
        {"batch": [{"event": "$identify", "distinct_id": "ana", "properties": {"$groups": {"company": 17}}}]},
    ),
    "amplitude": (
        "POST", "/2/httpapi",
        {"events": [{"event_type": "$identify", "user_id": "ana", "groups": {"company": 17, "team": "x"}}]},
    ),
    "mixpanel for Python": ("POST", "/engage", [{"$token": "", "$distinct_id": "ana", "$set": {"company": ["17"]}}]),
    "heap": ("POST", "/api/add_user_properties", {"identity": "ana", "properties": {"company": 17}}),
}  # fmt: skip


@pytest.mark.parametrize("name", BELONGS)
def test_who_belongs_where_is_kept_for_later_events(everybody: Receiver, name: str) -> None:
    sender, (method, path, told) = SENDERS[name], BELONGS[name]
    key = f"{sender.kind.name}-key"
    if isinstance(told, dict):
        told = {**told, "writeKey": key, "api_key": key, "app_id": key}
        if name in ("segment", "rudderstack"):
            told.pop("api_key")
    else:
        told = [{**one, "$token": key} for one in told]
    auth = {"auth": (key, "")} if name in ("segment", "rudderstack") else {}
    assert everybody.ask(method, path, json=told, **auth).status_code == 200
    event = sender.event(1)
    without = {k: v for k, v in event.get("properties", {}).items() if k not in ("company", "$groups")}
    event = {**event, "properties": without}
    event.pop("groups", None)
    assert sender.is_yes(send(everybody, sender, event))
    assert [one.account_id for one in everybody.events] == ["17"]


def test_a_group_identify_makes_no_person(everybody: Receiver) -> None:
    told = {"$group_type": "company", "$group_key": 17, "$group_set": {"plan": "Team"}}
    event = {"event": "$groupidentify", "distinct_id": "0192-random", "properties": told}
    other = {**event, "properties": {**told, "$group_type": "team"}}
    send(everybody, SENDERS["posthog"], event, other)
    [fact] = everybody.rows
    assert isinstance(fact, FactRecord)
    assert (fact.account_id, fact.user_id, fact.values) == ("17", None, {"plan": "Team"})


def test_posthog_names_the_account_with_events_alone_and_that_is_their_person_s(everybody: Receiver) -> None:
    """`posthog.set` and `identify` send no groups (7.91.1, measured)."""
    traits = {"event": "$set", "distinct_id": "ana", "uuid": "s-1", "properties": {"$set": {"role": "admin"}}}
    nameless = {**_capture(2), "properties": {}}
    send(everybody, SENDERS["posthog"], _capture(1), traits, nameless)
    assert [one.account_id for one in everybody.events] == ["17", "17"]
    [fact] = [row for row in everybody.rows if isinstance(row, FactRecord)]
    assert (fact.account_id, fact.user_id, fact.values) == ("17", "ana", {"role": "admin"})


def test_who_acts_in_several_accounts_is_of_none_by_that(everybody: Receiver) -> None:
    elsewhere = {**_capture(2), "properties": {"$groups": {"company": 18}}}
    send(everybody, SENDERS["posthog"], _capture(1), elsewhere, {**_capture(3), "properties": {}})
    assert [one.account_id for one in everybody.events] == ["17", "18", None]


def test_several_kinds_of_groups_want_a_name(tmp_path: Path) -> None:
    to = Receiver.of(tmp_path, door(PostHog))
    event = {**_capture(1), "properties": {"$groups": {"company": 17, "team": "x"}}}
    assert to.ask(*_posthog(KEY, [event])[:2], **_posthog(KEY, [event])[2]).status_code == 200
    assert "account: company" in to.reasons[0]


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "mixpanel for Node"])
def test_nothing_is_redirected(everybody: Receiver, name: str) -> None:
    """Segment's, RudderStack's and PostHog's libraries follow a 301 with an empty GET, and take its 200 for success."""
    sender = SENDERS[name]
    method, path, sent = sender.ask(f"{sender.kind.name}-key", [sender.event(1)])
    for asked in (path.rstrip("/"), f"{path.rstrip('/')}/", f"/{path}"):
        assert sender.is_yes(everybody.ask(method, asked, **sent))
    assert len(everybody.events) == 3


def test_another_token_among_ours_is_set_aside_alone(everybody: Receiver) -> None:
    ours, theirs = _with_token(KEY, [_of_mixpanel(1)]), _with_token("theirs", [_of_mixpanel(2)])
    reply = everybody.ask("POST", "/track", data={"data": json.dumps(ours + theirs), "verbose": "1"})
    assert reply.json()["status"] == 1
    assert (len(everybody.events), len(everybody.reasons)) == (1, 1)


def test_rows_a_line_are_read_and_a_broken_one_is_set_aside(everybody: Receiver) -> None:
    lines = "\n".join([*(json.dumps(one) for one in _with_token(KEY, [_of_mixpanel(1), _of_mixpanel(2)])), '{"half'])
    reply = everybody.ask("POST", "/import", params={"strict": "1"}, content=gzip.compress(lines.encode()))
    assert reply.json()["code"] == 200
    assert (len(everybody.events), len(everybody.reasons)) == (2, 1)
