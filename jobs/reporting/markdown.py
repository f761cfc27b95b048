"""The report as Markdown, for Prefect's page: the same sentences and tables. Owners' addresses are cut short there."""

from __future__ import annotations

from collections.abc import Iterable

from expansion.text.harmless import in_markdown
from expansion.text.redact import redacted
from jobs.reporting.content import Figure, Report, Section, Table, shown

ROWS = 50  # of a table; the page that `expansion report` writes has all


def markdown(report: Report) -> str:
    """The whole of it, without a title: the artifact's description is that."""
    lines = [line for section in report.sections for line in section_markdown(section)]
    return redacted("\n".join(lines).strip())


def section_markdown(section: Section) -> Iterable[str]:
    yield from ("", f"## {in_markdown(section.title)}")
    for sentence in (*section.sentences, *([section.missing] if section.missing else [])):
        yield from ("", in_markdown(sentence))
    for figure in section.figures:
        yield from _figure(figure)


def _figure(figure: Figure) -> Iterable[str]:
    yield from ("", f"### {in_markdown(figure.title)}", "")
    yield from _table(figure.table)
    left = len(figure.table.rows) - ROWS
    if left > 0:
        yield from ("", f"{left:,} more rows: `expansion report` has all.")
    if figure.note:
        yield from ("", f"_{in_markdown(figure.note)}_")


def _table(table: Table) -> Iterable[str]:
    yield _row(column.name for column in table.columns)
    yield _row("---:" if column.numbers and place else "---" for place, column in enumerate(table.columns))
    yield from (_row(in_markdown(shown(cell)) for cell in row) for row in table.rows[:ROWS])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
