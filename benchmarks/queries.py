"""The queries of by_hand.sql. Nothing but the standard library, for jobs that another interpreter runs."""

from __future__ import annotations

import re
from pathlib import Path


def by_hand() -> dict[str, str]:
    """Each query by its trigger."""
    text = Path(__file__).with_name("by_hand.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- trigger: (\S+)$", text, flags=re.MULTILINE)
    return {name: sql.strip().rstrip(";") for name, sql in zip(parts[1::2], parts[2::2], strict=True)}
