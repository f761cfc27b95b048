"""A part of a list, as every API gives it: so many from somewhere on, and where the next part begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is None on the last one."""

    items: list[T]
    next: int | None


def page(every: Sequence[T], start: int, size: int) -> Page[T]:
    end = start + size
    return Page(list(every[start:end]), end if end < len(every) else None)
