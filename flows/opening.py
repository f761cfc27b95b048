"""Opens the place that flows and commands work with, with what Prefect's blocks hold."""

from __future__ import annotations

from flows.blocks import take_blocks
from jobs.place import Place
from jobs.settings import Settings, own_settings


def settings() -> Settings:
    """The product's own settings, with the secrets of Prefect's blocks where they ask for them."""
    return own_settings(take_blocks)


def open_place(*, looking: bool = False) -> Place:
    """The place of these settings; `looking`: nothing is made by it."""
    return Place(settings(), looking=looking)
