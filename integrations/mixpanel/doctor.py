"""Do queries and the raw export answer, what may the account do, and in which zone are the times?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from expansion.contract import Failure
from expansion.event_lines import lines_of
from integrations.kit.declare import Finding
from integrations.kit.doctor import asked
from integrations.kit.rights import not_told
from integrations.mixpanel import zone as zones
from integrations.mixpanel.client import Api
from integrations.mixpanel.rights import rights
from integrations.mixpanel.settings import Settings

_LOOKED_AT = 100  # events of a day, by doctor


def check(api: Api, now: Callable[[], datetime]) -> list[Finding]:
    """Spends one query and one export of the hour's sixty."""
    newest: list[bytes] = []
    findings = [
        asked("queries", lambda: _queries_answer(api)),
        asked("raw export", lambda: _export_answers(api, now(), newest)),
    ]
    try:
        told = api.me()
    except Failure as failure:
        return [*findings, not_told("roles", failure)]
    return [*findings, *rights(api.settings.project_id, told), *_zone(api.settings, told, newest)]


def _zone(settings: Settings, told: Mapping[str, Any], newest: list[bytes]) -> list[Finding]:
    projects = told.get("projects")
    project = projects.get(str(settings.project_id)) if isinstance(projects, Mapping) else None
    return zones.findings(settings.zone, project if isinstance(project, Mapping) else {}, newest)


def _queries_answer(api: Api) -> Finding:
    count = len(api.cohorts())
    cohorts = "1 cohort" if count == 1 else f"{count} cohorts"
    left = f"{api.queries.budget.left()} of {api.queries.per_hour} queries left"
    return Finding(f"queries answer: {cohorts}; {left}", True)


def _export_answers(api: Api, now: datetime, newest: list[bytes]) -> Finding:
    """Some events of the day before, which has ended everywhere by tomorrow: they also show whose clock they keep."""
    day = now.astimezone(api.settings.zone).date() - timedelta(days=1)
    newest += (line for block in api.export(day, day, limit=_LOOKED_AT) for line in lines_of(block))
    return Finding("the raw export answers", True)
