"""Faults put into the product on purpose: chaos that does not see them is worth nothing."""

from __future__ import annotations

from collections.abc import Callable


def _repeats_what_may_have_happened() -> None:
    """Every action is called repeatable: a post is sent again after its answer was lost."""
    from integrations import NAMES, integration

    for name in NAMES:
        for kind in integration(name).actions.values():
            kind.repeatable = True


def _believes_the_first_look() -> None:
    """What is not there a moment after a call broke off is sent again at once."""
    from expansion.deliver.judging import Judge

    Judge.not_yet = Judge.at_once  # type: ignore[method-assign, assignment]
    Judge._look_first = lambda self, claimed: (claimed, [])  # type: ignore[method-assign]


def _forgets_what_the_dead_had() -> None:
    """Nobody looks after claims of processes that are gone."""
    from expansion.ledger.claims import Claims

    Claims.abandoned = lambda self, now, alive: []  # type: ignore[method-assign]


def _goes_by_its_own_clock() -> None:
    """Leases, due times and settling are judged by what the machine says, as if all clocks were right."""
    from jobs.clock import utc_now
    from jobs.place import Place

    Place.now = lambda self: utc_now()  # type: ignore[method-assign]


BROKEN: dict[str, Callable[[], None]] = {
    "repeats what may have happened": _repeats_what_may_have_happened,
    "believes the first look": _believes_the_first_look,
    "forgets what the dead had": _forgets_what_the_dead_had,
    "goes by its own clock": _goes_by_its_own_clock,
}


def apply(name: str | None) -> None:
    """Break the product of this process; None leaves it whole."""
    if name is not None:
        BROKEN[name]()
