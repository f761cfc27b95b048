"""How the systems misbehave: every kind of fault, and every answer that is not a yes, as each stand-in declares it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.kit.answers import Answer, Answers
from tests.systems import system

_PAGE = Answer(200, "<html>Down for maintenance</html>")


@dataclass(frozen=True)
class Fault:
    """As in sandbox.kit.faults, with a name to count it by. `refuses`: a step may end as refused because of it."""

    name: str
    vendor: str
    kind: str
    after: int = 0
    times: int = 1
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    refuses: bool = False

    def told(self) -> dict[str, Any]:
        """For the stand-ins."""
        return {name: value for name, value in vars(self).items() if name not in ("name", "refuses")}


def draw_faults(chance: Random, vendors: Collection[str]) -> tuple[Fault, ...]:
    """None to six of them, at any of the calls to these vendors."""
    return tuple(_fault(chance, chance.choice(sorted(vendors))) for _ in range(chance.choice((0, 1, 2, 3, 4, 5, 6))))


def _fault(chance: Random, vendor: str) -> Fault:
    kind = chance.choice(("later", "no access", "refused", "slow", "slow", *(_CUTS * 2)))
    where = {"after": chance.randint(0, 8), "times": chance.choice((1, 1, 2, 4))}
    if kind in _CUTS:
        return Fault(kind, vendor, kind, **where)
    if kind == "slow":  # carried out late, or only slow; see plan.TIMEOUT
        return Fault(kind, vendor, kind, **where, seconds=round(chance.uniform(0.05, 0.55), 3))
    says = _answers(vendor)
    later = chance.choice((_PAGE, *says.later))
    answer = {"later": later, "no access": says.no_access, "refused": says.refused}[kind]
    name = f"status {answer.status}" if answer is not _PAGE else "web page"
    return Fault(name, vendor, "status", **where, **answer.fault(), refuses=kind == "refused")


def _answers(vendor: str) -> Answers:
    found = system(vendor).stand_in.answers
    assert found, f"{vendor} does not say how it refuses"
    return found


_CUTS = ("cut_before", "cut_after", "truncate")
