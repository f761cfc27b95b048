"""Facts that are counted by the values of a picklist: one for each value, called after it."""

from __future__ import annotations

import re


def counted_as(what: str, value: str) -> str:
    """`open_cases` by `High` is `open_cases_high`; by `Expansion (new)` it is `open_cases_expansion_new`."""
    return f"{what}_" + re.sub(r"\W+", "_", value.lower()).strip("_")
