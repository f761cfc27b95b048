"""A HubSpot task as its owner sees it."""

from __future__ import annotations

import html
import re

from sandbox.hubspot.portal import Portal, Record
from sandbox.kit.stand_in import InboxItem

_TAG = re.compile(r"<[^<>]*>|[<>]")
_KEPT = re.compile(r"</?(b|i|u|strong|em|p|ul|ol|li|br ?/?|a)>|<a href=\"https?://[^\"<>\s]+\">")


def item(portal: Portal, task: Record) -> InboxItem:
    """One task for the inbox."""
    shown = task["properties"]
    owner = portal.get("owners", shown.get("hubspot_owner_id") or "")
    company = portal.get("companies", task["companies"][0]) if task["companies"] else None
    return InboxItem(
        system="hubspot",
        what="task",
        to=f"{owner.get('firstName', '')} {owner.get('lastName', '')}".strip() if owner else "Unassigned",
        title=shown.get("hs_task_subject") or "(no title)",
        html=as_shown(shown.get("hs_task_body") or ""),
        at=task["createdAt"],
        account=str(company["properties"].get("name")) if company else None,
        key=shown.get(portal.task_key or "") or None,
        facts={
            "Due": shown["hs_timestamp"],
            "Priority": shown["hs_task_priority"].title(),
            "Type": shown["hs_task_type"].title(),
            "Status": shown["hs_task_status"].replace("_", " ").capitalize(),
        },
    )


def as_shown(body: str) -> str:
    """A task's body with the few tags that HubSpot keeps; every other tag as text."""
    return _TAG.sub(lambda m: m[0] if _KEPT.fullmatch(m[0]) else html.escape(m[0]), body)


def page(task: InboxItem) -> str:
    """The task on a page of its own."""
    facts = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in task.facts.items())
    who = f"<p>{html.escape(task.to)} · {html.escape(task.account or '')}</p>"
    return f"<meta charset=utf-8><h1>{html.escape(task.title)}</h1>{who}<table>{facts}</table><div>{task.html}</div>"


def company_page(company: Record) -> str:
    """A company's properties, plainly."""
    shown = company["properties"].items()
    rows = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(v or '')}</td></tr>" for k, v in shown)
    return f"<meta charset=utf-8><h1>{html.escape(company['properties'].get('name') or '')}</h1><table>{rows}</table>"
