"""Decimals from Arrow as whole numbers: properties are counted in millionths of millionths."""

from __future__ import annotations

from typing import Any

import numpy as np

from expansion.evaluate.numbers import Array, Flags, Numbers
from expansion.usage.sql_dialect import PLACES

ONE = 10**PLACES


def scaled(decimals: Any) -> Array:
    """Decimals without gaps as whole numbers of their last digit: by their bytes, a hundred times faster than one after
    the other. Python's integers where they are too large for 64 bits.
    """
    words = np.frombuffer(decimals.buffers()[1], dtype=np.int64)[2 * decimals.offset :][: 2 * len(decimals)]
    low, high = words[0::2], words[1::2]
    if (high == low >> 63).all() and (not len(low) or np.abs(low).max() < 1 << 62):
        return low.copy()
    wide: Array = high.astype(object) * (1 << 64) + low.astype(np.uint64).astype(object)
    return wide


def reduced(num: Array, known: Flags) -> Numbers:
    """Millionths of millionths in lowest terms, so that products of them still fit 64 bits."""
    common = int(np.gcd.reduce(num, initial=ONE)) if num.dtype != object else 1
    return Numbers(num // common, ONE // common, known)
