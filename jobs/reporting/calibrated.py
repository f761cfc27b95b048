"""Whether the chances behind the rank came true: what was said of later history than they were learned from."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from expansion.measure.calibration import Held
from expansion.measure.intervals import Arm, wilson
from expansion.measure.model import Model
from jobs.rank import TierBasis
from jobs.reporting.came import between
from jobs.reporting.content import Axis, Cell, Column, Figure, Lines, Point, Section, Series, Table, share

TITLE = "Do the chances behind the rank come true?"
NOT_ASKED = (
    "Chances were not learned and judged for this page: `expansion report --history` does, which takes longer; "
    "`expansion rank` shows whom they put first."
)
NOTE = (
    "Judged on later history than was learned from. Said: the mean chance; came: how many expanded; between: what that "
    "may be (95% sure). The top tenth is where a rank is read. On the dashed line, what was said is what came."
)
MOST = 4  # models that one picture tells apart


def calibration_section(bases: Iterable[TierBasis]) -> Section:
    every = list(bases)
    models = _models(every)
    lacking = tuple(
        f"{one.title}: by points of policy.yaml; {one.why.why}." for one in every if one.why and not one.model
    )
    if not models:
        return Section("calibration", TITLE, missing=" ".join(lacking) or NOT_ASKED)
    said = f"{len(models)} of {len(every)} tiers have chances that were learned." if lacking else _held(models)
    return Section("calibration", TITLE, (said, *lacking), (_figure(models),))


def _models(bases: Iterable[TierBasis]) -> list[tuple[str, Model]]:
    """Each once, with the tiers that go by it."""
    tiers: dict[int, tuple[list[str], Model]] = {}
    for one in bases:
        if one.model is not None:
            tiers.setdefault(id(one.model), ([], one.model))[0].append(one.title)
    return [(", ".join(titles), model) for titles, model in tiers.values()]


def _held(models: list[tuple[str, Model]]) -> str:
    rows = sum(model.judged.all.rows for _, model in models)
    return f"What was said of {rows:,} accounts and moments of later history, beside what came of it."


def _figure(models: list[tuple[str, Model]]) -> Figure:
    head = ("chances", "learned from", "said", "came", "between", "top tenth said", "top tenth came", "off by")
    columns = tuple(Column(name, numbers=place > 0) for place, name in enumerate(head))
    series = tuple(Series(name, _points(model.judged.top_tenth, model.judged.all)) for name, model in models[:MOST])
    plot = Lines(
        Axis("chance said", "share"), Axis("share that expanded", "share"), series, diagonal="what was said came true"
    )
    return Figure("Said and came", Table(columns, tuple(_row(*one) for one in models)), plot, NOTE)


def _row(name: str, model: Model) -> tuple[Cell, ...]:
    judged = model.judged
    return (
        name,
        model.expansions,
        _rounded(judged.all.said),
        share(judged.all.happened, judged.all.rows),
        between(wilson(Arm(judged.all.rows, judged.all.happened))),
        _rounded(judged.top_tenth.said),
        share(judged.top_tenth.happened, judged.top_tenth.rows),
        _rounded(judged.error),
    )


def _points(*held: Held) -> tuple[Point, ...]:
    found = sorted(held, key=lambda one: one.said)
    sure = [wilson(Arm(one.rows, one.happened)) for one in found]
    return tuple(Point(one.said, one.came, each.low, each.high) for one, each in zip(found, sure, strict=True))


def _rounded(value: float) -> Fraction:
    return Fraction(value).limit_denominator(10_000)
