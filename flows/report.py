"""The report as an artifact in Prefect's page, for any flow to publish at its end."""

from __future__ import annotations

import asyncio
from datetime import datetime

from prefect.artifacts import acreate_markdown_artifact

from jobs.place import Place
from jobs.reporting.content import Report
from jobs.reporting.markdown import markdown
from jobs.reporting.report import make_report, wanted

KEY = "report"


async def publish_report(place: Place, until: datetime, since: datetime | None = None) -> Report:
    """Make the report beside the event loop, and publish it; the newest one stands first under its key."""
    report = await asyncio.to_thread(make_report, place, wanted(since, until))
    said = next((" ".join(one.sentences) or one.missing for one in report.sections), "")
    await acreate_markdown_artifact(markdown(report), key=KEY, description=said)
    return report
