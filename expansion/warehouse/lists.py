"""Items of lists that a warehouse keeps as JSON, found by a pattern that says the same to POSIX, RE2 and Java."""

from __future__ import annotations

import re

from expansion.usage.forms.sql_dialect import Items

LIST = "^\\["
_QUOTE = '"'
_BLANK = "[ \t\r\n]*"
_BEFORE, _AFTER = f"(\\[|,){_BLANK}", f"{_BLANK}(\\]|,)"
_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?", re.ASCII)
_ESCAPED = {'"': '\\\\"', "\\": "\\\\\\\\", "/": "\\\\?/", "\n": "\\\\n", "\t": "\\\\t", "\r": "\\\\r"}


def item_pattern(items: Items) -> str:
    """What is found in a list that has one of these items, or one that begins with one of them.

    A quote inside a text has a backslash before it, so that one after a comma or a bracket begins an item.
    """
    texts = [text.lower() if items.any_case else text for text in items.texts]
    bare = [text.replace(".", "[.]") for text in texts if _NUMBER.fullmatch(text) or text in ("true", "false")]
    if not items.whole:
        return f"{_BEFORE}({'|'.join([*(_QUOTE + _written(text) for text in texts), *bare])})"
    numbers = [_number(text) for text in items.numbers]
    quoted = "|".join([*map(_written, texts), *numbers])
    return f"{_BEFORE}({'|'.join([f'{_QUOTE}({quoted}){_QUOTE}', *bare, *numbers])}){_AFTER}"


def _number(text: str) -> str:
    """A number, with as many zeros at its end as somebody writes."""
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}[.]{rest}0*" if rest else f"{whole}([.]0*)?"


def _written(text: str) -> str:
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter in _ESCAPED:
        return _ESCAPED[letter]
    if letter.isascii():
        return letter if letter.isalnum() or letter == " " else f"\\{letter}"
    units = letter.encode("utf-16-be").hex()
    codes = (units[place : place + 4] for place in range(0, len(units), 4))
    return f"({letter}|{''.join(f'{_ESCAPED[chr(92)][:2]}u{_hex(code)}' for code in codes)})"


def _hex(code: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in code)
