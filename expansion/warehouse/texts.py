"""Which texts are numbers, and which are days: those that DuckDB reads, written down as patterns for everybody else.

PostgreSQL stops at the first text that is no number, others read more than that (`NaN`, `0x10`, the 30th of February)
or less. So a text is held against a pattern first. The patterns say the same to POSIX, RE2 and Java: no classes such as
`\\d`, which are Unicode here and ASCII there, and no `{n}` above 255.
"""

from __future__ import annotations

BLANKS = " \t\n\v\f\r"  # around a number; before a day only the first

# --- numbers: exact, with half a unit of the last of twelve places rounded away from zero -----------------------------

# At most twenty digits before the point, zeros in front aside. Underscores (`1_000`) are taken out before.
_DIGITS = "([+-]?(0*[0-9]{1,20}([.][0-9]{0,255})?|[.][0-9]{1,255}))"
PLAIN = f"^{_DIGITS}$"
WITH_POWER = f"^{_DIGITS}[eE][+-]?0*[0-9]{{1,2}}$"  # may be too large all the same
TINY = f"^{_DIGITS}[eE]-0*[0-9]{{3,4}}$"  # zero, whatever stands in front
# An underscore that is not between two digits; and what is rounded up to more than twenty digits.
NO_NUMBER = "(^|[^0-9])_|_([^0-9]|$)|9{20}[.]9{12}[5-9]"

# --- days: as the source wrote them, in whatever zone -----------------------------------------------------------------

_SHORT = "((0?[469]|11)S(0?[1-9]|[12][0-9]|30)|0?2S(0?[1-9]|1[0-9]|2[0-8]))"
_LONG = "(0?[13578]|1[02])S(0?[1-9]|[12][0-9]|3[01])"
_LEAP = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)S0?2S29"
_TIME = "([T ] *([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]*)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?| *| [^ ]+)?)?"
DAYS = tuple(
    f"^(([1-9][0-9]{{3}})S({_LONG}|{_SHORT})|{_LEAP}){_TIME}$".replace("S", separator) for separator in ("-", "/")
)
DAY_ITSELF = "^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"

__all__ = ["BLANKS", "DAYS", "DAY_ITSELF", "NO_NUMBER", "PLAIN", "TINY", "WITH_POWER"]
