"""The ledger: what was decided, what was done about it, and what nobody knows yet."""

from __future__ import annotations

from expansion.ledger.ahead import Ahead
from expansion.ledger.audit import Audits
from expansion.ledger.claims import Claims
from expansion.ledger.clocks import Clocks
from expansion.ledger.database import connect
from expansion.ledger.differences import Differences
from expansion.ledger.dispositions import Dispositions
from expansion.ledger.firings import Firings
from expansion.ledger.forgetting import Forgetting
from expansion.ledger.later_steps import Following
from expansion.ledger.outcomes import Outcomes
from expansion.ledger.pauses import Pauses
from expansion.ledger.runs import Runs
from expansion.ledger.steps import Steps
from expansion.ledger.verdicts import Verdicts
from expansion.ledger.version import HEAD, version_of


class Ledger(
    Runs,
    Firings,
    Steps,
    Claims,
    Verdicts,
    Pauses,
    Following,
    Clocks,
    Differences,
    Dispositions,
    Outcomes,
    Audits,
    Forgetting,
    Ahead,
):
    """Everything that can be asked of the ledger, each part in the module of that name. Time is always an argument."""


def open_ledger(url: str) -> Ledger:
    """The ledger at a URL, made or upgraded if need be: `sqlite:///ledger.db` or `postgresql://…`."""
    ledger = Ledger(connect(url))
    try:
        with ledger.reading() as connection:
            up_to_date = version_of(connection) == HEAD
        if not up_to_date:
            _migrate(ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _migrate(ledger: Ledger) -> None:
    from expansion.ledger.migrate import migrate  # takes a fifth of a second, and is needed once per version

    migrate(ledger)
