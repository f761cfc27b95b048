"""Makes the worked example one of the systems of this process: what two words in two lists do for others."""

from __future__ import annotations

import sys
from importlib import import_module

EXAMPLE = "tests.example.beacon"


def plug_in() -> None:
    """Before anything has read the lists."""
    import_module("integrations").NAMES["beacon"] = f"{EXAMPLE}.integration"
    vars(import_module("sandbox.all"))["STAND_INS"] += (import_module(f"{EXAMPLE}.stand_in.app").Beacon,)
    # Where tests look for it.
    sys.modules["tests.systems.beacon"] = import_module(f"{EXAMPLE}.system")
    sys.modules["tests.mutations.beacon"] = import_module(f"{EXAMPLE}.mutations")
