"""Opens the place that flows and commands work with, with what Prefect's blocks hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flows.blocks import take_blocks
from jobs.place import Place
from jobs.settings import Settings, own_settings

_ENGINE: ContextVar[str | None] = ContextVar("engine", default=None)


def settings(engine: str | None = None) -> Settings:
    """The product's own settings, with the secrets of Prefect's blocks where they ask for them. `engine`: in place of
    EXPANSION_ENGINE_URL."""
    found = own_settings(take_blocks)
    return found if engine is None else found.with_engine(engine)


def open_place(*, looking: bool = False, engine: str | None = None) -> Place:
    """The place of these settings; `looking`: nothing is made by it. `engine`: in place of EXPANSION_ENGINE_URL."""
    return Place(settings(engine if engine is not None else _ENGINE.get()), looking=looking)


@contextmanager
def engine_of_runs(url: str | None) -> Iterator[None]:
    """The engine of the flows that are called within. No parameter of theirs: Prefect shows those to everybody."""
    token = _ENGINE.set(url)
    try:
        yield
    finally:
        _ENGINE.reset(token)
