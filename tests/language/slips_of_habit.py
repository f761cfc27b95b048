"""What people write who have not read the page yet: (what they want, the file, what stood there, what they write)."""

from __future__ import annotations

from tests.language.slips import _BRANCH, _FACTS, _PAYWALL, _POLICY, _RATIO, _SEATS, Slip

_COUNT = "    at_least: 3\n    over: 14 days\n    by_at_least: 2 people\n"
_DATE = "fact: renewal"


def _of_event(*lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _instead(what: str, *lines: str) -> Slip:
    return what, _PAYWALL, _COUNT, _of_event(*lines)


def _branch(what: str, written: str) -> Slip:
    return what, _SEATS, _BRANCH, written


COUNTS: list[Slip] = [
    _instead("three people", "at_least: 3 people", "over: 14 days"),
    _instead("at most three people", "at_most: 3 people", "over: 14 days"),
    _instead("three days", "at_least: 3 days", "over: 14 days"),
    _instead("three weeks", "at_least: 3 weeks", "over: 28 days"),
    _instead("three times", "at_least: 3 times", "over: 14 days"),
    _instead("twice", "at_least: twice", "over: 14 days"),
    _instead("two thousand", "at_least: 2k", "over: 14 days"),
    _instead("three times the normal", "at_least: 3 times normal", "over: 14 days"),
    _instead("the most ever", "at_least: max", "over: 14 days"),
    _instead("less than a sign says", 'at_least: "< 5"', "over: 14 days"),
    _instead("three departments", "at_least: 3", "over: 14 days", "by_at_least: 3 departments"),
]
WINDOWS: list[Slip] = [
    _instead(what, "at_least: 3", f"over: {written}")
    for what, written in (
        ("half a year", "half a year"),
        ("ten years", "10 years"),
        ("twenty years", "20 years"),
        ("this month", "this month"),
        ("the billing period", "billing period"),
        ("the last days, said twice", "last 30 days"),
        ("yesterday", "yesterday"),
        ("the first days", "first 14 days"),
        ("for ever", "all time"),
        ("a list of windows", "[7 days, 14 days]"),
    )
]
WORDS: list[Slip] = [
    _branch("is at least", "fact: arr, is_at_least: 3"),
    _branch("since a day", "fact: arr, at_least: 3, since: 2026-01-01"),
    _branch("a renewal that comes up", f"{_DATE}, coming_up: 60 days"),
    _branch("a renewal due within", f"{_DATE}, due_within: 60 days"),
    _branch("a renewal within", f"{_DATE}, within: 60 days"),
    _branch("a renewal in at most", f"{_DATE}, at_most: 60 days"),
    _branch("a renewal between now and then", f"{_DATE}, between: [today, in 60 days]"),
    _branch("a renewal before then", f"{_DATE}, before: in 20 days"),
    _branch("a new high", "fact: seats_used, new_high: 4"),
    _branch("above normal", "fact: seats_used, above_normal: 30%"),
    _branch("a spike", "fact: seats_used, spike: 3"),
    _branch("compared to the rest", "fact: seats_used, compared_to: 4"),
    _branch("changed from red", "fact: plan, is: green, changed_from: red"),
    _branch("was red", "fact: plan, is: green, was: red"),
    _branch("the sum over children", "fact: seats_used, sum_over: children, at_least: 500"),
    _branch("points", "fact: arr, at_least: 3, points: 20"),
    _branch("points that are needed", "some_of: {need: 60 points, of: [{fact: arr, exists: true}]}"),
    _branch("a share of another fact", "fact: seats_used, more_than: 80%, of: seats_bought"),
    _branch("a share, in words", "fact: seats_used, more_than: 80% of seats_bought"),
    _branch("less than another fact", "fact: seats_used, less_than: {fact: seats_bought}"),
    _branch("ends with", "fact: plan, ends_with: ise"),
    _branch("does not contain", "fact: plan, not_contains: free"),
    _branch("matches a pattern", "fact: plan, matches: Ent.*"),
    _branch("is not there", "fact: plan, not_exists: true"),
    _branch("grew at most", "fact: arr, grew_at_most: 5%, over: 9 days"),
    _branch("among the bottom", "fact: arr, among_bottom: 10%"),
    _branch("a word of nobody", "fact: arr, zzz: 3"),
    _branch("a word of nobody, of a cohort", "cohort: champions, zzz: 3"),
    ("a word of nobody, of an event", _PAYWALL, "    by_at_least: 2 people\n", "    zzz: 3\n"),
    ("the top user", _PAYWALL, "    by_at_least: 2 people\n", "    top_user: true\n"),
    _branch("among the top of the account", "fact: arr, among_top: 10%, of: account"),
    _branch("a text with blanks around it", 'fact: plan, is: " Team "'),
    _branch("a list with blanks in it", 'fact: plan, is_one_of: ["Team ", Pro]'),
    _branch("an empty text", 'fact: plan, is: ""'),
    _branch("a list with an empty text in it", 'fact: plan, is_not_one_of: ["", Pro]'),
    _branch("a start that is empty", 'fact: plan, starts_with: ""'),
    _branch("a property that is empty", 'event: Export Blocked, where: {plan: ""}, over: 7 days, at_least: 1'),
    _branch("a property of no values", "event: Export Blocked, where: {plan: []}, over: 7 days, at_least: 1"),
    _branch("a property that is not empty", 'event: Export Blocked, where: {plan: {is_not: ""}}, over: 7 days, is: 1'),
    ("a plan with blanks around it", _POLICY, "    Team: {", '    " Team ": {'),
    ("yes or no, and maybe", _SEATS, "is: true", "is: maybe"),
]
FACTS: list[Slip] = [
    ("days until a date", _FACTS, _RATIO, "{days_until: renewal}"),
    ("a formula", _FACTS, _RATIO, "{formula: seats_used / seats_bought}"),
    ("a sum of facts", _FACTS, _RATIO, "{sum: [seats_used, seats_bought]}"),
    ("a sum of a property", _FACTS, _RATIO, "{sum: seats, over: 28 days}"),
]
ALL = [*COUNTS, *WINDOWS, *WORDS, *FACTS]
