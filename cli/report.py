"""`expansion report`: one page about what fired, what was done and what came of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.beginning import must_be_ours, nothing_yet
from cli.engine import engine_option
from cli.options import MOMENT
from cli.output import as_json, echo, say
from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from jobs.reporting.content import Cell, Figure, Report, Section

PAGE = Path("expansion-report.html")


@click.command("report")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=PAGE, show_default=True, help="The page's file.",
)  # fmt: skip
@click.option("--since", type=MOMENT, help="Of what fired from this moment on; left out: 13 weeks before its end.")
@click.option("--as-of", type=MOMENT, help="Of what fired until this moment; left out: now.")
@click.option("--history", is_flag=True, help="Also what takes longer: triggers played over history, chances judged.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="Also the figures, as JSON.")
def command(
    out: Path, since: datetime | None, as_of: datetime | None, history: bool, engine: str | None, json_: bool
) -> None:
    """Write one HTML page for a meeting: it needs no network and no script, and can be printed or sent.

    What became of what fired and what it is worth; how far accounts came, trigger by trigger; what came of it; who has
    how much on their desk; whether tasks were touched in time; what sellers say; with `--history` what triggers would
    have done, and whether chances came true. Where something is missing, it says what to do.
    The page names accounts' owners: it is readable by you alone until you pass it on.
    """
    from flows.opening import open_place
    from jobs.clock import moment, utc_now
    from jobs.reporting.report import make_report, wanted
    from web.report.page import page

    of = wanted(since, moment(as_of), history=history)
    place = open_place(looking=True, engine=engine)
    try:
        must_be_ours(place)
        report = make_report(place, of)
        empty = "" if any(one.figures for one in report.sections) else nothing_yet(place, "there is nothing to report")
    finally:
        place.close()
    _write(out, page(report, utc_now()))
    if json_:
        as_json(_told(report, out))
        return
    for section in report.sections[:1]:
        echo("\n".join(section.sentences) or section.missing)
    if empty:
        say(empty)
    echo(f"\nreport: {out.resolve()}")


class NotWritten(ForPeople):
    """A page that has no place."""


def _write(out: Path, html: str) -> None:
    from expansion.private_files import replace_file

    try:
        replace_file(out, html.encode())
    except OSError as error:
        raise NotWritten(
            f"the page cannot be written to `{out}`: {error.strerror or type(error).__name__}\n\n"
            "hint: give another file by `--out`, in a folder that is there"
        ) from error


def _told(report: Report, out: Path) -> dict[str, Any]:
    """For scripts: what stands in the page."""
    sections = [_section(one) for one in report.sections]
    return {"file": str(out), "since": report.since, "until": report.until, "sections": sections}


def _section(one: Section) -> dict[str, Any]:
    figures = [_figure(figure) for figure in one.figures]
    told = {"section": one.id, "title": one.title, "sentences": list(one.sentences), "figures": figures}
    return {**told, "missing": one.missing or None}


def _figure(figure: Figure) -> dict[str, Any]:
    names = [column.name.replace(" ", "_") for column in figure.table.columns]
    rows = [dict(zip(names, map(_cell, row), strict=True)) for row in figure.table.rows]
    return {"title": figure.title, "rows": rows}


def _cell(cell: Cell) -> Any:
    """Numbers as numbers: a share as a decimal with four digits, amounts with their currency."""
    from decimal import Decimal
    from fractions import Fraction

    from jobs.worth import Total

    match cell:
        case Fraction():
            return (Decimal(cell.numerator) / Decimal(cell.denominator)).quantize(Decimal("0.0001"))
        case Total():
            amounts = [{"worth": amount, "currency": currency} for currency, amount in cell.worth]
            return {"amounts": amounts, "accounts_of_unknown_worth": cell.unknown}
    return cell
