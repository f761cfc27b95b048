"""The same report for Prefect's page."""

from __future__ import annotations

from datetime import UTC, datetime

from jobs.reporting.content import Column, Figure, Report, Section, Table
from jobs.reporting.funnel import funnel_section
from jobs.reporting.headline import headline_section
from jobs.reporting.known import Asked
from jobs.reporting.load import load_section
from jobs.reporting.markdown import ROWS, markdown
from jobs.reporting.said import said_section
from jobs.reporting.touch import touch_section
from tests.reporting.builders import CALENDAR, MONDAY, answer, clock, fired, known, step, task


def report(*sections: Section) -> Report:
    return Report(datetime(2025, 12, 1, tzinfo=UTC), MONDAY, "Europe/London", sections)


def test_every_section_in_words_and_tables(snapshot) -> None:
    one, two, held = fired(1), fired(2, "beta", owner="sam@x.example"), fired(3, "cara", decision="held_out")
    tasks = [task(one), task(two)]
    clocks = {
        tasks[0].key: clock(tasks[0], 2, touched_at=MONDAY, stopped_at=MONDAY),
        tasks[1].key: clock(tasks[1], 9),
    }
    said = [answer(one, "useful"), answer(two, reason="They have a deal open")]
    asked = {"seat-limit": Asked(160, 2), "paywall": Asked(160, 0)}
    of = known(one, two, held, steps=[*tasks, step(one, 1)], clocks=clocks, said=said, asked=asked)
    made = report(
        headline_section(of), funnel_section(of), load_section(of, CALENDAR, "5 a day"), touch_section(of, CALENDAR),
        said_section(of),
    )  # fmt: skip
    assert markdown(made) == snapshot


def test_an_address_is_cut_short_and_a_name_from_outside_begins_nothing() -> None:
    table = Table((Column("owner", numbers=False),), (("dana@acme.example",), ("[x](http://x.example) | <b>",)))
    text = markdown(report(Section("a", "A", figures=(Figure("F", table),))))
    assert "dana@" not in text
    assert "| d…@acme.example |" in text
    assert "\\[x\\](http:\\//x.example) \\| \\<b\\>" in text


def test_a_long_table_ends_with_how_many_more_there_are() -> None:
    table = Table((Column("n", numbers=False),), tuple((f"row {n}",) for n in range(ROWS + 3)))
    text = markdown(report(Section("a", "A", figures=(Figure("F", table),))))
    assert "3 more rows: `expansion report` has all." in text
    assert text.count("| row ") == ROWS
