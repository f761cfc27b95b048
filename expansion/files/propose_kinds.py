"""Which kind of fact a column is."""

from __future__ import annotations

from expansion.files import propose_names as names
from expansion.files.propose_columns import Seen


def kind_of(seen: Seen) -> str:
    """number, money, percent, yes_no, date, list or text; text where the rows say nothing."""
    if not seen.texts:
        return "text"
    if seen.lists:
        return "list"
    if seen.is_yes_no:
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


def _are_shares(seen: Seen) -> bool:
    """Whether the numbers are between 0 and 1, as a percentage without its sign has to be."""
    try:
        return all(-1 <= float(text.replace(",", "")) <= 1 for text in seen.texts)
    except ValueError:
        return False
