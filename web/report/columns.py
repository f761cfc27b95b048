"""Upright columns over time, their parts on one another."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from markupsafe import Markup

from jobs.reporting.content import Axis, Columns
from web.report.frame import frame
from web.report.scales import marked, round_scale, some
from web.report.tags import percent, tag

COUNTS = Axis("", "count")
FULL = 0.72  # of the room of a column; the rest is air


def columns(plot: Columns) -> Markup:
    scale, marks = round_scale([float(sum(counts)) for counts in plot.counts] or [1.0], from_zero=True)
    drawn = (_column(plot, place, scale.high) for place in range(len(plot.days)))
    sides = [(scale.place(mark), marked(mark, COUNTS)) for mark in marks if mark == int(mark)]  # half a firing is none
    below = [((place + 0.5) / len(plot.days), _day(plot.days[place])) for place in some(len(plot.days))]
    return frame(Markup("").join(drawn), sides, below)


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _column(plot: Columns, place: int, highest: float) -> Markup:
    """The first part stands below."""
    shares, of = [Fraction(count) / Fraction(highest) for count in plot.counts[place]], len(plot.days)
    tops = [1 - sum(shares[: part + 1]) for part in range(len(shares))]
    left, width = percent((place + (1 - FULL) / 2) / of), percent(FULL / of)
    drawn = (
        tag("rect", x=left, y=percent(float(top)), width=width, height=percent(float(share)), class_=tone)
        for tone, top, share in zip(plot.tones, tops, shares, strict=False)
        if share
    )
    return Markup("").join(drawn)
