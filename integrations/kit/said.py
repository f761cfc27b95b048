"""What an outside system says about time and numbers, read without trusting it: a wait, a moment, a count.

Each is what it seems to be, or None: nothing here raises, whatever was sent. How long a wait may be at most is
`expansion.waiting`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

# Further away than any record of a company, and near enough that a zone or a window may be added.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 18


def wait(headers: Mapping[str, str], name: str = "Retry-After") -> float | None:
    """The seconds that a header asks for, as a number or as a date (RFC 9110, 10.2.3); None where it does not say.

    A date is measured from the reply's own `Date`: that is the clock it was written by.
    """
    text = header(headers, name)
    if text is None:
        return None
    if (seconds := number(text)) is not None:
        return seconds if seconds >= 0 else None
    until, now = _http_date(text), _http_date(header(headers, "Date"))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def number(text: Any) -> float | None:
    """A number, perhaps infinite; None for what is none, and for NaN."""
    try:
        found = float(text) if isinstance(text, str | int | float) and not isinstance(text, bool) else None
    except OverflowError:  # a whole number of three hundred digits
        return float("inf") if text > 0 else float("-inf")
    except ValueError:
        return None
    return None if found is None or found != found else found


def whole(value: Any) -> int | None:
    """A count that is not negative, as a number or as digits; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def moment(text: Any) -> datetime | None:
    """A moment as ISO 8601 in any of its spellings (`Z`, `+0000`, `+00:00`); without a zone it is UTC.

    None for what is none, and for what no record can be as old or as new as.
    """
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is None:
            return None
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found if _EARLIEST + timedelta(days=1) < found < _LATEST else None
    except (ValueError, OverflowError):
        return None


def _http_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Whatever its case: three libraries keep headers in three ways."""
    return next((str(v) for k, v in headers.items() if str(k).lower() == name.lower()), None)
