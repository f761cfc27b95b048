"""Webhooks of Segment, Heap and Amplitude: who may call, what is stored of it, and what comes twice or in no order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from expansion.contract import Aside, CohortPush, FactRecord
from expansion.usage.facts import add_facts, facts_sql
from expansion.usage.storage.store import UsageStore
from integrations.amplitude.cohorts import Cohorts
from integrations.heap.segments import Segments
from integrations.kit.inbound import InboundBase
from integrations.segment.webhook import Webhook
from tests.web.serve.receiver import NOW, WORLD, Receiver, door

SECRET = "a secret of the webhook"
HEADER = "x-expansion-secret"
MS = int(NOW.timestamp() * 1000)


def opened(root: Path, kind: type[InboundBase], **settings: str) -> Receiver:
    return Receiver.of(root, door(kind, **settings))


# --- Segment ----------------------------------------------------------------------------------------------------------


def track(n: int = 1, **changed: Any) -> dict[str, Any]:
    own = {"type": "track", "event": "Export Blocked", "userId": "ana", "messageId": f"m-{n}"}
    return {**own, "timestamp": "2026-03-02T10:00:00.000Z", "properties": {"ratio": 1.0, "name": "Zoë"}, **changed}


def as_javascript(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("1.0", "1").encode()


def signed(part: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-signature": hmac.new(secret.encode(), part, hashlib.sha1).hexdigest()}


@pytest.fixture
def segment(tmp_path: Path) -> Receiver:
    return opened(tmp_path, Webhook, webhook_secret=SECRET)


def post(to: Receiver, path: str, raw: bytes, headers: Any) -> int:
    return to.ask("POST", path, content=raw, headers=headers).status_code


def test_a_signed_event_is_stored_and_one_that_comes_again_counts_once(segment: Receiver) -> None:
    raw = as_javascript(track(context={"groupId": "acme"}))
    assert [post(segment, "/segment/webhook", raw, signed(raw)) for _ in range(2)] == [200, 200]
    assert segment.fold().stored == 1
    assert segment.stored() == [("Export Blocked", "acme", "ana")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-signature": "not hex"},
        {"x-signature": "7"},
        signed(b"another body"),
        {"x-signature": hmac.new(b"another secret", as_javascript(track()), hashlib.sha1).hexdigest()},
        [("x-signature", signed(as_javascript(track()))["x-signature"])] * 2,
        {"x-signature": "é".encode()},
    ],
)
def test_a_wrong_signature_is_401_and_stores_nothing(segment: Receiver, headers: Any) -> None:
    assert post(segment, "/segment/webhook", as_javascript(track()), headers) == 401
    assert segment.rows == []


@pytest.mark.parametrize("raw", [b"", b"[", b"[]", b"\xff\xfe{\x00}\x00", b'[{"a": 1', b"[" * 100_000])
def test_what_cannot_be_read_is_no_fault_of_ours(segment: Receiver, raw: bytes) -> None:
    assert post(segment, "/segment/webhook", raw, signed(raw)) in (400, 401)
    assert segment.rows == []


def test_of_a_list_only_the_first_is_signed_so_it_needs_a_secret_header(tmp_path: Path) -> None:
    first, second = as_javascript(track(1)), as_javascript(track(2))
    raw = b"[" + first + b"," + second + b"]"
    without = opened(tmp_path / "without", Webhook, webhook_secret=SECRET)
    assert post(without, "/segment/webhook", raw, signed(first)) == 400
    assert without.rows == []
    held = opened(tmp_path / "with", Webhook, webhook_secret=SECRET, webhook_header_secret="another")
    assert post(held, "/segment/webhook", raw, signed(first)) == 401
    assert post(held, "/segment/webhook", raw, {**signed(raw), HEADER: "another"}) == 401
    assert held.rows == []
    assert post(held, "/segment/webhook", raw, {**signed(first), HEADER: "another"}) == 200
    assert [event.event_id for event in held.events] == ["segment:m-1", "segment:m-2"]


def test_an_audience_is_a_trait_of_the_person_or_of_the_account(segment: Receiver) -> None:
    for call in (
        {"type": "identify", "userId": "ana", "traits": {"power_users": True}, "messageId": "1"},
        {"type": "group", "groupId": "acme", "traits": {"big_accounts": False}, "messageId": "2"},
        track(3, event="Audience Entered", properties={"audience_key": "power_users"}),
    ):
        raw = as_javascript(call)
        assert post(segment, "/segment/webhook", raw, signed(raw)) == 200
    facts = [row for row in segment.rows if isinstance(row, FactRecord)]
    assert [(fact.account_id, fact.user_id, fact.values) for fact in facts] == [
        ("", "ana", {"power_users": True}), ("acme", None, {"big_accounts": False}),
    ]  # fmt: skip
    assert [event.event for event in segment.events] == ["Audience Entered"]


# --- Heap -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def heap(tmp_path: Path) -> Receiver:
    return opened(tmp_path, Segments, webhook_secret=SECRET)


def sync(add: Any = (), remove: Any = (), name: Any = "Free Customers") -> bytes:
    people = {"add": [{"id": one} for one in add], "remove": [{"id": one} for one in remove]}
    info = {"page_number": 1, "total_pages": 1, "sync_task_id": "t"}
    data = {"segment": {"id": 7, "name": name}, "sync_info": info, **people}
    return json.dumps({"action_type": "segment.users.sync", "data": data}).encode()


def hashed(raw: bytes, stamp: str = str(MS)) -> dict[str, str]:
    made = hmac.new(SECRET.encode(), stamp.encode() + raw, hashlib.sha256).digest()
    return {"heap-hash": f"ts:{stamp},hmac:{base64.b64encode(made).decode()}"}


def belong(receiver: Receiver, **accounts: str) -> None:
    """Who belongs where, as a pull has told it."""
    records = [FactRecord("crm", account, {"account": account}, None, user) for user, account in accounts.items()]
    add_facts(UsageStore(receiver.root), "crm", records, NOW)


def memberships(receiver: Receiver) -> list[tuple[str, str, str]]:
    """By person, segment and moment, as stored."""
    receiver.fold()
    store = UsageStore(receiver.root)
    facts = facts_sql(store, store.manifest())
    query = f"SELECT user_id, field, value FROM {facts} WHERE source <> 'crm' ORDER BY since"
    return store.connect().execute(query).fetchall()


def test_who_comes_and_who_leaves_is_a_field_of_the_person(heap: Receiver) -> None:
    belong(heap, ana="acme", bo="acme")
    raw = sync(add=["ana"], remove=["bo"])
    assert [post(heap, "/heap/segments", raw, hashed(raw)) for _ in range(2)] == [200, 200]
    assert sorted(memberships(heap)) == [("ana", "Free Customers", "true"), ("bo", "Free Customers", "false")]


def test_a_segment_is_a_cohort_of_accounts(heap: Receiver) -> None:
    raw = sync(add=["ana", None], remove=["bo"])
    assert post(heap, "/heap/segments", raw, hashed(raw)) == 200
    [push] = [row for row in heap.rows if isinstance(row, CohortPush)]
    assert (push.name, push.joined, push.left, push.at) == ("Free Customers", {"ana"}, {"bo"}, NOW)


def test_an_older_call_that_comes_late_outdoes_no_newer_one(heap: Receiver) -> None:
    belong(heap, ana="acme")
    newer, older = sync(remove=["ana"]), sync(add=["ana"])
    assert post(heap, "/heap/segments", newer, hashed(newer)) == 200
    assert post(heap, "/heap/segments", older, hashed(older, str(MS - 30_000))) == 200
    assert memberships(heap)[-1] == ("ana", "Free Customers", "false")


@pytest.mark.parametrize(
    ("milliseconds", "status"), [(0, 200), (-59_000, 200), (-61_000, 401), (900, 200), (2_000, 401)]
)
def test_a_call_is_taken_for_a_minute_and_not_from_the_future(heap: Receiver, milliseconds: int, status: int) -> None:
    raw = sync(add=["ana"])
    assert post(heap, "/heap/segments", raw, hashed(raw, str(MS + milliseconds))) == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"heap-hash": "ts"},
        {"heap-hash": f"ts:{MS},hmac:none"},
        hashed(sync(add=["ana"]), "soon"),
        {"heap-hash": b"ts:\xb2,hmac:\xb2"},
        hashed(sync(add=["bo"])),
        [("heap-hash", hashed(sync(add=["ana"]))["heap-hash"]), ("heap-hash", "ts:7,hmac:none")],
    ],
)
def test_a_wrong_hash_is_401(heap: Receiver, headers: Any) -> None:
    assert post(heap, "/heap/segments", sync(add=["ana"]), headers) == 401
    assert heap.rows == []


def test_a_person_without_an_id_is_set_aside_and_stops_no_other(heap: Receiver) -> None:
    raw = sync(add=[None, {"a": 1}, ["bo"], "ana", 17])
    assert post(heap, "/heap/segments", raw, hashed(raw)) == 200
    assert [row.user_id for row in heap.rows if isinstance(row, FactRecord)] == ["bo", "ana", "17"]
    assert len([row for row in heap.rows if isinstance(row, Aside)]) == 2


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"7", sync(name=None), b'{"data": 7}', b'{"data": {"segment": "x"}}'])
def test_a_body_of_another_form_is_400(heap: Receiver, raw: bytes) -> None:
    assert post(heap, "/heap/segments", raw, hashed(raw)) == 400


# --- Amplitude --------------------------------------------------------------------------------------------------------

MINE = {HEADER: SECRET}


@pytest.fixture
def amplitude(tmp_path: Path) -> Receiver:
    return opened(tmp_path, Cohorts, cohorts_secret=SECRET)


def cohort(users: Any = ("ana",), **changed: Any) -> bytes:
    own = {"cohort_name": "Power users", "cohort_id": "c1", "in_cohort": True, "message_id": "u::enter::0"}
    people = [{"user_id": one, "user_properties": {}} for one in users]
    return json.dumps({**own, "computed_time": str(MS // 1000), "users": people, **changed}).encode()


def test_a_cohort_s_coming_and_going_is_told_by_its_own_moment(amplitude: Receiver) -> None:
    belong(amplitude, ana="acme")
    left = cohort(in_cohort="false", computed_time=str(MS // 1000 - 60))
    for raw in (left, cohort(), cohort(), left):
        assert post(amplitude, "/amplitude/cohorts", raw, MINE) == 200
    assert memberships(amplitude) == [("ana", "Power users", "false"), ("ana", "Power users", "true")]


def test_a_cohort_is_one_of_accounts(amplitude: Receiver) -> None:
    for raw in (cohort(), cohort(["bo"], in_cohort="false")):
        assert post(amplitude, "/amplitude/cohorts", raw, MINE) == 200
    came, went = [row for row in amplitude.rows if isinstance(row, CohortPush)]
    assert (came.name, came.joined, came.left, went.left) == ("Power users", {"ana"}, frozenset(), {"bo"})


@pytest.mark.parametrize("headers", [{}, {HEADER: "another"}, {HEADER: ""}, [(HEADER, SECRET)] * 2, {HEADER: b"\xe9"}])
def test_without_the_secret_header_nothing_is_taken(amplitude: Receiver, headers: Any) -> None:
    assert post(amplitude, "/amplitude/cohorts", cohort(), headers) == 401
    assert amplitude.rows == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", cohort(in_cohort="perhaps"), cohort(cohort_name=None), cohort(computed_time="soon")],
)
def test_another_template_is_400_with_what_to_do(amplitude: Receiver, raw: bytes) -> None:
    reply = amplitude.ask("POST", "/amplitude/cohorts", content=raw, headers=MINE)
    assert (reply.status_code, amplitude.rows) == (400, [])
    assert "use the template" in reply.json()["message"]


# --- all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Webhook, Segments, Cohorts])
def test_without_a_secret_the_door_is_closed(kind: type[InboundBase]) -> None:
    for name in kind.settings_model.model_fields:
        assert kind.opened(kind.settings_model(_env_file=None, **{name: "  "}), WORLD) is None  # type: ignore[call-arg]
    assert kind.opened(kind.settings_model(_env_file=None), WORLD) is None  # type: ignore[call-arg]
