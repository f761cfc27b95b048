"""Which kind of fact a column is."""

from __future__ import annotations

import re

from expansion.files.propose import names
from expansion.files.propose.looking import Seen

_FLAG = re.compile(r"^(?:is|has|was|can|did|are)_|_(?:flag|enabled|active)$|^(?:active|enabled|trial|paying)$")
_MANY = 100  # rows: a count is hardly ever 0 or 1 in all of them


def kind_of(seen: Seen) -> str:
    """number, money, percent, yes_no, date, list or text; text where the rows say nothing."""
    if not seen.texts:
        return "text"
    if seen.lists:
        return "list"
    if seen.is_yes_no and (not seen.is_number or _is_flag(seen)):
        return "yes_no"
    if seen.is_all("percent"):
        return "percent"
    if seen.is_time:
        return "date"
    if seen.is_number:
        if names.MONEY.search(seen.plain_name):
            return "money"
        return "percent" if names.PERCENT.search(seen.plain_name) and _are_shares(seen) else "number"
    if seen.is_all("money") and names.MONEY.search(seen.plain_name):
        return "money"
    return "text"


def _is_flag(seen: Seen) -> bool:
    """Whether 0 and 1 are no and yes, not a count that was never more."""
    return bool(_FLAG.search(seen.plain_name)) or (seen.filled >= _MANY and seen.different > 1)


def _are_shares(seen: Seen) -> bool:
    """Whether the numbers are between 0 and 1, as a percentage without its sign has to be."""
    try:
        return all(-1 <= float(text.replace(",", "")) <= 1 for text in seen.texts)
    except ValueError:
        return False
