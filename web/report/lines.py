"""Measures from left to right, with what they may be as a band behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from jobs.reporting.content import Lines, Point, Series, Tone
from web.report.frame import Marks, frame
from web.report.scales import Scale, marked, round_scale, some
from web.report.tags import number, percent, tag

FINE = 1000  # how many steps the stretched picture has each way
DOTS = 4.0  # pixels


def lines(plot: Lines) -> Markup:
    points = [point for series in plot.series for point in series.points]
    if not points:
        return Markup()
    toned = list(zip(plot.series, plot.tones, strict=False))
    across, below = _along(plot, points)
    up, marks = _up(plot, points)
    sides = [(up.place(mark), marked(mark, plot.y)) for mark in marks]
    layers = [
        *(_stretched(series, tone, across, up) for series, tone in toned),
        *(_diagonal(across, up) if plot.diagonal else []),
        *_mark(plot, across),
        *(_dot(point, tone, across, up) for series, tone in toned for point in series.points),
    ]
    return frame(Markup("").join(layers), sides, below, plot.x.name, plot.y.name)


def _along(plot: Lines, points: Sequence[Point]) -> tuple[Scale, Marks]:
    """Days are named where they are measured, all else at round values."""
    values = sorted({point.x for point in points})
    if plot.x.kind == "day":
        scale = Scale(values[0], values[-1] if len(values) > 1 else values[0] + 1)
        named = [values[place] for place in some(len(values))]
    else:
        scale, named = round_scale(values, from_zero=bool(plot.diagonal))
    return scale, [(scale.place(one), marked(one, plot.x)) for one in named]


def _up(plot: Lines, points: Iterable[Point]) -> tuple[Scale, list[float]]:
    """From zero on: a line that begins elsewhere makes much of little."""
    highest = [max(point.y, point.high or point.y) for point in points]
    return round_scale([*highest, 0.0], from_zero=True)


def _diagonal(across: Scale, up: Scale) -> list[Markup]:
    """Where both edges say the same, as far as both reach."""
    last = min(across.high, up.high)
    ends = {"x2": percent(across.place(last)), "y2": percent(1 - up.place(last))}
    return [tag("line", x1=percent(across.place(0)), y1=percent(1 - up.place(0)), **ends, class_="diagonal")]


def _stretched(series: Series, tone: Tone, across: Scale, up: Scale) -> Markup:
    """Line and band, in a picture of their own that is stretched; strokes keep their width."""
    band = [point for point in series.points if point.low is not None and point.high is not None]
    edge = [*((one.x, one.high) for one in band), *((one.x, one.low) for one in reversed(band))]
    shapes = [_path(edge, across, up, f"band {tone}", closed=True)] if len(band) > 1 else []
    shapes += [_path([(one.x, one.y) for one in series.points], across, up, f"line {tone}")]
    return tag(
        "svg", *shapes, viewBox=f"0 0 {FINE} {FINE}", preserveAspectRatio="none", width="100%", height="100%",
        class_="stretched",
    )  # fmt: skip


def _path(
    points: Iterable[tuple[float, float | None]], across: Scale, up: Scale, kind: str, *, closed: bool = False
) -> Markup:
    places = (
        f"{number(across.place(x) * FINE)} {number((1 - up.place(y)) * FINE)}" for x, y in points if y is not None
    )
    drawn = "M" + "L".join(places) + ("Z" if closed else "")
    return tag("path", d=drawn, class_=kind, vector_effect="non-scaling-stroke")


def _dot(point: Point, tone: Tone, across: Scale, up: Scale) -> Markup:
    return tag("circle", cx=percent(across.place(point.x)), cy=percent(1 - up.place(point.y)), r=DOTS, class_=tone)


def _mark(plot: Lines, across: Scale) -> list[Markup]:
    """An upright line at what is set today."""
    if plot.marked is None:
        return []
    at = percent(across.place(plot.marked))
    side = "end" if across.place(plot.marked) > 0.5 else "start"
    return [
        tag("line", x1=at, x2=at, y1="0", y2="100%", class_="today"),
        tag("text", plot.marked_as, x=at, y="0", dy="1em", dx="-6" if side == "end" else "6", class_=f"mark {side}"),
    ]
