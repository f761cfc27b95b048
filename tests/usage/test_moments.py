"""How systems write moments: each is read as what it says, or refused with a sentence on what to write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.usage.forms.clock import Clock
from expansion.usage.forms.duck import connect
from expansion.usage.forms.moment_forms import FIRST, LAST
from expansion.usage.forms.moment_sql import USUAL, moment_of_type_sql, moment_sql, why_not_sql
from expansion.usage.forms.moments import moment, why_not

TEN = datetime(2025, 3, 1, 10)
DAY = datetime(2025, 3, 1)
NEW_YORK = Clock(days="America/New_York")
US, EUROPE = Clock(order="month first"), Clock(order="day first")
CON = connect(threads=1)

READ = {
    "2025-03-01T10:00:00Z": TEN,
    "2025-03-01T10:00:00.123+02:00": datetime(2025, 3, 1, 8, 0, 0, 123_000),
    "2025-03-01T10:00:00+0200": datetime(2025, 3, 1, 8),
    "2025-03-01 10:00:00": TEN,
    "2025-03-01 10:00:00 UTC": TEN,
    "2025-03-01 10:00:00.123456 UTC": datetime(2025, 3, 1, 10, 0, 0, 123_456),  # BigQuery
    "2025-03-01 10:00:00.123+00": datetime(2025, 3, 1, 10, 0, 0, 123_000),  # PostgreSQL
    "2025-03-01 10:00:00+05:30": datetime(2025, 3, 1, 4, 30),
    "2025-03-01": DAY,
    "2025-03-01 3:15:52": datetime(2025, 3, 1, 3, 15, 52),
    "2025-3-1": DAY,
    "20250301": DAY,
    "20250301T101500Z": datetime(2025, 3, 1, 10, 15),
    "2025/03/01 10:00": TEN,
    "Sat, 01 Mar 2025 10:00:00 GMT": TEN,
    "1740823200": TEN,
    "1740823200.5": TEN + timedelta(milliseconds=500),
    "1740823200123": datetime(2025, 3, 1, 10, 0, 0, 123_000),
    "1740823200123.0": datetime(2025, 3, 1, 10, 0, 0, 123_000),
    "1.740823200123E12": datetime(2025, 3, 1, 10, 0, 0, 123_000),
    "1740823200123456": datetime(2025, 3, 1, 10, 0, 0, 123_456),
    "1740823200123456789": datetime(2025, 3, 1, 10, 0, 0, 123_456),
    "Mar 1, 2025": DAY,
    "2025-03-01 10:00:00.000 -0800": datetime(2025, 3, 1, 18),  # Snowflake
    "2025-03-01 10:00:00.000 Z": TEN,
    "2025-03-01T10:00": TEN,
    "2025-03-01T10:00:00.123456789Z": datetime(2025, 3, 1, 10, 0, 0, 123_456),
    "2025-03-01T10:00:00,123Z": datetime(2025, 3, 1, 10, 0, 0, 123_000),
    "2025-03-01 10:00:00 America/New_York": datetime(2025, 3, 1, 15),
    "2025-07-01 10:00:00 america/new_york": datetime(2025, 7, 1, 14),
    "2025-03-01 10:00:00 EST": datetime(2025, 3, 1, 15),
    "2025-03-01 10:00:00.123000": datetime(2025, 3, 1, 10, 0, 0, 123_000),  # Amplitude
    "2025-W09-6": DAY,
    " 2025-03-01T10:00:00Z\t": TEN,
    "+1740823200": TEN,
    "2025-03-01t10:00:00z": TEN,
    "2025-03-01T24:00:00Z": datetime(2025, 3, 2),
    "Sat Mar 01 2025 10:00:00 GMT+0100 (Central European Standard Time)": datetime(2025, 3, 1, 9),
    "2025-03-01 10:00:00.5 +0000 UTC": TEN + timedelta(milliseconds=500),
    "2025-03-01T10:00:00+01:00[Europe/Berlin]": datetime(2025, 3, 1, 9),
    "Mar  1 2025 10:00AM": TEN,
    "March 1st, 2025 at 10:00 PM": TEN + timedelta(hours=12),
    "1-Mar-25": DAY,
    "1-MAR-1999": datetime(1999, 3, 1),
    "2025-03-01 12:30 AM": datetime(2025, 3, 1, 0, 30),
    "2025-03-01 10": TEN,
}

PERIOD = "the time is a month, a quarter, a week or a year, and no day; write its first day, such as 2025-03-01"
EITHER = "the time can be read in two ways, as 3/1/2025 can; add `dates: day first` or `dates: month first` to the map"
SERIAL = (
    "the time is a serial number of Excel; format the column there as a date, such as yyyy-mm-dd hh:mm, and save again"
)
NO_TIME = (
    "the time is a number that is no time; write seconds, milliseconds, microseconds or nanoseconds since 1970, or a "
    "day as 20250301"
)
NO_DAY = "the time is a day or an hour that does not exist; write ISO 8601, such as 2025-03-01T10:00:00Z"
ZONE = "the time has a zone whose name stands for several, or for none; write its offset, such as +01:00"
UNKNOWN = (
    "the time cannot be read; write ISO 8601, such as 2025-03-01T10:00:00Z, or seconds, milliseconds, microseconds or "
    "nanoseconds since 1970"
)
OUTSIDE = "the time lies outside 1990 to 2100"
REFUSED = {
    "3/1/2025 10:00": EITHER,
    "3/1/2025 10:00 PM": EITHER,
    "01.03.2025 10:00": EITHER,
    "13/1/2025": EITHER,  # the other rows of its column are no clearer for it
    "45717.4166": SERIAL,
    "45717": SERIAL,
    **dict.fromkeys(("2025-03", "2025", "202503", "2025-Q1", "2025-W09"), PERIOD),
    **dict.fromkeys(("-1", "0", "10", "99999999", "1e300"), NO_TIME),
    **dict.fromkeys(("NULL", "infinity", "today", "now", "epoch", "12:00", "a\nb", "", "tomorrow"), UNKNOWN),
    **dict.fromkeys(("9999-12-31 23:59:59", "1985-01-01", "99999999999"), OUTSIDE),
    **dict.fromkeys(("2025-02-30", "2025-03-01 25:00", "2025-W60-1", "20250230"), NO_DAY),
    **dict.fromkeys(("2025-03-01 10:00 BST", "2025-03-01 10:00 IST", "2025-03-01 10:00:00 XYZ"), ZONE),
    "2025-03-01T23:59:60Z": "the time is a leap second; write 23:59:59 in its place",
}


@pytest.mark.parametrize("text", READ)
def test_a_moment_is_read_as_what_it_says(text: str) -> None:
    assert _asked(text) == (READ[text], None)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_moment_is_refused_with_what_to_write(text: str) -> None:
    assert _asked(text)[1] == REFUSED[text]


@pytest.mark.parametrize(
    ("text", "american", "european"),
    [
        ("3/1/2025 10:00", TEN, datetime(2025, 1, 3, 10)),
        ("3/1/2025 10:00 PM", TEN + timedelta(hours=12), datetime(2025, 1, 3, 22)),
        ("01.03.2025", datetime(2025, 1, 3), DAY),
        ("03-01-25 10:00:00.5", TEN + timedelta(milliseconds=500), datetime(2025, 1, 3, 10, 0, 0, 500_000)),
        ("3/13/2025", datetime(2025, 3, 13), None),
        ("13/3/2025 10:00 EST", None, datetime(2025, 3, 13, 15)),
        ("2025-03-01 10:00", TEN, TEN),
    ],
)
def test_a_map_says_which_of_day_and_month_comes_first(
    text: str, american: datetime | None, european: datetime | None
) -> None:
    assert (_asked(text, US)[0], _asked(text, EUROPE)[0]) == (american, european)
    if american is None:
        assert "as `dates: month first` in the map says" in (_asked(text, US)[1] or "")


@pytest.mark.parametrize("text", ["2025-03-01", "20250301", "Mar 1, 2025", "2025-03-01 00:00:00", "2025-03-01T00:00"])
def test_a_day_begins_in_the_zone_of_days(text: str) -> None:
    assert _asked(text, NEW_YORK)[0] == datetime(2025, 3, 1, 5)


@pytest.mark.parametrize("text", ["2025-03-01T00:00:00Z", "2025-03-01 00:00:00+00", "1740787200", "2025-03-01Z"])
def test_a_midnight_with_a_zone_is_a_moment(text: str) -> None:
    assert _asked(text, NEW_YORK)[0] == DAY


def test_who_gives_a_zone_says_that_a_midnight_is_a_time() -> None:
    clock = Clock(days="America/New_York", zone="Europe/Berlin")
    assert _asked("2025-03-01 00:00:00", clock)[0] == datetime(2025, 2, 28, 23)
    assert _asked("2025-03-01 10:00", clock)[0] == datetime(2025, 3, 1, 9)
    assert _asked("2025-03-01", clock)[0] == datetime(2025, 3, 1, 5)
    assert _asked("2025-03-01 10:00 UTC", clock)[0] == TEN
    assert _asked("2025-03-01 00:00", Clock(days="America/New_York", zone="UTC"))[0] == DAY


def test_where_clocks_change_at_midnight_a_day_begins_once() -> None:
    assert _asked("2025-11-02", Clock(days="America/Havana"))[0] == datetime(2025, 11, 2, 4)
    assert _asked("2018-11-04", Clock(days="America/Sao_Paulo"))[0] == datetime(2018, 11, 4, 3)


@pytest.mark.parametrize(
    ("value", "kind", "means"),
    [
        ("DATE '2025-03-01'", "DATE", datetime(2025, 3, 1, 5)),
        ("TIMESTAMP '2025-03-01 10:00'", "TIMESTAMP", TEN),
        ("TIMESTAMP '2025-03-01'", "TIMESTAMP", datetime(2025, 3, 1, 5)),
        ("TIMESTAMP_NS '2025-03-01 10:00:00.123456789'", "TIMESTAMP_NS", datetime(2025, 3, 1, 10, 0, 0, 123_456)),
        ("TIMESTAMP_S '2025-03-01 10:00'", "TIMESTAMP_S", TEN),
        ("TIMESTAMPTZ '2025-03-01 00:00+00'", "TIMESTAMP WITH TIME ZONE", DAY),
        ("1740823200", "BIGINT", TEN),
        ("20250301", "INTEGER", datetime(2025, 3, 1, 5)),
        ("1740823200.5::DOUBLE", "DOUBLE", TEN + timedelta(milliseconds=500)),
        ("1740823200123456::DOUBLE", "DOUBLE", datetime(2025, 3, 1, 10, 0, 0, 123_456)),
        ("true", "BOOLEAN", None),
        ("NULL::DATE", "DATE", None),
    ],
)
def test_a_column_with_a_type_is_read_as_its_type(value: str, kind: str, means: datetime | None) -> None:
    query = f"SELECT {moment_of_type_sql('said', kind, NEW_YORK)} FROM (SELECT {value} AS said)"
    assert CON.execute(query).fetchall() == [(means,)]


def test_nothing_is_no_moment() -> None:
    assert moment(None) is None
    assert moment(True) is None
    assert CON.execute(f"SELECT {moment_sql('said')} FROM (SELECT NULL::VARCHAR AS said)").fetchall() == [(None,)]


def test_a_moment_of_python_is_itself() -> None:
    assert moment(TEN) == moment(TEN.replace(tzinfo=UTC)) == TEN.replace(tzinfo=UTC)
    assert moment(1740823200.5) == (TEN + timedelta(milliseconds=500)).replace(tzinfo=UTC)


# --- the query and this process agree ---------------------------------------------------------------------------------

_TWO = st.integers(0, 62).map(lambda number: f"{number:02}")
_YEARS = st.sampled_from(["2025", "1999", "2011", "2020", "2096", "25", "85"])
_NUMBERS = st.one_of(_TWO, st.integers(0, 40).map(str))
_MONTHS = st.sampled_from(["Jan", "feb", "MAR", "April", "may", "Sept.", "sep", "Oct", "december", "Juni"])
_DAYS = st.one_of(
    st.builds("{}{}{}{}{}".format, _YEARS, st.sampled_from("-/."), _NUMBERS, st.sampled_from("-/. "), _NUMBERS),
    st.builds("{}{}{}".format, _YEARS, _TWO, _TWO),
    st.builds("{}{}{}{}{}".format, _NUMBERS, st.sampled_from("-/."), _NUMBERS, st.sampled_from("-/."), _YEARS),
    st.builds("{} {}, {}".format, _MONTHS, _NUMBERS, _YEARS),
    st.builds("{}{}{}{}{}".format, _NUMBERS, st.sampled_from("- "), _MONTHS, st.sampled_from("-/ "), _YEARS),
    st.builds("{}-W{}-{}".format, _YEARS, _TWO, st.integers(0, 8)),
)
_TIMES = st.one_of(
    st.builds("{}:{}".format, _NUMBERS, _TWO),
    st.builds("{}:{}:{}".format, _NUMBERS, _TWO, _TWO),
    st.builds("{}:{}:{}{}{}".format, _TWO, _TWO, _TWO, st.sampled_from(".,"), st.integers(0, 10**10)),
    st.sampled_from(["00:00:00", "24:00:00", "24:00", "0:00", "101500", "10", "02:30", "01:30:00"]),
)
_HALVES = st.sampled_from(["", "", "", " AM", "pm", " P.M."])
_ZONES = st.one_of(
    st.sampled_from(
        ["", "Z", " UTC", "z", " Z", " EST", " BST", " pdt", " America/New_York", " europe/berlin", " A/B"]
    ),
    st.sampled_from(["+00", "+00:00", " GMT+0100 (CET)", "+01:00[Europe/Berlin]", " +0000 UTC", " GMT", " UT", "+2"]),
    st.builds("{}{}{}{}".format, st.sampled_from(["+", "-", " -"]), _TWO, st.sampled_from(["", ":"]), _TWO),
)
_WRITTEN = st.one_of(
    _DAYS,
    st.builds(
        "{}{}{}{}{}".format, _DAYS, st.sampled_from(["T", " ", "  ", "t", ", ", " at "]), _TIMES, _HALVES, _ZONES
    ),
)
_COUNTED = st.one_of(
    st.integers(-1, 10**20).map(str),
    st.integers(1, 20).flatmap(lambda digits: st.integers(0, 10**digits)).map(str),
    st.builds("{}.{}".format, st.integers(10**8, 10**13), st.integers(0, 10**8)),
    st.builds("{}e{}".format, st.floats(0, 10), st.integers(-2, 22)),
)
_ANY = st.one_of(_WRITTEN, _COUNTED, st.text(max_size=12), st.builds(" {}\u00a0".format, _WRITTEN))
_CLOCKS = st.builds(
    Clock,
    st.sampled_from(["UTC", "America/New_York", "America/Havana", "Asia/Kolkata", "America/Sao_Paulo"]),
    st.sampled_from([None, "UTC", "Europe/Berlin", "America/Havana"]),
    st.sampled_from([None, "day first", "month first"]),
)


@settings(max_examples=50, deadline=None)
@given(_CLOCKS, st.lists(_ANY, min_size=40, max_size=200), st.data())
def test_the_query_and_python_read_alike(clock: Clock, texts: list[str], data: Any) -> None:
    texts += [_spoilt(text, data) for text in texts[:5]]
    texts = [text.replace("\0", " ") for text in texts if text.isprintable() or "\n" in text]
    for text, found, why in _all(texts, clock):
        here = moment(text, clock)
        assert found == (here and here.replace(tzinfo=None)), text
        assert why == why_not(text, "the time", clock), text
        assert (why is None) == (here is not None and FIRST <= here <= LAST), text


def _spoilt(text: str, data: Any) -> str:
    """The text with one of its characters lost, or another in its place."""
    place = data.draw(st.integers(0, len(text)))
    other: str = data.draw(st.sampled_from(["", " ", "5", "Z", ":", "-", "é", "\n"]))
    return text[:place] + other + text[place + 1 :]


def _asked(text: str, clock: Clock = USUAL) -> tuple[datetime | None, str | None]:
    """What the query says of it, and that Python says the same."""
    ((_, found, why),) = _all([text], clock)
    here = moment(text, clock)
    assert (here and here.replace(tzinfo=None), why_not(text, "the time", clock)) == (found, why)
    return found, why


def _all(texts: list[str], clock: Clock) -> list[tuple[str, datetime | None, str | None]]:
    CON.register("texts", pa.table({"said": pa.array(texts, pa.string())}))
    read = f"SELECT said, {moment_sql('said', clock)} AS found FROM texts"
    return CON.execute(
        f"SELECT said, found, {why_not_sql('said', 'found', 'the time', clock)} FROM ({read})"
    ).fetchall()
