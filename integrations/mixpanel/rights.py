"""What Mixpanel's service account may do, against the least that is needed.

`/api/app/me` is how Mixpanel's documentation tries a service account (reference/service-accounts). What it answers is
not in the published contracts: `results.organizations`, each with a `role`, and `results.projects`, by their ids, are
what Mixpanel's own client reads (mixpanel/mixpanel-headless, `_internal/me.py`). No role in a project is read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.kit.declare import Finding, Right
from integrations.kit.doctor import whether
from integrations.kit.rights import LISTED, not_told

SYSTEM = "mixpanel"
RIGHTS = (
    Right("Analyst, in the one project", "reading events, profiles and cohorts"),
    Right("Member, in the organization", "nothing: a service account belongs to one"),
    Right("Project token", "setting properties of groups", only_for="mixpanel.set_group_properties"),
)
_WHERE = "Organization settings > Service accounts"
_LEAST = "member"  # docs.mixpanel.com, "Roles & Permissions": may manage nothing of the organization


def rights(project_id: int, told: Mapping[str, Any]) -> list[Finding]:
    """Is it in the project, in no other, and a mere member of the organization? Its role in the project is not told."""
    organizations, projects = told.get("organizations"), told.get("projects")
    if not isinstance(organizations, Mapping) or not isinstance(projects, Mapping):
        return [not_told("roles", "Mixpanel answered without organizations or projects")]
    return [
        _member(project_id, projects),
        *_others(project_id, projects),
        *_managing(organizations),
        Finding("Mixpanel does not tell the role in a project", True, f"Analyst is enough; {LISTED}", "note"),
    ]


def _member(project: int, projects: Mapping[str, Any]) -> Finding:
    what = f"the service account is in project {project}"
    return whether(what, str(project) in projects, f"add it to the project as Analyst: {_WHERE}")


def _others(project: int, projects: Mapping[str, Any]) -> Iterator[Finding]:
    others = sorted(name for name in projects if name != str(project))
    if others:
        shown = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
        what = f"more projects than needed: {len(others)} ({shown})"
        yield Finding(what, True, f"take the service account out of them: {_WHERE}", "warning")


def _managing(organizations: Mapping[str, Any]) -> Iterator[Finding]:
    """The roles it has; one that is not told is no surplus, and is said to be untold."""
    roles = {str(one.get("role") or "") for one in organizations.values() if isinstance(one, Mapping)}
    if "" in roles or not roles:
        yield not_told("role in the organization", "Mixpanel's answer did not say")
    if more := sorted(roles - {_LEAST, ""}):
        remedy = f"make it a Member: {_WHERE}; for reading one project, nothing more is needed"
        yield Finding(f"more roles than needed in the organization: {', '.join(more)}", True, remedy, "warning")
