"""Horizontal bars: the name above, the bar below, so that long names have room on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from jobs.reporting.content import Bar, Bars, Tone
from web.report.tags import percent, tag

THICK = 14.0  # pixels


def bars(plot: Bars) -> Markup:
    """All bars on one scale: the longest is as wide as there is room."""
    longest = max((_length(plot, bar) for bar in plot.bars), default=0) or 1
    return tag("ul", *(_row(plot, bar, longest) for bar in plot.bars), class_="bars", aria_hidden="true")


def _length(plot: Bars, bar: Bar) -> int:
    return bar.parts[0] if plot.within else sum(bar.parts)


def _row(plot: Bars, bar: Bar, longest: int) -> Markup:
    draw = _within if plot.within else _beside
    picture = tag("svg", *draw(bar, plot.tones, longest), height=THICK, class_="bar")
    return tag("li", tag("span", bar.name, class_="name"), tag("span", bar.said, class_="said"), picture)


def _within(bar: Bar, tones: Sequence[Tone], longest: int) -> list[Markup]:
    """Each part lies in the one before it, and is thinner."""
    room = THICK / (len(bar.parts) * 2 - 1)
    return [
        _part(tones[place], 0, part / longest, place * room, THICK - 2 * place * room)
        for place, part in enumerate(bar.parts)
        if part
    ]


def _beside(bar: Bar, tones: Sequence[Tone], longest: int) -> list[Markup]:
    starts = [sum(bar.parts[:place]) / longest for place in range(len(bar.parts))]
    parts = zip(tones, starts, bar.parts, strict=False)
    return [_part(tone, start, part / longest, 0, THICK) for tone, start, part in parts if part]


def _part(tone: Tone, start: float, width: float, top: float, height: float) -> Markup:
    return tag("rect", x=percent(start), y=top, width=percent(width), height=height, class_=tone)
