"""What stands round a plot over two axes: marks on the left, names below, lines across.

The picture is the field within the axes. Marks and names stand outside of it, where the page leaves room for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from web.report.tags import percent, tag

HEIGHT = 190.0  # pixels
Marks = Sequence[tuple[float, str]]  # places between 0 and 1, with their names


def frame(drawn: Markup, sides: Marks, below: Marks, x_title: str = "", y_title: str = "") -> Markup:
    across = (
        tag("line", x1="0", x2="100%", y1=percent(1 - at), y2=percent(1 - at), class_="across") for at, _ in sides
    )
    left = (tag("text", name, x="-8", y=percent(1 - at), dy=".32em", class_="mark side") for at, name in sides)
    under = (tag("text", name, x=percent(at), y="100%", dy="1.5em", class_="mark below") for at, name in below)
    field = tag("svg", *across, drawn, *left, *under, height=HEIGHT, class_="field", aria_hidden="true")
    return tag("div", _title(y_title, "up"), field, _title(x_title, "along"), class_="framed")


def _title(text: str, which: str) -> Markup:
    return tag("p", text, class_=f"axis {which}") if text else Markup()
