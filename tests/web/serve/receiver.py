"""A receiver in this process: a door or more over a store in a folder, asked as a library asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from expansion.contract import Arrived, Aside, EventRow
from expansion.usage.pushed.folding import Folded
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage.store import UsageStore
from integrations.kit.inbound import InboundBase
from integrations.kit.world import World
from web.serve.app import Service
from web.serve.commit import Commit
from web.serve.doors import Doors
from web.serve.people import People

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WORLD = World(now=lambda: NOW)
KEY = "write-key-1"


def door(kind: type[InboundBase], account: str | None = None, **settings: Any) -> InboundBase:
    """A door with its settings, of which each secret is KEY unless it is given."""
    given = {name: KEY for name in kind.settings_model.model_fields if name == "serve_keys"} | settings
    made = kind.opened(kind.settings_model(_env_file=None, **given), WORLD)  # type: ignore[call-arg]
    assert made is not None
    made.account = account
    return made


@dataclass
class Receiver:
    """What came is on disk in `root`, and was told to who listens."""

    root: Path
    service: Service
    told: list[Arrived] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path, *doors: InboundBase) -> Receiver:
        commit = Commit(Journal(root).append_lines)
        made = cls(root, Service(Doors(doors), commit, People.of(UsageStore(root)).completed))
        made.service.on_stored = made.told.extend
        return made

    def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, path, sent))

    async def _ask(self, method: str, path: str, sent: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.service)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, f"http://receiver{path}", **sent)

    @property
    def rows(self) -> list[Arrived]:
        """What is on disk, and in no store yet."""
        return list(Journal(self.root).now())

    @property
    def events(self) -> list[EventRow]:
        return [row for row in self.rows if isinstance(row, EventRow)]

    @property
    def reasons(self) -> list[str]:
        return [row.reason for row in self.rows if isinstance(row, Aside)]

    def fold(self) -> Folded:
        return Journal(self.root).fold(UsageStore(self.root))

    def stored(self, columns: str = "event, account_id, user_id") -> Sequence[tuple[Any, ...]]:
        """The events of the store."""
        store = UsageStore(self.root)
        events = store.events_of(store.manifest().segments)
        return (
            store.connect().execute(f"SELECT {columns} FROM {events} ORDER BY ts, event_id").fetchall()
            if events
            else []
        )
