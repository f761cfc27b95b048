"""Both palettes, and the printed one, by WCAG 2.2: words at 4.5 to 1 (1.4.3), what is drawn at 3 to 1 (1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[3] / "web/report/report.css").read_text(encoding="utf-8")
TONES = ("pale", "main", "deep", "warn", "faint", "alarm")
WORDS = [("text", "page"), ("text", "card"), ("text", "chip"), ("soft", "page"), ("soft", "card"), ("link", "page")]
NEIGHBOURS = [("pale", "main"), ("main", "deep"), ("main", "warn")]


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the three `:root` blocks: light, dark and printed."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return dict(zip(("light", "dark", "printed"), (dict(re.findall(r"--([\w-]+): (#\w+);", one)) for one in blocks)))  # noqa: B905


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark", "printed"])
def test_words_can_be_read(name) -> None:
    colours = palettes()[name]
    low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in WORDS}
    assert {pair: found for pair, found in low.items() if found < 4.5} == {}


@pytest.mark.parametrize("name", ["light", "dark", "printed"])
def test_what_is_drawn_stands_out_from_the_page(name) -> None:
    colours = palettes()[name]
    low = {tone: round(contrast(colours[tone], colours["card"]), 2) for tone in TONES}
    assert {tone: found for tone, found in low.items() if found < 3} == {}


@pytest.mark.parametrize("name", ["light", "dark", "printed"])
def test_parts_that_touch_differ_also_without_colour(name) -> None:
    colours = palettes()[name]
    low = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in NEIGHBOURS}
    assert {pair: found for pair, found in low.items() if found < 1.35} == {}


def test_every_tone_has_a_colour_and_a_rule() -> None:
    for tone in TONES:
        assert f".{tone} {{ fill: var(--{tone})" in CSS
        assert f".key.{tone} {{ background: var(--{tone})" in CSS
