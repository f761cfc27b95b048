"""Elements of HTML and SVG as text that is safe: whatever stands in one is escaped."""

from __future__ import annotations

from markupsafe import Markup, escape

from expansion.text.harmless import visible

Part = str | Markup
Value = str | float | None


def tag(name: str, *inside: Part, **attributes: Value) -> Markup:
    """`tag("rect", x="4%", class_="main")`. An attribute that is None is left out; `_` stands for `-`."""
    given = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, Markup("").join(map(harmless, inside)))


def number(value: float) -> str:
    """Two decimals at most: a hundredth of a pixel is seen by nobody."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def percent(value: float) -> str:
    """A place between 0 and 1 in percent of the room there is."""
    return f"{number(value * 100)}%"


def harmless(part: object) -> Markup:
    """Text with what steers a terminal made visible, escaped; what is an element already as it is."""
    return part if isinstance(part, Markup) else escape(visible(str(part)))


def _text(value: Value) -> Markup:
    return harmless(value if isinstance(value, str) else number(value or 0))
