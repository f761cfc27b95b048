"""Which behaviours came before expansions: all that was tried, compared at the same time and of the same size.

Every four weeks each account is looked at: what it had done by then, and whether it expanded in the four weeks after.
Who had expanded within the attribution window before is left out: what follows an expansion is not what brought it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from expansion.evaluate.numbers import Array
from expansion.measure.behaviours import Behaviour, Number, behaviours, shows
from expansion.measure.matched import Compared, Rows, compared, false_share
from expansion.text.for_people import ForPeople

FALSE_SHARE = 0.10  # of what is shown, at most so much is false on average
FEWEST_EXPANSIONS = 30
_AT_ONCE = 200  # behaviours: as many columns of flags are kept in memory
_ECHO = 0.05


class NothingToDiscover(ForPeople):
    """History that cannot tell what came before expansions."""


@dataclass(frozen=True)
class Lift:
    """How many times likelier an expansion was, with the ends of where it lies in 95 of 100 cases; None: too few."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Finding:
    """A behaviour that came before expansions. `halves`: its lift in the earlier and the later half of history."""

    behaviour: Behaviour
    showed: int  # account-months
    came: int
    lift: Lift
    halves: tuple[Lift, Lift]
    p: float
    false_share: float
    forms: int  # other forms of it (windows, levels, ways to count) that hold, too
    echo_of: str | None = None  # a surer one, beside which it says nothing more

    @property
    def is_stable(self) -> bool:
        return all(one.value is not None and one.value > 1 for one in self.halves)


@dataclass(frozen=True)
class Discovered:
    """`tried`: all behaviours that were tried; `found` has one for each event or fact, the surest first."""

    found: tuple[Finding, ...]
    tried: int
    account_months: int
    expansions: int


Shown = Callable[[Sequence[Behaviour]], Array]


def discover(rows: Rows, numbers: Sequence[Number], values: Array) -> Discovered:
    """`values`: account-months x numbers, in the order of the rows."""
    expansions = int(rows.expanded.sum())
    if expansions < FEWEST_EXPANSIONS:
        raise NothingToDiscover(
            f"{expansions} expansions have a history before them to compare, and {FEWEST_EXPANSIONS} are needed\n\n"
            "hint: begin earlier with --from, or bring in outcomes from before (docs/measuring.md, Outcomes)"
        )
    tried = [one for place, number in enumerate(numbers) for one in behaviours(number, values[:, place])]
    if not tried:
        raise NothingToDiscover("no event or fact tells accounts apart\n\nhint: `expansion events` lists what came")
    columns = {number: place for place, number in enumerate(numbers)}

    def shown(some: Sequence[Behaviour]) -> Array:
        return np.stack([shows(one, values[:, columns[one.number]]) for one in some], axis=1)

    said = _compared(rows, tried, shown)
    shares = false_share(said.p)
    best = _best(tried, said, shares)
    held = Counter(one.number.subject for one, share in zip(tried, shares, strict=True) if share <= FALSE_SHARE)
    halves = [_in_part(rows, kept, [tried[one] for one in best], shown) for kept in _halves(rows)]
    found = [
        Finding(
            tried[one], int(said.showed[one]), int(said.came[one]), _lift(said, one),
            (_lift(halves[0], place), _lift(halves[1], place)), float(said.p[one]), float(shares[one]),
            held[tried[one].number.subject] - 1,
        )
        for place, one in enumerate(best)
    ]  # fmt: skip
    return Discovered(tuple(_echoes(rows, found, shown)), len(tried), len(rows.stratum), expansions)


def _compared(rows: Rows, tried: Sequence[Behaviour], shown: Shown) -> Compared:
    """Some at a time: as many columns of flags are kept in memory."""
    parts = [compared(rows, shown(tried[at : at + _AT_ONCE])) for at in range(0, len(tried), _AT_ONCE)]
    return Compared(*(np.concatenate([getattr(one, each.name) for one in parts]) for each in fields(Compared)))


def _in_part(rows: Rows, kept: Array, some: Sequence[Behaviour], shown: Shown) -> Compared | None:
    return compared(rows.part(kept), shown(some)[kept]) if some else None


def _halves(rows: Rows) -> tuple[Array, Array]:
    """The earlier and the later half of the moments."""
    moments = np.unique(rows.moment)
    early = rows.moment < moments[len(moments) // 2]
    return early, ~early


def _best(tried: Sequence[Behaviour], said: Compared, shares: Array) -> list[int]:
    """Of each event and fact its surest form, the surest first."""
    held = [one for one in np.argsort(said.p, kind="stable").tolist() if shares[one] <= FALSE_SHARE]
    first: dict[str, int] = {}
    for one in held:
        first.setdefault(tried[one].number.subject, one)
    return list(first.values())


def _lift(said: Compared | None, place: int) -> Lift:
    if said is None or not np.isfinite([said.lift[place], said.low[place], said.high[place]]).all():
        return Lift(None, None, None)
    return Lift(float(said.lift[place]), float(said.low[place]), float(said.high[place]))


def _echoes(rows: Rows, found: Sequence[Finding], shown: Shown) -> list[Finding]:
    """Each with the surer one that it goes along with: beside accounts that are alike in that one, too, it says nothing
    more. One that is an echo itself explains no other."""
    told: list[Finding] = []
    for one in found:
        leaders = (other for other in told if other.echo_of is None)
        echo = next((other for other in leaders if _is_echo(rows, one, other, shown)), None)
        told.append(replace(one, echo_of=echo.behaviour.number.subject if echo else None))
    return told


def _is_echo(rows: Rows, one: Finding, other: Finding, shown: Shown) -> bool:
    flags = shown([one.behaviour, other.behaviour])
    stratum = rows.stratum * 2 + flags[:, 1]
    order = np.argsort(stratum, kind="stable")
    alike = Rows(stratum[order], rows.account[order], rows.moment[order], rows.expanded[order])
    return bool(compared(alike, flags[order][:, :1]).p[0] > _ECHO)
