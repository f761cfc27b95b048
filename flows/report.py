"""The report as an artifact in Prefect's page, for any flow to publish at its end."""

from __future__ import annotations

from prefect.artifacts import acreate_markdown_artifact

from jobs.reporting.content import Report
from jobs.reporting.markdown import markdown

KEY = "report"


async def publish_report(report: Report) -> None:
    """Publish it; the newest one stands first under its key."""
    said = next((" ".join(one.sentences) or one.missing for one in report.sections), "")
    await acreate_markdown_artifact(markdown(report), key=KEY, description=said)
