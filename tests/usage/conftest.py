from __future__ import annotations

from pathlib import Path

import pytest

from expansion.usage.storage.store import UsageStore


@pytest.fixture
def store(tmp_path: Path) -> UsageStore:
    return UsageStore(tmp_path / "usage")
