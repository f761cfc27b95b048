"""A plan as Markdown, to be put below a pull request. What accounts are called begins no link and no tag in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from expansion.text.harmless import in_markdown
from jobs.plan import Plan
from jobs.plan_section import Section
from jobs.plan_told import cases_said, compared, headline, sections

MARK = "<!-- expansion plan -->"  # by which the comment of an earlier push is found again
_NUMBERS = ("before", "after", "worth")


def plan_markdown(plan: Plan) -> str:
    """One comment: what it comes to, then what is below it."""
    lines = [MARK, f"### Plan: {in_markdown(headline(plan))}", "", f"{in_markdown(compared(plan))}.", ""]
    lines += [f"- {in_markdown(one)}" for one in (*plan.notes, *cases_said(plan.cases))]
    for section in sections(plan):
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines = [f"#### {section.title}", "", *_items(section.lines)]
    if section.rows:
        lines += ["", *_table(section.rows)] if section.lines else _table(section.rows)
    return [*lines, *(line for said in section.after for line in ("", in_markdown(said)))]


def _items(lines: Iterable[str]) -> list[str]:
    """What is set in by two blanks belongs to the line above it."""
    return [f"{'  ' if line.startswith('  ') else ''}- {in_markdown(line.strip())}" for line in lines]


def _table(rows: Sequence[Mapping[str, str]]) -> list[str]:
    names = list(rows[0])
    rule = "|".join("---:" if name in _NUMBERS else "---" for name in names)
    return [_line(names), f"|{rule}|", *(_line(row[name] for name in names) for row in rows)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(in_markdown, cells))} |"
