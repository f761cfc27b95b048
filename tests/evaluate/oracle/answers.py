"""Yes, no, cannot tell, and how they are joined."""

from __future__ import annotations

from collections.abc import Iterable

YES, NO, CANNOT_TELL = "yes", "no", "cannot tell"


def all_of(answers: Iterable[str]) -> str:
    answers = list(answers)
    if NO in answers:
        return NO
    return CANNOT_TELL if CANNOT_TELL in answers else YES


def any_of(answers: Iterable[str]) -> str:
    answers = list(answers)
    if YES in answers:
        return YES
    return CANNOT_TELL if CANNOT_TELL in answers else NO


def opposite(answer: str) -> str:
    return {YES: NO, NO: YES, CANNOT_TELL: CANNOT_TELL}[answer]


def some_of(answers: Iterable[str], need: int) -> str:
    answers = list(answers)
    if answers.count(YES) >= need:
        return YES
    return CANNOT_TELL if answers.count(YES) + answers.count(CANNOT_TELL) >= need else NO


def said(truth: bool) -> str:
    return YES if truth else NO
