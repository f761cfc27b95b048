"""How hard hypothesis tries: a few hundred examples for everybody, many where EXPANSION_FUZZ=1."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# No shrinking: a world is made from a seed and does not shrink, and what differs is said per trigger and account.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
_ALWAYS = {"phases": _PHASES, "deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("ci", max_examples=80, derandomize=True, database=None, **_ALWAYS)
settings.register_profile("fuzz", max_examples=5_000, **_ALWAYS)
settings.load_profile("fuzz" if os.environ.get("EXPANSION_FUZZ") == "1" else "ci")
