"""Writes docs/systems.md: `python -m tests.systems.page FILE`. What a system promises is known to its tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import integrations
from cli.systems_page import Promises, page
from tests.integrations.contract import ActionContract
from tests.integrations.source_contract import SourceContract

K = TypeVar("K")


def promises() -> Promises:
    """How many promises there are, and which are not kept, with the reasons."""
    for file in sorted((Path(__file__).parents[1] / "integrations").glob("test_*.py")):
        import_module(f"tests.integrations.{file.stem}")
    exempt = {
        str(vars(case)["source"]): dict(vars(case)["exempt"])
        for case in _below(SourceContract)
        if "exempt" in vars(case) and "source" in vars(case)
    }
    return Promises(_count(ActionContract), _count(SourceContract), exempt)


def written() -> str:
    """The page as it has to be."""
    return page([integrations.integration(name) for name in integrations.NAMES], promises())


def _below(kind: type[K]) -> Iterator[type[K]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _count(contract: type) -> int:
    return sum(name.startswith("test_") for name in vars(contract))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(), encoding="utf-8")
