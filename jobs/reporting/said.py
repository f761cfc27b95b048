"""What people said of firings: useful or not, and why not."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from expansion.records.dispositions import DispositionRecord, standing
from expansion.text.many import many
from jobs.reporting.content import Bar, Bars, Column, Figure, Section, Table, percent, share
from jobs.reporting.known import Known

TITLE = "What do sellers say of it?"
NOBODY = "Nobody has said yet whether it was useful; `buttons: true` on a message in Slack puts buttons below it."
NO_REASON = "no reason given"


def said_section(known: Known) -> Section:
    verdicts = _verdicts(known)
    if not verdicts:
        return Section("reasons", TITLE, missing=NOBODY)
    useful = sum(one.kind == "useful" for one in verdicts)
    answered = len({one.firing_id for one in verdicts})
    said = (
        f"{many(len(verdicts), 'answer')} about {answered:,} of {many(len(known.acted), 'firing')} acted on: "
        f"{useful:,} useful ({percent(Fraction(useful, len(verdicts)))}), {len(verdicts) - useful:,} not."
    )
    figures = (_reasons(verdicts), _by_trigger(verdicts))
    return Section("reasons", TITLE, (said,), tuple(one for one in figures if one))


def _verdicts(known: Known) -> list[DispositionRecord]:
    """Each person's last word on each firing."""
    by_firing: dict[int, list[DispositionRecord]] = {}
    for one in known.said:
        by_firing.setdefault(one.firing_id, []).append(one)
    last = [one for some in by_firing.values() for one in standing(some)]
    return [one for one in last if one.kind in ("useful", "not_useful")]


def _reasons(verdicts: list[DispositionRecord]) -> Figure | None:
    against = Counter(one.reason or NO_REASON for one in verdicts if one.kind == "not_useful")
    if not against:
        return None
    ordered = sorted(against.items(), key=lambda pair: (-pair[1], pair[0]))
    every = sum(against.values())
    rows = tuple((reason, count, share(count, every), _triggers(verdicts, reason)) for reason, count in ordered)
    head = (Column("reason", numbers=False), Column("answers"), Column("share"), Column("of triggers", numbers=False))
    bars = tuple(Bar(reason, (count,), f"{count:,}") for reason, count in ordered)
    note = "Each person's last answer on each firing. Who does not answer is not counted as satisfied."
    return Figure("Why it was not useful", Table(head, rows), Bars(("answers",), bars, tones=("warn",)), note)


def _triggers(verdicts: list[DispositionRecord], reason: str) -> str:
    mine = {one.trigger for one in verdicts if one.kind == "not_useful" and (one.reason or NO_REASON) == reason}
    return ", ".join(sorted(mine))


def _by_trigger(verdicts: list[DispositionRecord]) -> Figure:
    counts = Counter((one.trigger, one.kind) for one in verdicts)
    names = sorted({one.trigger for one in verdicts})
    pairs = {name: (counts[name, "useful"], counts[name, "not_useful"]) for name in names}
    rows = tuple((name, *pair, share(pair[0], sum(pair))) for name, pair in pairs.items())
    columns = (Column("trigger", numbers=False), *map(Column, ("useful", "not useful", "share useful")))
    bars = tuple(Bar(name, pair, f"{pair[0]:,} of {sum(pair):,}") for name, pair in pairs.items())
    return Figure(
        "Answers, trigger by trigger",
        Table(columns, rows),
        Bars(("useful", "not useful"), bars, tones=("main", "warn")),
    )
