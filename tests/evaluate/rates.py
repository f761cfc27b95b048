"""How often each word is answered yes, no and cannot tell: a test in which nothing fires proves little.

python -m tests.evaluate.rates [WORLDS]
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random

from tests.evaluate.drawing import KINDS, Draw
from tests.evaluate.oracle import Oracle
from tests.evaluate.words import FACTS, Definition
from tests.evaluate.worlds import a_world

ANSWERS = ("yes", "no", "cannot tell")


def rates(worlds: int) -> dict[str, Counter[str]]:
    """Answers by word; every world is asked one condition of each kind, of accounts and of users."""
    found: dict[str, Counter[str]] = {}
    for seed in range(worlds):
        rnd = Random(f"rates {seed}")
        oracle = a_world(rnd).oracle()
        for kind in KINDS:
            for of_users in (False, True):
                _count(found, rnd, oracle, kind, of_users)
    return found


def _count(found: dict[str, Counter[str]], rnd: Random, oracle: Oracle, kind: Draw, of_users: bool) -> None:
    condition = kind(rnd, of_users)
    answers = Counter(_answers(oracle, condition, of_users))
    of = " of users" if of_users else ""
    for word in {kind.__name__ + of, *(word + of for word in _words(condition))}:
        found.setdefault(word, Counter()).update(answers)


def _answers(oracle: Oracle, condition: Definition, of_users: bool) -> list[str]:
    if of_users:
        return [oracle.fires({"when": [condition]}, who.account, who.user) for who in oracle.users()]
    return [oracle.fires({"when": [condition]}, account) for account in oracle.accounts()]


def _words(condition: Definition) -> set[str]:
    """The words of a condition, with those that its fact is made with."""
    fact = FACTS.get(str(condition.get("fact")), {})
    return {f"`{word}`" for word in condition} | {f"fact `{word}`" for word in fact if word not in ("field", "kind")}


def main() -> None:
    for name, counted in sorted(rates(int(sys.argv[1]) if len(sys.argv) > 1 else 300).items()):
        shares = "  ".join(f"{counted[answer] / counted.total():6.1%} {answer}" for answer in ANSWERS)
        print(f"{name:32} {counted.total():6}  {shares}")


if __name__ == "__main__":
    main()
