"""What the figures should be, and what they are. A goal that is missed is said, and fails nothing."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.benches import BENCHES
from benchmarks.report import Line

_TEN, _HUNDRED = 10_000_000, 100_000_000
_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}
_PRODUCT = [bench.name for bench in BENCHES if bench.kind == "product"]
_MEMORY, _GROWTH = "peak_memory", "growth"

Lines = Mapping[str, Line]  # of one size, by benchmark


@dataclass(frozen=True)
class Goal:
    """What one benchmark should find: in one figure of its line, or as the ratio to another."""

    bench: str
    sign: str
    limit: float
    to: str | None = None
    figure: str | None = None
    only_at: int | None = None  # events

    def __str__(self) -> str:
        return " ".join(word for word in (self.bench, self.figure, self.sign, f"{self.limit:g}", self.to) if word)

    def line(self, lines: Lines) -> Line:
        """What became of it."""
        line = lines.get(self.bench, {})
        found = line.get("ratio_to", {}).get(self.to) if self.to else line.get(self.figure or "")
        more = {"cpu_measured": line["cpu_ratio_to"][self.to]} if self.to and found is not None else {}
        missing = _why_missing(lines, [self.bench, *([self.to] if self.to else [])])
        return _line(str(self), found, found is not None and _COMPARE[self.sign](found, self.limit), missing, more)


GOALS = (
    Goal("evaluate_30", "<=", 2.5, to="group_floor", only_at=_TEN),
    Goal("evaluate_30", "<=", 1, to="group_floor", only_at=_HUNDRED),
    Goal("hand_sql_30", ">=", 2.5, to="evaluate_30", only_at=_TEN),
    Goal("hand_sql_30", ">=", 8, to="evaluate_30", only_at=_HUNDRED),
    Goal("ingest", "<=", 6, to="parse_floor"),
    Goal("rollup_build", "<=", 12, to="group_floor"),
    Goal("rollup_refresh_one_day", "<=", 0.1, to="rollup_build"),
    Goal("new_column", "<=", 0, figure="built_again"),
    Goal("one_account", "<=", 10, figure="p50_ms"),
    Goal("one_account", "<=", 40, figure="p99_ms"),
    Goal("store_snapshots", "<", 1_000, figure="peak_mb"),
    Goal("evaluate_snapshots", "<=", 3, to="hand_snapshots"),
    Goal("history_300", "<=", 4, to="hand_sql_30", only_at=_TEN),
    Goal("history_300", "<=", 600, figure="peak_mb", only_at=_TEN),
    Goal("history_loop", ">=", 15, to="history_300", only_at=_TEN),
)
_MOST_MB = 500  # of each benchmark of the product, at ten million events
_LIMITED = [name for name in _PRODUCT if name != "history_300"]  # which has a goal of its own


def goals_line(events: int, lines: Lines) -> Line:
    """What became of the goals for this number of events. `lines` may hold the growth from a smaller size."""
    judged = [goal.line(lines) for goal in GOALS if goal.only_at in (None, events)]
    judged += [_memory(lines)] if events == _TEN else []
    judged.append(_slower_growth(lines))
    met = [one["met"] for one in judged]
    counts = {"met": met.count(True), "missed": met.count(False), "missing": met.count(None)}
    return {"bench": "goals", "events": events, **counts, "goals": judged}


def _memory(lines: Lines) -> Line:
    peaks = lines.get(_MEMORY, {}).get("mb", {})
    name, found = _most({name: peaks[name] for name in _LIMITED if name in peaks})
    text = f"peak_mb of each job of the product < {_MOST_MB}"
    return _line(text, found, (found or 0) < _MOST_MB, _why_missing(lines, _LIMITED), {"of": name})


def _slower_growth(lines: Lines) -> Line:
    growth = lines.get(_GROWTH, {"peak_mb": {}, "events": 0})
    name, found = _most({name: growth["peak_mb"][name] for name in _PRODUCT if name in growth["peak_mb"]})
    unasked = [f"{name} was not asked for" for name in _PRODUCT if name not in lines]
    missing = "it takes a smaller size to compare with" if _GROWTH not in lines else next(iter(unasked), None)
    text = "peak_mb of each job of the product grows less than the events"
    return _line(text, found, (found or 0) < growth["events"], missing, {"of": name, "events_grew": growth["events"]})


def _most(figures: Mapping[str, float]) -> tuple[str | None, float | None]:
    return max(figures.items(), key=lambda item: item[1], default=(None, None))


def _why_missing(lines: Lines, benches: Sequence[str]) -> str | None:
    """Why the figures of these benchmarks are not all there, if they are not."""
    for name in benches:
        if "seconds" not in lines.get(name, {}):
            return f"{name} was left out: {lines[name]['left_out']}" if name in lines else f"{name} was not asked for"
    return None


def _line(text: str, found: float | None, met: bool, missing: str | None, more: Line) -> Line:
    """A figure that is missing is no goal missed, and none met."""
    if missing is not None:
        return {"goal": text, "measured": None, "met": None, "missing": missing}
    return {"goal": text, "measured": found, **more, "met": met}


def table(line: Line) -> str:
    """The goals of one size for people."""
    rows = [f"goals at {line['events']:,} events"]
    for one in line["goals"]:
        word = {True: "met", False: "MISSED", None: "missing"}[one["met"]]
        measured = "-" if one["measured"] is None else f"{one['measured']:,g}"
        why = f"; {one['missing']}" if one["met"] is None else ""
        of = f"  ({one['of']})" if one.get("of") else ""
        rows.append(f"  {word:<8} {measured:>9}  {one['goal']}{of}{why}")
    return "\n".join(rows)
