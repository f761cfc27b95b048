"""How much work each owner got, how much of it is still open, and what keeps more from coming."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from expansion.calendar.hours import Calendar
from expansion.records.ledger import FiringRecord
from expansion.text.many import many
from jobs.reporting.content import Bar, Bars, Cell, Column, Figure, Section, Table, percent
from jobs.reporting.known import Known
from jobs.reporting.touch import kept, standings, whose
from jobs.worth import ACTED_ON, totals

TITLE = "Who has how much on their desk?"
NOBODY = "Nothing was acted on in this time, so nobody got any work from it."


def load_section(known: Known, calendar: Calendar, budget: str | None) -> Section:
    """`budget`: what policy.yaml allows one owner."""
    if not known.acted:
        return Section("load", TITLE, missing=NOBODY)
    owners = Counter({owner: _accounts(_acted(known, owner)) for owner in _owners(known)})
    said = (_busiest(owners), *([f"policy.yaml allows one owner {budget} (`attention`)."] if budget else []))
    return Section("load", TITLE, said, (_table(known, owners, _kept_by_owner(known, calendar)),))


def _busiest(owners: Counter[str]) -> str:
    (name, most), every = owners.most_common(1)[0], sum(owners.values())
    first = [one for one, count in owners.items() if count == most]
    if len(owners) == 1:
        return f"All {many(most, 'account')} acted on went to {name}."
    got = f"{most:,} of {every:,} accounts ({percent(Fraction(most, every))})"
    if len(first) > 1:
        return f"{len(owners)} owners; nobody got more than {got}."
    return f"{len(owners)} owners; {name} got the most: {got}."


def _table(known: Known, owners: Counter[str], promises: dict[str, Fraction | None]) -> Figure:
    names = ("accounts", "still open", "wait for a person", "no room yet", "touched in time", "worth a year")
    rows, bars = [], []
    for owner, got in owners.most_common():
        still = _accounts([one for one in _acted(known, owner) if one.cleared_at is None])
        others = (_waiting(known, owner, "flood", "approval"), _waiting(known, owner, "carried"))
        rows.append((owner, got, still, *others, promises.get(owner), _worth(known, owner)))
        bars.append(Bar(owner, (got, still), f"{still:,} of {got:,} open"))
    table = Table((Column("owner", numbers=False), *map(Column, names)), tuple(rows))
    note = (
        "Accounts acted on in this time, by whose they were when it fired; still open: the trigger is still true of "
        "them. Tasks count for who they were first assigned to."
    )
    plot = Bars(("acted on", "still open"), tuple(bars), within=True)
    return Figure("Accounts by owner", table.without_empty(), plot, note)


def _owners(known: Known) -> list[str]:
    return sorted({one.owner or "nobody" for one in known.acted})


def _acted(known: Known, owner: str) -> list[FiringRecord]:
    return [one for one in known.acted if (one.owner or "nobody") == owner]


def _waiting(known: Known, owner: str, *decisions: str) -> int:
    mine = [one for one in known.firings if one.owner == owner and one.cleared_at is None]
    return _accounts([one for one in mine if one.decision in decisions])


def _worth(known: Known, owner: str) -> Cell:
    found = totals(known.counted, only=lambda one: (one.owner or "nobody") == owner)
    return next((one for one in found if one.group == ACTED_ON), None)


def _kept_by_owner(known: Known, calendar: Calendar) -> dict[str, Fraction | None]:
    by_owner: dict[str, Counter[str]] = {}
    for step, stands in standings(known, calendar):
        by_owner.setdefault(whose(step), Counter())[stands] += 1
    return {owner: kept(counts) for owner, counts in by_owner.items()}


def _accounts(firings: list[FiringRecord]) -> int:
    return len({one.account_id for one in firings})
