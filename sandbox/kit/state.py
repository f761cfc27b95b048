"""What a stand-in knows, written through to one SQLite file, so that a second demo finds the first."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class State:
    """Documents by collection and id, in memory and in one SQLite file; and how often each thing was applied."""

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # survives a kill of this process, which is all a stand-in needs
        self._db.execute("CREATE TABLE IF NOT EXISTS doc (collection, id, body, PRIMARY KEY (collection, id))")
        self._lock = threading.RLock()
        self._docs: dict[str, dict[str, dict[str, Any]]] = {}
        for collection, key, body in self._db.execute("SELECT collection, id, body FROM doc ORDER BY rowid"):
            self._docs.setdefault(collection, {})[key] = json.loads(body)

    def put(self, collection: str, key: str, doc: dict[str, Any]) -> None:
        with self._lock:
            self._docs.setdefault(collection, {})[key] = doc
            self._db.execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?)", (collection, key, json.dumps(doc)))

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        return self._docs.get(collection, {}).get(key)

    def count(self, collection: str) -> int:
        return len(self._docs.get(collection, {}))

    def all(self, collection: str) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._docs.get(collection, {}).values())

    def items(self, collection: str) -> list[tuple[str, dict[str, Any]]]:
        with self._lock:
            return list(self._docs.get(collection, {}).items())

    def delete(self, collection: str, key: str) -> bool:
        with self._lock:
            self._db.execute("DELETE FROM doc WHERE collection = ? AND id = ?", (collection, key))
            return self._docs.get(collection, {}).pop(key, None) is not None

    @contextmanager
    def all_or_nothing(self, *collections: str) -> Iterator[None]:
        """Where what is inside raises, these collections are as they were."""
        before = {name: dict(self._docs.get(name, {})) for name in collections}
        try:
            yield
        except BaseException:
            for name, docs in before.items():
                for key in list(self._docs.get(name, {}).keys() - docs.keys()):
                    self.delete(name, key)
                for key, doc in docs.items():
                    if self._docs.get(name, {}).get(key) is not doc:
                        self.put(name, key, doc)
            raise

    def next_id(self, sequence: str) -> int:
        with self._lock:
            number = int((self.get("_sequence", sequence) or {"n": 0})["n"]) + 1
            self.put("_sequence", sequence, {"n": number})
            return number

    def applied(self, vendor: str, what: str, key: str) -> None:
        """Count one outside change, so that tests can ask: exactly once? `key` is ours where the request held it."""
        with self._lock:
            name = f"{vendor}|{what}|{key}"
            times = int((self.get("_applied", name) or {"times": 0})["times"]) + 1
            self.put("_applied", name, {"vendor": vendor, "what": what, "key": key, "times": times})
