"""A change to the product that a vendor would not forgive, and the tests that have to notice it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """`old` stands exactly once in `file`; with `new` in its place, each of `tests` fails."""

    what: str  # what the vendor would say to it
    file: str
    old: str
    new: str
    tests: tuple[str, ...]  # node ids below tests/, without their parameters

    def __str__(self) -> str:
        return self.what
