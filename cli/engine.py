"""`--engine URL`: where events are rolled up, for the commands that ask triggers."""

from __future__ import annotations

import os
from typing import Any

import click

HELP = "Roll up the events where they are, such as postgres://…; see docs/warehouse.md and EXPANSION_ENGINE_URL."


def engine_option(command: Any) -> Any:
    """The option; what it says is a setting for as long as the command runs."""
    return click.option("--engine", metavar="URL", help=HELP, expose_value=False, callback=_set)(command)


def _set(_context: click.Context, _parameter: click.Parameter, url: str | None) -> None:
    if url is not None:
        os.environ["EXPANSION_ENGINE_URL"] = url
