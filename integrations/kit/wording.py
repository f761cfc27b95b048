"""A vendor's own words, fit to be shown and logged."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"(?<![^\s@<>'\"])[^\s@<>'\"]+@[^\s@<>'\"]+")
LONGEST = 200


def clean(message: str) -> str:
    """One line, no e-mail address, not too long."""
    text = _EMAIL.sub("(e-mail)", " ".join(message.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
