"""Three-valued logic over arrays (Kleene): no = 0, cannot tell = 1, yes = 2, so that and = min, or = max."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from expansion.evaluate.results import Answer

Answers = npt.NDArray[np.int8]

NO, CANNOT_TELL, YES = np.int8(0), np.int8(1), np.int8(2)
MEANING = {0: Answer.NO, 1: Answer.CANNOT_TELL, 2: Answer.YES}


def constant(answer: np.int8, size: int) -> Answers:
    return np.full(size, answer, dtype=np.int8)


def from_bool(truth: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> Answers:
    """Yes or no where known, else cannot tell."""
    return np.where(known, np.where(truth, YES, NO), CANNOT_TELL).astype(np.int8)


def all_of(parts: Sequence[Answers], size: int) -> Answers:
    """The least of the answers: yes where all are."""
    if len(parts) == 1:
        return parts[0]
    joined: Answers = np.minimum.reduce([constant(YES, size), *parts])
    return joined


def any_of(parts: Sequence[Answers], size: int) -> Answers:
    """The greatest of the answers: yes where one is."""
    if len(parts) == 1:
        return parts[0]
    joined: Answers = np.maximum.reduce([constant(NO, size), *parts])
    return joined


def negate(answers: Answers) -> Answers:
    return (YES - answers).astype(np.int8)


def some_of(parts: Sequence[Answers], need: int, size: int) -> Answers:
    """Yes when enough are yes; no when even all that cannot be told would not be enough."""
    stacked = np.stack([constant(NO, size), *parts])
    sure = (stacked == YES).sum(axis=0)
    possible = (stacked != NO).sum(axis=0)
    return np.where(sure >= need, YES, np.where(possible < need, NO, CANNOT_TELL)).astype(np.int8)
