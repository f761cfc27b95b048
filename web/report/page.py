"""The report as one HTML page. It loads and runs nothing: its policy allows its own style, by hash, and no script."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from expansion.calendar.spans import day_text, local_date
from jobs.reporting.content import Report, shown
from web.report.plots import drawn
from web.report.tags import harmless, tag

_FOLDER = Path(__file__).parent


def page(report: Report, made_at: datetime, title: str = "Expansion report") -> str:
    """A whole page that needs nothing beside it."""
    zone = ZoneInfo(report.zone)
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            title=title,
            since=day_text(local_date(report.since, zone)),
            until=day_text(local_date(report.until, zone)),
            made=f"{made_at.astimezone(zone):%H:%M}, {day_text(local_date(made_at, zone))}",
            style=Markup(_style()),  # noqa: S704  it is ours
            policy=policy(),
        )
    )


def policy() -> str:
    """What the page may do: be seen."""
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDER)
    environment = Environment(
        loader=loader,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=harmless,
    )
    environment.filters |= {"cell": shown, "drawn": drawn, "code": _code}
    return environment


def _code(sentence: str) -> Markup:
    """A sentence in which `what stands between backticks` is code."""
    parts = sentence.split("`")
    return Markup("").join(
        tag("code", part) if place % 2 and place < len(parts) - 1 else harmless(part)
        for place, part in enumerate(parts)
    )


@cache
def _style() -> str:
    return (_FOLDER / "report.css").read_text(encoding="utf-8")
