"""What is drawn is where it belongs: places are read off the picture again."""

from __future__ import annotations

import re
from datetime import date

import pytest

from jobs.reporting.content import Axis, Bar, Bars, Column, Columns, Figure, Lines, Plot, Point, Series, Table
from web.report.plots import drawn
from web.report.scales import round_scale, some


def html(plot: Plot) -> str:
    return drawn(Figure("", Table((Column("a"),), ()), plot))


def rects(text: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'(\w+)="([^"]*)"', one)) for one in re.findall(r"<rect ([^>]*)>", text)]


def test_bars_have_one_scale_and_the_longest_fills_the_room() -> None:
    found = rects(html(Bars(("a",), (Bar("x", (10,), ""), Bar("y", (5,), "")))))
    assert [one["width"] for one in found] == ["100%", "50%"]


def test_parts_beside_each_other_begin_where_the_last_one_ended() -> None:
    found = rects(html(Bars(("a", "b", "c"), (Bar("x", (2, 0, 2), ""),))))
    assert [(one["x"], one["width"]) for one in found] == [("0%", "50%"), ("50%", "50%")]


def test_parts_within_each_other_begin_together_and_get_thinner() -> None:
    found = rects(html(Bars(("a", "b"), (Bar("x", (4, 1), ""),), within=True)))
    assert [(one["x"], one["width"]) for one in found] == [("0%", "100%"), ("0%", "25%")]
    assert float(found[0]["height"]) > float(found[1]["height"]) > 2


def test_columns_stand_on_one_another_and_end_at_their_sum() -> None:
    found = rects(html(Columns(("a", "b"), (date(2026, 3, 2),), ((6, 4),))))
    below, above = ((float(one["y"][:-1]), float(one["height"][:-1])) for one in found)
    assert below == (40.0, 60.0)
    assert above == (0.0, 40.0)


def test_no_mark_along_an_edge_of_counts_is_half_of_something() -> None:
    marks = re.findall(r'class="mark side">([^<]*)<', html(Columns(("a",), (date(2026, 3, 2),), ((1,),))))
    assert marks == ["0", "1"]


def test_points_are_where_their_scales_say() -> None:
    plot = Lines(Axis("", "number"), Axis("", "share"), (Series("", (Point(0, 0), Point(5, 0.5), Point(10, 1))),))
    places = re.findall(r'<circle cx="([^"]*)" cy="([^"]*)"', html(plot))
    assert places == [("0%", "100%"), ("50%", "50%"), ("100%", "0%")]


def test_the_line_on_which_said_is_seen_runs_where_both_edges_say_the_same() -> None:
    points = (Point(0.1, 0.4), Point(0.2, 0.8))
    text = html(Lines(Axis("", "share"), Axis("", "share"), (Series("", points),), diagonal="said is seen"))
    x, y = re.findall(r'x2="([\d.]+)%" y2="([\d.]+)%" class="diagonal"', text)[0]
    assert (float(x), float(y)) == (100.0, 75.0)  # 20% across is 20 of 80% up


def test_a_band_goes_there_above_and_back_below() -> None:
    points = (Point(0, 5, 0, 10), Point(10, 5, 5, 10))
    text = html(Lines(Axis("", "number"), Axis("", "number"), (Series("", points),)))
    assert 'd="M0 0L1000 0L1000 500L0 1000Z" class="band main"' in text


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([0.0, 0.83], [0, 0.5, 1]),
        ([0.0, 23], [0, 10, 20, 30]),
        ([0.0, 0.0], [0, 1]),
        ([0.0, 1.0], [0, 0.5, 1]),
        ([0.0, 7], [0, 2, 4, 6, 8]),
    ],
)
def test_an_edge_is_marked_at_round_values_that_hold_all(values, marks) -> None:
    assert round_scale(values, from_zero=True)[1] == marks


def test_names_below_have_room_and_the_last_is_one_of_them() -> None:
    for count in range(1, 60):
        found = some(count)
        assert len(found) <= 6
        assert found[-1] == count - 1


def test_one_measure_alone_is_drawn_too() -> None:
    for kind in ("day", "number", "share"):
        text = html(
            Lines(Axis("", kind), Axis("", "share"), (Series("", (Point(date(2026, 3, 2).toordinal(), 0.0),)),))
        )
        assert "nan" not in text
        assert "<circle" in text
