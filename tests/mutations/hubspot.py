"""What HubSpot would refuse, or answer otherwise."""

from __future__ import annotations

from tests.mutations.row import Mutation

ROWS: tuple[Mutation, ...] = ()
