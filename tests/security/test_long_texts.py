"""A long name takes as long as it is long: no text from outside may hold a run, a log line or a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from expansion.steps.context import without_address
from expansion.text.escapes import no_formula
from expansion.text.redact import redacted
from expansion.usage.match_event import number
from expansion.usage.storage.forgotten import ForgottenPeople
from integrations.kit.meanings import clean

LISTED = ForgottenPeople(Path(), b"key", {"nobody": "forgotten-1"})
READERS: list[Callable[[str], object]] = [redacted, no_formula, without_address, number, LISTED.text, clean]
TEXTS = ["a", "a.", "é", "1", ".", " ", "@", "a@", "1,", '"', "x://", "-eyJ", "-token=", "www.", "&lt;", "<"]
TIMES = 16  # as long: linear takes so many times as long, quadratic its square


def seconds(read: Callable[[str], object], text: str) -> float:
    """The shortest of three, of processor time."""
    taken = []
    for _ in range(3):
        before = time.process_time()
        read(text)
        taken.append(time.process_time() - before)
    return min(taken)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__qualname__)
def test_a_long_text_takes_no_more_than_its_length(read: Callable[[str], object]) -> None:
    for seed in TEXTS:
        for before, after in (("", ""), ("@", "!"), ("-", "x"), ("", "@x")):
            short, long = (before + seed * (length // len(seed)) + after for length in (2_000, 2_000 * TIMES))
            base = max(seconds(read, short), 0.0005)
            assert seconds(read, long) < base * TIMES * 5, (seed, before, after)
