"""The funnel of each trigger: asked about, fired, acted on, done. Accounts, not firings: who fires twice is one."""

from __future__ import annotations

from expansion.records.firing import Decision
from expansion.records.ledger import FiringRecord
from expansion.text.many import many
from jobs.reporting.content import Bar, Bars, Cell, Column, Figure, Section, Table
from jobs.reporting.headline import NOTHING
from jobs.reporting.known import Asked, Known, work

# Why an account that fired was not acted on, in the order of the guard rails.
NOT_ACTED: dict[str, tuple[Decision, ...]] = {
    "watched only": ("watching", "quiet"),
    "left alone": ("suppressed",),
    "held out": ("held_out",),
    "waits for a person": ("flood", "approval"),
    "no room yet": ("carried",),
    "paused": ("paused",),
    "no playbook fits": ("no_playbook",),
    "declined": ("declined",),
}
STAGES = ("fired", "acted on", "done", "expanded")


def funnel_section(known: Known) -> Section:
    """From who was asked about to whom something was done for."""
    if not known.triggers or not known.firings:
        return Section("funnel", "From asked to done, trigger by trigger", missing=NOTHING)
    figures = (_funnel(known), _others(known))
    return Section("funnel", "From asked to done, trigger by trigger", _said(known), tuple(f for f in figures if f))


def _said(known: Known) -> tuple[str, ...]:
    silent = [name for name in known.triggers if not _of(known, name)]
    fired, acted = (len({one.account_id for one in some}) for some in (known.firings, known.acted))
    done = len({one.account_id for one in known.firings if work(one) in known.done})
    first = f"{many(fired, 'account')} fired, {acted:,} acted on, for {done:,} at least one step is done."
    return (first, *([f"Never fired in this time: {', '.join(silent)}."] if silent else []))


def _funnel(known: Known) -> Figure:
    counts = {name: _stages(known, name) for name in known.triggers}
    rows = tuple((name, *_asked(known, name), *counts[name]) for name in known.triggers)
    stages = STAGES if known.came is not None else STAGES[:-1]
    names = ("asked about", "people asked about", "cannot tell", *stages)
    table = Table((Column("trigger", numbers=False), *map(Column, names)), rows)
    bars = tuple(
        Bar(name, count, " → ".join(f"{one:,}" for one in count)) for name, count in counts.items() if count[0]
    )
    note = (
        "All but the people are accounts, each once a column. Asked about and cannot tell are of the end of this time; "
        "– where nobody could be asked. Done: at least one step of the playbook is. Expanded: within the attribution "
        "window after it was acted on; of some that window goes on."
    )
    return Figure("How far accounts came", table.without_empty(), Bars(stages, bars, within=True), note)


def _stages(known: Known, name: str) -> tuple[int, ...]:
    """Each some of the one before. The last one is left out where no expansion is known at all."""
    mine = _of(known, name)
    acted = [one for one in mine if one.decision == "acting"]
    done = [one for one in acted if work(one) in known.done]
    if known.came is None:
        return _accounts(mine), _accounts(acted), _accounts(done)
    hit = {firing for firing, what in known.came.items() if what.hit is not None}
    return _accounts(mine), _accounts(acted), _accounts(done), _accounts([one for one in done if one.id in hit])


def _asked(known: Known, name: str) -> tuple[Cell, Cell, Cell]:
    """Accounts, people, and of how many of them it cannot be told."""
    match (known.asked or {}).get(name):
        case Asked(count, cannot_tell, people=True):
            return None, count, cannot_tell
        case Asked(count, cannot_tell):
            return count, None, cannot_tell
    return None, None, None


def _others(known: Known) -> Figure | None:
    """Of the accounts that were never acted on in this time, what kept them; the newest decision counts."""
    columns = (Column("trigger", numbers=False), *map(Column, NOT_ACTED))
    counts = {name: kept for name in known.triggers if any(kept := _kept(known, name))}
    if not counts:
        return None
    rows: tuple[tuple[Cell, ...], ...] = tuple((name, *kept) for name, kept in counts.items())
    return Figure(
        "Fired and not acted on, and why",
        Table(columns, rows).without_empty(),
        note="Accounts by what was decided about them last. Held out are those that show what happens without us.",
    )


def _kept(known: Known, name: str) -> tuple[int, ...]:
    acted = {one.account_id for one in _of(known, name) if one.decision == "acting"}
    ordered = sorted(_of(known, name), key=lambda one: (one.decided_at, one.id))
    last = {one.account_id: one.decision for one in ordered if one.account_id not in acted}
    return tuple(sum(decision in kept for decision in last.values()) for kept in NOT_ACTED.values())


def _of(known: Known, name: str) -> list[FiringRecord]:
    return [one for one in known.firings if one.trigger == name]


def _accounts(firings: list[FiringRecord]) -> int:
    return len({one.account_id for one in firings})
