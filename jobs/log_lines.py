"""What a log says of what was decided: which account and why, and of a person that it is one, not who."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from expansion.decide.decide import Decisions
from expansion.records.firing import NewFiring

_MOST = 200  # lines of each kind
SOMEBODY = "somebody"


def told_without_names(decisions: Decisions) -> Iterator[str]:
    """A line for each firing that is new or was decided again. Prefect keeps logs longer than anybody may be kept."""
    again = [one.firing for one in decisions.again]
    names = {firing.user_name for firing in (*decisions.firings, *again) if firing.user_name}
    for firing in islice(decisions.firings, _MOST):
        yield f"{firing.trigger} fired for {_whom(firing)}: {_unnamed(firing.reason, names)}"
    for firing in islice(again, _MOST):
        yield f"{firing.trigger}, decided again for {_whom(firing)}: {_unnamed(firing.reason, names)}"


def _whom(firing: NewFiring) -> str:
    return f"{SOMEBODY} of {firing.account_name}" if firing.user_name else firing.account_name


def _unnamed(reason: str, names: set[str]) -> str:
    """A reason may name the person whose firing leads the conversation."""
    for name in sorted(names, key=len, reverse=True):
        reason = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", SOMEBODY, reason)
    return reason
