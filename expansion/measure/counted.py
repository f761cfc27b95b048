"""Which outcomes count: those that policy.yaml names, of accounts that are known by then, in one currency.

What does not count is kept apart with the reason, for people to see; no figure has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from expansion.language.model.outcomes import OutcomeDefinition, OutcomeFrom
from expansion.language.model.policy import Policy
from expansion.records.outcomes import OutcomeRecord


@dataclass(frozen=True)
class Apart:
    """An outcome that counts nowhere, and why."""

    outcome: OutcomeRecord
    why: str


@dataclass(frozen=True)
class Counted:
    """Outcomes that count, the oldest first, and those that do not."""

    outcomes: tuple[OutcomeRecord, ...]
    apart: tuple[Apart, ...] = ()


def named(
    told: Iterable[OutcomeRecord], rules: Iterable[OutcomeDefinition], systems: Collection[str]
) -> list[OutcomeRecord]:
    """Those that are meant: of a source that the rules name what the first rule that takes it says; of a system that
    they do not name nothing; and all that people wrote down or imported."""
    own = [rule for rule in rules if isinstance(rule, OutcomeFrom)]
    sources = {rule.from_ for rule in own}
    found = []
    for one in told:
        rule = next((rule for rule in own if rule.takes(one.source, one.called)), None)
        if rule is not None:
            found.append(replace(one, kind=rule.is_ or one.kind, tier=rule.tier or one.tier))
        elif one.source not in sources and one.source not in systems:
            found.append(one)
    return found


def counted(
    outcomes: Iterable[OutcomeRecord], policy: Policy, known_since: Mapping[str, datetime], until: datetime
) -> Counted:
    """Parts those that count from those that cannot be placed; a tier that policy.yaml has not is no tier."""
    count, apart = [], []
    for one in outcomes:
        if why := _why_not(one, policy.currency, known_since.get(one.account_id), until):
            apart.append(Apart(one, why))
        else:
            count.append(one if one.tier in policy.tiers else replace(one, tier=None))
    return Counted(tuple(sorted(count, key=lambda one: (one.at, one.account_id, one.key))), tuple(apart))


def _why_not(one: OutcomeRecord, currency: str, known_since: datetime | None, until: datetime) -> str | None:
    if one.at > until:
        return "it lies in the future: put its date right where it comes from"
    if known_since is None:
        return "nothing is known of an account of this id: compare it with `expansion accounts`"
    if one.at < known_since:
        return (
            f"it is from before anything is known of the account ({known_since:%Y-%m-%d}): "
            "bring in older events or facts, or leave it"
        )
    if one.currency not in (None, currency):
        return f"it is in {one.currency}, and policy.yaml counts in {currency}"
    return None


__all__ = ["Apart", "Counted", "counted", "named"]
