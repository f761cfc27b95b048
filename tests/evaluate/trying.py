"""How hard hypothesis tries: a thousand worlds against the oracle for everybody, many more where EXPANSION_FUZZ=1.

EXPANSION_FUZZ_EXAMPLES says how many more: 100000 unless it is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

FUZZ = os.environ.get("EXPANSION_FUZZ") == "1"
CI_EXAMPLES = 1000  # of engine against oracle
FUZZ_EXAMPLES = int(os.environ.get("EXPANSION_FUZZ_EXAMPLES", "100000"))


def examples(count: int) -> Callable[[Any], Any]:
    """So many examples, the same ones every time; when fuzzing new ones, and more in proportion, however long it takes.

    Hypothesis does not shrink them: a world is made from a seed. `shrinking.reduced` does.
    """
    tried = settings(
        max_examples=max(1, count * FUZZ_EXAMPLES // CI_EXAMPLES) if FUZZ else count,
        derandomize=not FUZZ,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

    def tries(test: Any) -> Any:
        # Coverage counts what the written examples reach; counting here too takes a third of the time.
        made = pytest.mark.no_cover(tried(test))
        return pytest.mark.timeout(0)(made) if FUZZ else made

    return tries
