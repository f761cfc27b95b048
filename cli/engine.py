"""`--engine URL`: where events are rolled up, for the commands that ask triggers."""

from __future__ import annotations

import click

# An argument `engine` of the command, which hands it to `open_place`.
engine_option = click.option(
    "--engine",
    metavar="URL",
    help="Roll up the events where they are, such as postgres://…; see docs/warehouse.md and EXPANSION_ENGINE_URL.",
)
