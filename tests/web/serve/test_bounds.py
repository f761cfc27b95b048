"""Bounds: on what is sent, packed and unpacked, on time, on what waits for the disk; and nothing of it in a log."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from expansion.contract import TryLater
from integrations.amplitude.inbound import Calls as Amplitude
from integrations.mixpanel.inbound import Calls as Mixpanel
from integrations.posthog.inbound import Calls as PostHog
from integrations.rudderstack.inbound import Calls as RudderStack
from integrations.segment.inbound import Calls as Segment
from tests.web.serve.receiver import KEY, Receiver, door
from web.serve import app as serving
from web.serve import commit as committing
from web.serve.commit import Commit

MB = 1_000_000
BASIC = (KEY, "")


@pytest.fixture
def segment(tmp_path: Path) -> Receiver:
    return Receiver.of(tmp_path, door(Segment))


def batch(size: int = 0, events: int = 1) -> bytes:
    each = {"type": "track", "event": "A", "userId": "ana", "properties": {"text": "x" * (size // events)}}
    return json.dumps({"batch": [{**each, "messageId": str(n)} for n in range(events)]}).encode()


# --- size -------------------------------------------------------------------------------------------------------------

# What each library sends on purpose, unpacked: below that a 413 is a batch that is lost, in five of ten libraries.
ON_PURPOSE = [
    (Segment, "/v1/batch", batch(int(0.5 * MB), 50)),
    (RudderStack, "/v1/batch", gzip.compress(batch(4 * MB, 50))),
    (PostHog, "/batch/", json.dumps({"api_key": KEY, "batch": [{"event": "A", "x": "y" * 13 * MB}]}).encode()),
    (
        Amplitude, "/batch",
        json.dumps({"api_key": KEY, "events": [{"event_type": "A", "user_id": "a", "x": "y" * 20 * MB}]}).encode(),
    ),
    (
        Mixpanel, "/import",
        json.dumps([{"event": "A", "properties": {"token": KEY, "distinct_id": "a", "x": "y" * 10 * MB}}]).encode(),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "body"), ON_PURPOSE, ids=[kind.name for kind, _, _ in ON_PURPOSE])
def test_what_libraries_send_on_purpose_is_taken(tmp_path: Path, kind: Any, path: str, body: bytes) -> None:
    to = Receiver.of(tmp_path, door(kind))
    assert to.ask("POST", path, content=body, auth=BASIC).status_code == 200
    assert to.rows


def test_more_is_413_and_stores_nothing(segment: Receiver) -> None:
    reply = segment.ask("POST", "/v1/batch", content=batch(9 * MB), auth=BASIC)
    assert (reply.status_code, segment.rows) == (413, [])
    assert sorted(reply.json()) == ["code", "message"]


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_small_body_that_unpacks_to_much_is_413_before_it_is_unpacked(segment: Receiver, pack: Any) -> None:
    packed = pack(b"[" + b" " * 60 * MB)
    assert len(packed) < MB
    start = time.perf_counter()
    assert segment.ask("POST", "/v1/batch", content=packed, auth=BASIC).status_code == 413
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("label", ["gzip", "identity", "br", ""])
def test_packed_is_read_whatever_its_label_says(segment: Receiver, pack: Any, label: str) -> None:
    named = {"content-encoding": label} if label else {}
    assert segment.ask("POST", "/v1/batch", content=pack(batch()), headers=named, auth=BASIC).status_code == 200
    assert len(segment.events) == 1


def test_half_a_packed_body_is_400(segment: Receiver) -> None:
    whole = gzip.compress(batch(MB))
    reply = segment.ask("POST", "/v1/batch", content=whole[: len(whole) // 2], auth=BASIC)
    assert (reply.status_code, segment.rows) == (400, [])


@pytest.mark.parametrize(
    "deep", ["[" * 100_000, '{"batch":' * 100_000, '{"batch": [' + "[" * 50_000 + "]" * 50_000 + "]}"]
)
def test_what_is_deep_costs_nobody_else(segment: Receiver, deep: str) -> None:
    assert segment.ask("POST", "/v1/batch", content=deep, auth=BASIC).status_code in (200, 400)
    assert segment.ask("POST", "/v1/batch", content=batch(), auth=BASIC).status_code == 200
    assert len(segment.events) == 1


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_disk_that_hangs_is_a_later_within_the_senders_patience(segment: Receiver) -> None:
    let_go = threading.Event()
    append = segment.service.commit.append
    segment.service.commit.append = lambda lines: (let_go.wait(20), append(lines))[1]
    segment.service.answer_within = 0.3

    async def asked() -> tuple[httpx.Response, float]:
        start = time.perf_counter()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(segment.service)) as client:
            reply = await client.post("http://x/v1/batch", content=batch(), auth=BASIC)
        took = time.perf_counter() - start
        let_go.set()
        await segment.service.commit.close()
        return reply, took

    reply, took = asyncio.run(asked())
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "2")
    assert took < 3
    assert segment.ask("GET", "/health").json()["taken"]["segment.calls"]["refused"] == 1


def test_a_body_that_does_not_come_is_given_up(segment: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BODY", 0.1)

    async def slow() -> Any:
        yield b'{"batch"'
        await asyncio.sleep(5)
        yield b": []}"

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(segment.service)) as client:
            return await client.post("http://x/v1/batch", content=slow(), auth=BASIC)

    reply = asyncio.run(asked())
    assert (reply.status_code, reply.headers["connection"]) == (408, "close")


# --- what waits -------------------------------------------------------------------------------------------------------


def test_all_that_wait_share_a_write() -> None:
    written: list[bytes] = []
    begun, let_go = threading.Event(), threading.Event()

    def append(lines: bytes) -> None:
        written.append(lines)
        begun.set()
        let_go.wait(10)

    async def calls() -> None:
        commit = Commit(append)
        first = asyncio.create_task(commit.add(b"a"))
        await asyncio.to_thread(begun.wait, 10)
        more = [asyncio.create_task(commit.add(line)) for line in (b"b", b"c", b"d")]
        await asyncio.sleep(0)
        let_go.set()
        await asyncio.gather(first, *more)
        await commit.close()

    asyncio.run(calls())
    assert written == [b"a", b"bcd"]


def test_more_than_can_be_written_is_a_later(segment: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "MOST_WAITING", -1)
    reply = segment.ask("POST", "/v1/batch", content=batch(), auth=BASIC)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "2")
    assert segment.rows == []


def test_a_write_that_fails_fails_all_who_shared_it_and_no_later_one() -> None:
    def append(lines: bytes) -> None:
        if b"a" in lines:
            raise OSError("full")

    async def calls() -> list[BaseException | None]:
        commit = Commit(append)
        results = await asyncio.gather(commit.add(b"a"), commit.add(b"b"), return_exceptions=True)
        await commit.add(b"c")
        await commit.close()
        return results

    assert [type(one) for one in asyncio.run(calls())] == [TryLater, TryLater]


# --- what is said of it -----------------------------------------------------------------------------------------------


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_neither_query_nor_body_nor_key_is_in_a_log_or_an_answer(
    tmp_path: Path, logged: pytest.LogCaptureFixture
) -> None:
    to = Receiver.of(tmp_path, door(Mixpanel), door(Segment))
    secret = json.dumps({"event": None, "properties": {"token": KEY, "distinct_id": "ana@acme.example"}})
    replies = [
        to.ask("GET", "/track", params={"data": secret}),
        to.ask("POST", "/v1/batch", content=b'{"batch": "ana@acme.example', auth=BASIC),
        to.ask("POST", "/v1/batch", content=batch(), auth=("ana@acme.example", "")),
        to.ask("POST", "/nothing?key=ana@acme.example", content=b"ana@acme.example"),
        to.ask("GET", "/health"),
    ]
    ours = "".join(
        record.getMessage() for record in logged.records if not record.name.startswith(("httpx", "httpcore"))
    )
    for text in (ours, *(reply.text for reply in replies)):
        assert "ana" not in text and KEY not in text


def test_paths_and_methods_that_are_none_are_said_so(segment: Receiver) -> None:
    assert segment.ask("POST", "/v2/batch").status_code == 404
    assert segment.ask("GET", "/v1/batch").status_code == 405
    assert segment.ask("HEAD", "/health").status_code == 200
    assert segment.ask("POST", "/batch").status_code == 404, "the door of another sender is closed"
