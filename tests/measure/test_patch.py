"""One value is written anew where it stands, and every other character stays."""

from __future__ import annotations

import pytest

from expansion.language.yaml.files import InMemory
from expansion.language.yaml.reading import read
from expansion.language.yaml.source import Steps
from expansion.measure.patch import NotPatched, Patch, patched

TEXT = """\
# yaml-language-server: $schema=../trigger.json
trigger: seat-limit   # the name
when:
  # From 80% on, inviting a team means buying first.
  - fact: seat_usage
    at_least: 80%   # not 70%
    for: 14 days
  - {fact: arr, at_least: 100_000, from_at_least: 5}
  - {event: "Paywall Viewed", over: 14 days, by_at_least: '2 people'}
"""


def patch(at: Steps, value: str, text: str = TEXT) -> Patch:
    source = read(InMemory({"triggers/seat-limit.yaml": text}), "triggers/seat-limit.yaml")
    return patched("triggers/seat-limit.yaml", text, source, at, value)


@pytest.mark.parametrize(
    ("at", "value", "was", "becomes"),
    [
        (("when", 0, "at_least"), "85%", "at_least: 80%   # not 70%", "at_least: 85%   # not 70%"),
        (("when", 0, "for"), "7 days", "for: 14 days", "for: 7 days"),
        (("when", 1, "at_least"), "250000", "at_least: 100_000,", "at_least: 250_000,"),
        (("when", 1, "from_at_least"), "12", "from_at_least: 5}", "from_at_least: 12}"),
        (("when", 2, "by_at_least"), "3 people", "'2 people'}", "'3 people'}"),
    ],
)
def test_one_value_changes_and_nothing_else(at: Steps, value: str, was: str, becomes: str) -> None:
    assert patch(at, value).after == TEXT.replace(was, becomes)


@pytest.mark.parametrize("breaks", ["\r\n", "\r"])
def test_line_breaks_stay_as_they_are(breaks: str) -> None:
    text = TEXT.replace("\n", breaks)
    assert patch(("when", 0, "at_least"), "85%", text).after == text.replace("80%   #", "85%   #")


def test_the_difference_touches_one_line() -> None:
    changed = [line for line in patch(("when", 0, "at_least"), "85%").diff().splitlines() if line[:1] in "+-"]
    assert changed == [
        "--- a/triggers/seat-limit.yaml",
        "+++ b/triggers/seat-limit.yaml",
        "-    at_least: 80%   # not 70%",
        "+    at_least: 85%   # not 70%",
    ]


def test_a_value_over_several_lines_is_left_to_a_person() -> None:
    text = TEXT.replace("at_least: 80%   # not 70%", "at_least:\n      >-\n      80%")
    with pytest.raises(NotPatched, match="by hand"):
        patch(("when", 0, "at_least"), "85%", text)
