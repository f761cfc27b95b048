"""What a trigger means, written the slow and obvious way: loops over plain dicts, exact fractions, no SQL, no NumPy.

It reads definitions as they stand in YAML (dicts and strings), so that it shares no code with the engine it is held
against.
"""

from __future__ import annotations

from tests.evaluate.oracle.asking import Oracle
from tests.evaluate.oracle.stored import Who

__all__ = ["Oracle", "Who"]
