"""The ways in which systems write a day and a time, as patterns that DuckDB and Python match alike.

Everything that is one moment for whoever reads it is read. What can be meant in two ways (3/1/2025, BST), or is no
moment at all (2025-03, a serial number of Excel), is refused with a sentence on what to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from expansion.usage.forms.clock import Clock

FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)  # between which events happen

BLANKS = " \t\r\n\u00a0"

_YEAR = "[1-9][0-9]{3}"
_DAY = "[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}"
_TIME = "[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?"

# What nearly all files hold, and DuckDB reads fast: without a zone, in UTC, and with an offset.
_FOR_EVER = "9999-12-31(?:[T ]00:00:00)?"  # how tables say that something has not ended
NAIVE = f"{_DAY}(?:{_TIME})?|{_FOR_EVER}"
IN_UTC = f"{_DAY}{_TIME}(?: ?Z| UTC|[+]00(?::?00)?)"
_OFFSET = "[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?"
WITH_OFFSET = f"{_DAY}{_TIME}{_OFFSET}"
OFFSET_APART = f"({_DAY}{_TIME}) ({_OFFSET})"  # Snowflake's default
PLAIN = f"{_DAY}(?:{_TIME}(?: ?Z| UTC|[+]00(?::?00)?)?)?|{_FOR_EVER}"  # the first two in one

# Numbers. Between 1973 and 5138 no number of seconds is one of milliseconds, and so on up to nanoseconds. Fewer digits
# are no moment: they are years, months, serial numbers of days, or zero for `never`.
WHOLE_DAY = "(?:19|20)[0-9]{6}"
SINCE_1970 = "[1-9][0-9]{8,18}"
NUMBER = "[+-]?[0-9]+(?:[.][0-9]*)?(?:[eE][+-]?[0-9]+)?"

_WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]? )?"
MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTH = (
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)[.]?"
)
_TWO_OR_FOUR = f"({_YEAR}|[0-9]{{2}})"

# Days as people write them: which of year, month, day, week and weekday comes when, and the pattern of these.
_DAYS = (
    ("ymd", f"({_YEAR})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}})"),
    ("ymd", "((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})"),
    ("ywn", f"({_YEAR})-?W([0-9]{{2}})-?([1-7])"),
    ("mdy", f"{_WEEKDAY}{_MONTH} +([0-9]{{1,2}})(?:st|nd|rd|th)?,? +({_YEAR})"),
    ("dmy", f"{_WEEKDAY}([0-9]{{1,2}})[-/ ]?{_MONTH}[-/ ]?{_TWO_OR_FOUR}"),
)
_BY_ORDER = f"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]{_TWO_OR_FOUR}"

# What may follow a day: a time, and an offset or a zone. A name after an offset says the same again.
_REST = (
    "(?:(?: *T|,? +| at )([0-9]{1,2})(?::?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]+))?)?)?(?: ?([ap])[.]?m[.]?)?)?"
    "(?: *(?:UTC|GMT)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?: ?[(][^()]*[)]| ?\\[[a-z_/]+\\]| [a-z]{1,5})?"
    "| *([a-z]{1,5})| +([a-z_]+/[a-z0-9_/+-]+))?"
)
_REST_PARTS = ("hour", "minute", "second", "fraction", "half", "sign", "hours", "minutes", "letters", "region")

# Names of zones that stand for one offset wherever they are written (RFC 5322 and the ones of Europe and the Pacific).
# BST, IST and AST stand for several, and DuckDB takes BST for Bangladesh.
OFFSETS = {
    **dict.fromkeys(("Z", "UTC", "UT", "GMT", "WET"), 0),
    **{"EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420},
    **{"WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "HST": -600},
    **{"SGT": 480, "HKT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780},
}
MOST_HOURS = 15  # no zone is further from UTC


def ordered(clock: Clock) -> Mapping[str, str]:
    """The common ones of the days that only a map's `dates:` gives a meaning, each with their ISO form."""
    if clock.order is None:
        return {}
    day = "\\3-\\2-\\1" if clock.order == "day first" else "\\3-\\1-\\2"
    return {f"([0-9]{{1,2}})[-/.]([0-9]{{1,2}})[-/.]([12][0-9]{{3}})((?:{_TIME})?)": f"{day}\\4"}


@lru_cache
def written(clock: Clock) -> tuple[str, tuple[str, ...]]:
    """The pattern of all ways to write a day and what follows it, and the names of its parts.

    Each way has names of its own for its year, month, day, week and weekday: y0, m0, d0, y1 and so on.
    """
    days = _DAYS if clock.order is None else (*_DAYS, ("dmy" if clock.order == "day first" else "mdy", _BY_ORDER))
    names = tuple(f"{part}{place}" for place, (order, _) in enumerate(days) for part in order)
    return f"(?i)(?:{'|'.join(pattern for _, pattern in days)}){_REST}", (*names, *_REST_PARTS)


# --- what is wrong ----------------------------------------------------------------------------------------------------

OUTSIDE = "lies outside 1990 to 2100"
_ISO = "write ISO 8601, such as 2025-03-01T10:00:00Z"
_UNKNOWN = f"cannot be read; {_ISO}, or seconds, milliseconds, microseconds or nanoseconds since 1970"
_PERIOD = "is a month, a quarter, a week or a year, and no day; write its first day, such as 2025-03-01"
_SERIAL = "is a serial number of Excel; format the column there as a date, such as yyyy-mm-dd hh:mm, and save again"
_SMALL = (
    "is a number that is no time; write seconds, milliseconds, microseconds or nanoseconds since 1970, "
    "or a day as 20250301"
)
_EITHER = "can be read in two ways, as 3/1/2025 can; add `dates: day first` or `dates: month first` to the map"
_ORDERED = "is no date with the {first} first, as `dates: {order}` in the map says; correct that, or {iso}"
_LEAP = "is a leap second; write 23:59:59 in its place"
_NONE_SUCH = f"is a day or an hour that does not exist; {_ISO}"
_ZONE = "has a zone whose name stands for several, or for none; write its offset, such as +01:00"


def wrong(clock: Clock) -> tuple[tuple[str, str], ...]:
    """Patterns of what is not read, each with what is to be said of it; the first that fits is it."""
    by_order = _EITHER
    if clock.order is not None:
        by_order = _ORDERED.format(first=clock.order.partition(" ")[0], order=clock.order, iso=_ISO)
    return (
        (f"{_YEAR}(?:-[0-9]{{1,2}}|[01][0-9]|-?Q[1-4]|-?W[0-9]{{2}})?", _PERIOD),
        ("(?:3[3-9]|[4-6][0-9]|7[0-2])[0-9]{3}(?:[.][0-9]*)?", _SERIAL),
        (WHOLE_DAY, _NONE_SUCH),
        (NUMBER, _SMALL),
        (f"{_BY_ORDER}(?:[^0-9].*)?", by_order),
        ("(?s).*[0-9]:59:60[^:]*", _LEAP),
        ("(?i)[1-9][0-9]{3}[-/]?[0-9]{1,2}[-/]?[0-9]{1,2}[T ]+[0-9:.,]+ *[a-z]{2,5}", _ZONE),
        ("[1-9][0-9]{3}[-/.]?(?:W?[0-9]{2}|[0-9])[-/.]?[0-9]{1,2}(?:[T ][^T]*)?", _NONE_SUCH),
        ("(?s).*", _UNKNOWN),
    )
