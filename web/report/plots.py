"""Plots as HTML and SVG without a view box: places are percent of the room there is, sizes are pixels.

So a picture is as wide as a phone or a desk while its words keep their size, are text that can be selected, and take
their colours from the page, light, dark or printed. Only lines are stretched, in a picture within the picture.
"""

from __future__ import annotations

from markupsafe import Markup

from jobs.reporting.content import Bars, Columns, Figure, Lines, Plot
from web.report.bars import bars
from web.report.columns import columns
from web.report.lines import lines
from web.report.tags import tag


def drawn(figure: Figure) -> Markup:
    """The plot of a figure with its legend; nothing where there is none. Its table says the same to whoever hears."""
    if figure.plot is None:
        return Markup()
    return _legend(figure.plot) + _picture(figure.plot)


def _picture(plot: Plot) -> Markup:
    match plot:
        case Bars():
            return bars(plot)
        case Columns():
            return columns(plot)
        case Lines():
            return lines(plot)


def _legend(plot: Plot) -> Markup:
    """The names of the parts; one part needs none, the title says it."""
    names = [one.name for one in plot.series] if isinstance(plot, Lines) else list(plot.parts)
    if len(names) < 2:
        return Markup()
    entries = (
        tag("li", tag("span", class_=f"key {tone}"), name) for name, tone in zip(names, plot.tones, strict=False)
    )
    return tag("ul", *entries, class_="legend", aria_hidden="true")
