"""What the example's own tests need; they run where it is plugged in: see test_by_the_book.py."""

from __future__ import annotations

import os

from tests.integrations.conftest import _port, stand_ins

__all__ = ["_port", "stand_ins"]

collect_ignore = [] if os.environ.get("EXPANSION_TEST_EXAMPLE") else ["beacon"]
