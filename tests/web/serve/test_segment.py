"""Segment's libraries against `expansion serve`: what they send, and how they read the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import EventRow, FactRecord, Merge
from integrations.segment.inbound import Calls
from tests.web.serve.receiver import KEY, NOW, Receiver, door

BASIC = (KEY, "")


@pytest.fixture
def segment(tmp_path: Path) -> Receiver:
    return Receiver.of(tmp_path, door(Calls))


def track(n: int = 1, **changed: Any) -> dict[str, Any]:
    own = {"type": "track", "event": "Export Blocked", "userId": "ana", "messageId": f"m-{n}"}
    return {**own, "timestamp": "2026-03-02T10:00:00.000Z", "properties": {"format": "pdf"}, **changed}


def send(to: Receiver, *calls: Any, path: str = "/v1/batch") -> int:
    return to.ask("POST", path, json={"batch": calls, "sentAt": "2026-03-02T10:00:01Z"}, auth=BASIC).status_code


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/", "//v1/batch", "/segment/v1/batch", "/v1/import"])
def test_a_batch_is_on_disk_and_answered_with_exactly_200(segment: Receiver, path: str) -> None:
    assert send(segment, track(), path=path) == 200
    [event] = segment.events
    assert (event.event_id, event.event, event.user_id) == ("segment:m-1", "Export Blocked", "ana")
    assert event.source == "segment.calls"
    [told] = segment.told
    assert isinstance(told, EventRow) and (told.event_id, told.received_at) == ("segment:m-1", NOW)


def test_a_key_in_the_body_alone_is_enough(segment: Receiver) -> None:
    reply = segment.ask("POST", "/v1/batch", json={"batch": [track()], "writeKey": KEY})
    assert (reply.status_code, len(segment.events)) == (200, 1)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"auth": ("another", "")},
        {"headers": {"authorization": "Basic not-base64"}},
        {"headers": {"authorization": "Bearer write-key-1"}},
        {"headers": [("authorization", "Basic d3JpdGUta2V5LTE6"), ("authorization", "Basic d3JpdGUta2V5LTE6")]},
    ],
)
def test_a_wrong_key_is_401_and_stores_nothing(segment: Receiver, asked: dict[str, Any]) -> None:
    reply = segment.ask("POST", "/v1/batch", json={"batch": [track()]}, **asked)
    assert (reply.status_code, segment.rows) == (401, [])
    assert reply.json() == {"code": 401, "message": reply.json()["message"]}
    assert KEY not in reply.text


def test_one_bad_event_is_set_aside_and_refuses_no_other(segment: Receiver) -> None:
    bad = [7, None, track(2, event=None), track(3, timestamp="soon"), track(4, userId={"a": 1}), {"type": "dance"}]
    assert send(segment, track(), *bad, track(5)) == 200
    assert [event.event_id for event in segment.events] == ["segment:m-1", "segment:m-5"]
    assert len(segment.reasons) == len(bad)
    counted = segment.service.tally.of("segment.calls").reasons
    done = segment.fold()
    assert (done.rejects, done.waiting) == (counted, 2)  # the two good ones have no account yet


def test_the_account_of_a_group_call_is_that_of_later_and_earlier_events(segment: Receiver) -> None:
    send(segment, track(1))
    send(segment, {"type": "group", "userId": "ana", "groupId": 17, "traits": {"plan": "Team"}, "messageId": "g"})
    send(segment, track(2))
    assert [event.account_id for event in segment.events] == [None, "17"]
    facts = [row for row in segment.rows if isinstance(row, FactRecord)]
    assert [(fact.account_id, fact.user_id, fact.values) for fact in facts] == [
        ("17", None, {"plan": "Team"}), ("17", "ana", {"account": "17"}),
    ]  # fmt: skip
    assert segment.fold().stored == 2
    assert segment.stored() == [("Export Blocked", "17", "ana")] * 2


def test_who_belongs_where_is_still_known_after_a_restart_and_a_fold(segment: Receiver, tmp_path: Path) -> None:
    send(segment, {"type": "group", "userId": "ana", "groupId": "acme", "messageId": "g"})
    for n in (1, 2):
        again = Receiver.of(tmp_path, door(Calls))
        send(again, track(n))
        assert again.events[-1].account_id == "acme"
        again.fold()


def test_the_same_event_in_another_batch_counts_once(segment: Receiver) -> None:
    known = {"context": {"groupId": "acme"}}
    send(segment, track(1, **known), track(2, **known))
    send(segment, track(2, **known), track(3, **known))
    assert segment.fold().stored == 3


@pytest.mark.parametrize(
    ("properties", "context", "accounts"),
    [
        ({"company_id": 17}, {}, ["17"]),
        ({"company_id": 17.0}, {"groupId": "acme"}, ["17"]),
        ({"company_id": ["17"]}, {}, ["17"]),
        ({"company_id": [17, "acme", 17]}, {}, ["17", "acme"]),
        ({"company_id": None}, {}, [None]),
        ({}, {"groupId": "acme"}, ["acme"]),
        ({"company_id": 12345678901234567890123}, {}, ["12345678901234567890123"]),
    ],
)
def test_ids_are_text(tmp_path: Path, properties: dict[str, Any], context: dict[str, Any], accounts: list[Any]) -> None:
    segment = Receiver.of(tmp_path, door(Calls, "company_id"))
    assert send(segment, track(properties=properties, context=context)) == 200
    assert [event.account_id for event in segment.events] == accounts


def test_tokens_for_nothing_and_half_a_surrogate_are_read(segment: Receiver) -> None:
    raw = '{"batch": [{"type": "track", "event": "A", "messageId": "1", "properties": {"n": NaN, "i": -Infinity, '
    raw += '"s": "\\ud83d"}}]}'
    assert segment.ask("POST", "/v1/batch", content=raw, auth=BASIC).status_code == 200
    [event] = segment.events
    assert (event.properties["n"], event.properties["i"]) == (None, None)


def test_no_body_is_400_that_no_library_repeats(segment: Receiver) -> None:
    for raw in (b"", b"<html>", b"{", b"[]", b'{"batch": 7}', b"\x1f\x8bdamaged"):
        reply = segment.ask("POST", "/v1/batch", content=raw, auth=BASIC)
        assert (reply.status_code, sorted(reply.json())) == (400, ["code", "message"])
    assert segment.rows == []


def test_other_calls_become_people_facts_and_merges(segment: Receiver) -> None:
    for path, call in [
        ("/v1/identify", {"userId": "ana", "traits": {"email": "a@x.example"}, "context": {"groupId": "acme"}}),
        ("/v1/page", {"userId": "ana", "name": "Pricing", "messageId": "p", "properties": {"url": "/p"}}),
        ("/v1/alias", {"previousId": "anon", "userId": "ana"}),
    ]:
        assert segment.ask("POST", path, content=json.dumps(call), auth=BASIC).status_code == 200
    person, page, merge = segment.rows
    assert isinstance(person, FactRecord) and (person.account_id, person.user_id) == ("acme", "ana")
    assert isinstance(page, EventRow) and page.event == "Page Viewed" and page.properties["name"] == "Pricing"
    assert isinstance(merge, Merge) and (merge.former_id, merge.id) == ("anon", "ana")
