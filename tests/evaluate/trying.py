"""How hard hypothesis tries: a few hundred answers for everybody, many more where EXPANSION_FUZZ=1."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

FUZZ = os.environ.get("EXPANSION_FUZZ") == "1"


def examples(count: int) -> settings:
    """So many examples, the same ones every time; a hundred times as many, and new ones, when fuzzing.

    No shrinking: a world is made from a seed and does not shrink, and what differs is said per trigger and account.
    """
    return settings(
        max_examples=count * 100 if FUZZ else count,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
