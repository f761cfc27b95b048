"""Texts at the edges of what is a number, a day, or the same letter.

Not among them is what DuckDB reads and nobody writes, and what is no number or day in a warehouse: `8e2.`, `0e400`, an
hour of `24:00` or `005:00`, years of more than four digits or before 1000.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

NUMBERS = [
    "12", " 12 ", "\t12\n", "\v12\f\r", "\u00a012", "+5", "-5", "+ 5", ".5", "5.", "-.5", ".", "-", "+", "  ",
    "1e5", "1E+5", "1e-5", "1e", "e5", "1.e5", ".5e1", "1e5.0", "1 2", "--1", "1.5.2",
    "1_000", "-1_000.5", "1_0.0_1", "1__0", "_1", "1_", "1,000", "٣", "½", "１２", "5%", "$5",
    "1e400", "1e-400", "1e-100", "1e20", "1e19", "1e0005", "1.7976931348623157e+308", "4.0832009906749e+20", "2.5e-7",
    "NaN", "nan", "inf", "-Infinity", "0x10", "0b1", "1f", "1d", "1L", "true", "null",
    "12345678901234567890", "123456789012345678901", "0" * 30 + "12", "99999999999999999999.999999999999",
    "99999999999999999999.9999999999994", "99999999999999999999.9999999999995", "99999999999999999999.9999999999999",
    "0.0000000000005", "0.00000000000049", "0.00000000000049999", "0.000000000000499999999", "4.9995e-13", "5e-13",
    "-0.0000000000005", "-0", "0.1234567890125", "1.2345678901234567e+18", "0." + "0" * 60 + "1", "1." + "3" * 80,
]  # fmt: skip
DAYS = [
    "2026-03-01", "2026-3-1", " 2026-03-01", "2026-03-01 ", "2026/03/01", "2026/3/1", "2026-03/01", "20260301",
    "2026-03-01T10", "2026-03-01T10:00", "2026-03-01 10:00:00", "2026-03-01T10:00:00.123Z", "2026-03-01T9:5",
    "2026-03-01T23:30:00-05:00", "2026-03-01T02:00:00+0530", "2026-03-01 10:00 PM", "2026-03-01Tfoo",
    "2026-03-01T25:00", "2026-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "2026-04-31", "2026-13-01",
    "2026-00-10", "2026-01-00", "9999-12-31", "01.03.2026", "March 1, 2026", "foo", "1772323200",
]  # fmt: skip
FOLDED = [
    "SSO", "sso plan", "ÄÖ zoë", "äÖ", "Zoë", "ΑΣ", "straße", "STRASSE", "a%b", "a_b", "a\\b", "a\\%b", "it's", "'",
    "\\", "line\nbreak", "tab\there", "${x}", "{{x}}", "日本語", "😀 x", "ЖУК",
]  # fmt: skip
PARTS = [
    "sso",
    "Ö",
    "zoë",
    "ΑΣ",
    "ß",
    "%",
    "_",
    "\\",
    "'",
    "it's",
    "Z",
    "a\\b",
    "k\nb",
    "\t",
    "本",
    "😀",
    "жук",
    "${x}",
]


def some_numbers(count: int) -> Iterator[str]:
    """Mostly numbers, with something put into some of them."""
    rnd = Random(f"numbers {count}")
    for _ in range(count):
        whole, places = (_digits(rnd, rnd.choice(lengths)) for lengths in ([1, 1, 2, 5, 19, 20, 21], [0, 0, 1, 12, 13]))
        text = rnd.choice(["", "", "-", "+"]) + rnd.choice(["", "", "0"]) + whole + (f".{places}" if places else "")
        if rnd.random() < 0.3 and text[:9].strip("+-0."):
            text = f"{text[:9]}{rnd.choice('eE')}{rnd.choice(['', '+', '-'])}{rnd.choice([0, 1, 5, 12, 13, 50, 100])}"
        if rnd.random() < 0.3:
            place = rnd.randint(0, len(text))
            text = text[:place] + rnd.choice(list("_ ,-+x\t")) + text[place:]
        yield text


def some_days(count: int) -> Iterator[str]:
    rnd = Random(f"days {count}")
    for _ in range(count):
        between = rnd.choice("---/")
        parts = rnd.choice(["2026", "2024", "1900", "2000"]), rnd.choice(_MONTHS), rnd.choice(_DAYS)
        text = between.join(parts)
        if rnd.random() < 0.5:
            text += (
                rnd.choice(["T", " ", "T ", "t", ""])
                + rnd.choice(["00", "9", "23", "25"])
                + rnd.choice([":", ":", "-"])
            )
            text += rnd.choice(["00", "5", "60"]) + rnd.choice(["", ":00", ":59.5", ":60", ":7"])
            text += rnd.choice(["", "Z", "+05:30", "-0500", "+5", " UTC", "foo", " ", "z"])
        yield text


_MONTHS = ["01", "1", "02", "2", "03", "4", "06", "11", "12", "13", "0"]
_DAYS = ["1", "01", "28", "29", "30", "31", "32", "0"]


def _digits(rnd: Random, count: int) -> str:
    return "".join(rnd.choice("0123456789") for _ in range(count))
