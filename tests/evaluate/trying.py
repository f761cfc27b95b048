"""How hard hypothesis tries: five hundred worlds against the oracle for everybody, many more where EXPANSION_FUZZ=1.

EXPANSION_FUZZ_EXAMPLES says how many more: 100000 unless it is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

FUZZ = os.environ.get("EXPANSION_FUZZ") == "1"
WHOLE = 1000  # of engine against oracle
FUZZ_EXAMPLES = int(os.environ.get("EXPANSION_FUZZ_EXAMPLES", "100000"))


def examples(count: int, short: int | None = None) -> Callable[[Any], Any]:
    """`short` or else `count` examples, the same ones every time; when fuzzing new ones, as many of FUZZ_EXAMPLES as
    `count` is of a thousand, however long it takes.

    Hypothesis does not shrink them: a world is made from a seed. `shrinking.reduced` does.
    """
    tried = settings(
        max_examples=max(1, count * FUZZ_EXAMPLES // WHOLE) if FUZZ else short or count,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

    return lambda test: pytest.mark.timeout(0)(tried(test)) if FUZZ else tried(test)
