"""Senders: so many connections, each with batches as libraries send them, the next when the last is answered."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

KEY = "benchmark-key"
EVENTS = 100  # of a batch: what segment-analytics-python and posthog send at most


@dataclass
class Load:
    """What was sent and answered; `late` are the answers that took longest."""

    port: int
    connections: int
    bodies: list[bytes]
    answered: int = 0
    refused: int = 0
    took: list[float] = field(default_factory=list)

    async def run(self, seconds: float) -> float:
        """Send for so long; gives the seconds that it took."""
        start = time.perf_counter()
        end = start + seconds
        await asyncio.gather(*(self._sender(n, end) for n in range(self.connections)))
        return time.perf_counter() - start

    async def _sender(self, n: int, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        turn = n
        while time.perf_counter() < end:
            body = self.bodies[turn % len(self.bodies)]
            turn += self.connections
            asked = time.perf_counter()
            writer.write(_HEAD % len(body) + body)
            status = await _answer(reader)
            self.took.append(time.perf_counter() - asked)
            if status == 200:
                self.answered += 1
            else:
                self.refused += 1
        writer.close()

    @property
    def p99_ms(self) -> float:
        ordered = sorted(self.took)
        return 1000 * ordered[int(len(ordered) * 0.99)] if ordered else 0.0


_HEAD = b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


def bodies(count: int, events: int = EVENTS, *, first: int = 0) -> list[bytes]:
    """Batches of Segment's library for Python, each event with an id of its own."""
    return [_body(range(first + n * events, first + (n + 1) * events)) for n in range(count)]


def _body(numbers: range) -> bytes:
    batch = [_event(n) for n in numbers]
    return json.dumps({"batch": batch, "sentAt": "2026-03-02T10:00:01.000+00:00", "writeKey": KEY}).encode()


def _event(n: int) -> dict[str, object]:
    account = n % 1000
    return {
        "integrations": {},
        "anonymousId": None,
        "properties": {
            "company_id": f"acme-{account}",
            "feature": "export",
            "rows": n,
            "plan": "Team",
            "is_new": False,
        },
        "timestamp": f"2026-03-02T10:{n // 60 % 60:02d}:{n % 60:02d}.123456+00:00",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
        "userId": f"user-{account}-{n % 7}",
        "type": "track",
        "event": "Export Blocked",
        "messageId": f"benchmark-{n:012d}",
    }
