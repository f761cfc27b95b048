"""The settings with which the product's integrations face the stand-ins instead of the vendors."""

from __future__ import annotations

from sandbox.all import STAND_INS


def settings(url: str) -> dict[str, str]:
    """Environment variables for stand-ins that answer at `url`. Their credentials open nothing anywhere else."""
    return {name: value for kind in STAND_INS for name, value in kind.environment(url).items()}
