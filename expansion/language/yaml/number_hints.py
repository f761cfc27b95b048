"""What to write where a number is wanted and something else stands: never another number than was meant."""

from __future__ import annotations

import re
from typing import Any

from expansion.language.model.not_words import IN_CONDITIONS

DATES_MOVE = (
    "a day counted from today cannot be written: `older_than: 90 days` and `newer_than: 14 days` look back, and "
    "nothing looks ahead"
)
_TEN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {"once": 1, "twice": 2, "thrice": 3, **{word: number for number, word in enumerate(_TEN, 1)}}
_AMOUNT = re.compile(r"(?:[A-Z]{3} ?|[$€£¥] ?)?(\d{1,3}(?:[,_]\d{3})+|\d+)(?: ?(?:[A-Z]{3}|[$€£¥]))?")


def number_hint(wanted: Any, word: str) -> str:
    """How the number is written, or which word asks what was meant."""
    text = " ".join(str(wanted).split())
    if found := re.fullmatch(r"(\d+) (?:people|persons?|users?|members?|different people|colleagues)", text):
        return _people(int(found[1]), word)
    if found := re.fullmatch(r"(\d+) (day|week|month)s?", text):
        return _periods(int(found[1]), found[2], word)
    number = _amount(text)
    if number is not None:
        return f"write the number alone:  {word}: {number}" if word else "write the number alone"
    if re.match(r"\d[\d.]* ?%? (?:of|times|x) \w", text) or text.lower() in IN_CONDITIONS or text in ("max", "average"):
        return _relative(text)
    return f"write the number alone, such as  {word}: 25" if word else "write the number alone"


def _amount(text: str) -> str | None:
    """`$100,000`, `3 times`, `2k`, `twice` as YAML writes it."""
    text = re.sub(r" (?:times|seats|events|accounts|calls)$", "", text)
    if text.lower() in _WORDS:
        return str(_WORDS[text.lower()])
    if short := re.fullmatch(r"[$€£¥]?(\d{1,6})(k|m)", text, re.IGNORECASE):
        return f"{int(short[1]) * (1_000 if short[2].lower() == 'k' else 1_000_000):_}"
    found = _AMOUNT.fullmatch(text)
    return found[1].replace(",", "_") if found else None


def _people(count: int, word: str) -> str:
    if word == "at_least":
        return f"for so many people write  by_at_least: {count} people , or  count: people  and  at_least: {count}"
    return f"for so many people write  count: people  and  {word or 'at_least'}: {count}"


def _periods(count: int, unit: str, word: str) -> str:
    if unit == "day" and word == "at_least":
        return (
            f"on how many days is asked with  on_at_least: {count} days ; or write  count: days  and  at_least: {count}"
        )
    if unit == "day":
        return f"for so many days write  count: days  and  {word or 'at_least'}: {count}"
    return (
        f"for so many {unit}s write  in_at_least: {count} of the last {count + 1} {unit}s ; a window is  over: 28 days"
    )


def _relative(text: str) -> str:
    if share := re.match(r"[\d.]+ ?% of (\w+)", text):
        made = f"{{ratio: [FACT, {share[1]}]}}"
        return f"a share of another fact is a fact of its own, in facts.yaml:  {made} ; compare that with a percentage"
    return f"write a number; {IN_CONDITIONS['usual']}"
