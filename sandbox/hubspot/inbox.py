"""What people see in HubSpot of what was done: tasks, deals, who came into a list, who is in a sequence."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from sandbox.hubspot.portal import Portal, Record
from sandbox.kit.stand_in import InboxItem

_TAG = re.compile(r"<[^<>]*>|[<>]")
_KEPT = re.compile(r"</?(b|i|u|strong|em|p|ul|ol|li|br ?/?|a)>|<a href=\"https?://[^\"<>\s]+\">")


def item(portal: Portal, task: Record) -> InboxItem:
    """One task for the inbox."""
    shown = task["properties"]
    owner = portal.get("owners", shown.get("hubspot_owner_id") or "")
    return InboxItem(
        system="hubspot",
        what="task",
        to=f"{owner.get('firstName', '')} {owner.get('lastName', '')}".strip() if owner else "Unassigned",
        title=shown.get("hs_task_subject") or "(no title)",
        html=as_shown(shown.get("hs_task_body") or ""),
        at=task["createdAt"],
        account=_account(portal, task["companies"]),
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


def record_page(record: Record) -> str:
    """The properties of a company, a contact or a deal, plainly."""
    shown = record["properties"]
    rows = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(v or '')}</td></tr>" for k, v in shown.items())
    title = shown.get("name") or shown.get("dealname") or shown.get("email") or ""
    return f"<meta charset=utf-8><h1>{html.escape(title)}</h1><table>{rows}</table>"


def every(portal: Portal, lists: Sequence[Record], enrolments: Mapping[str, Record]) -> list[InboxItem]:
    """All that the product did; a deal that was there before carries no key."""
    deals = [one for one in portal.all("deals") if one["properties"].get(portal.deal_key)]
    return [
        *(item(portal, task) for task in portal.all("tasks")),
        *(_deal(portal, deal) for deal in deals),
        *(_member(portal, one, record, at) for one in lists for record, at in one["members"].items()),
        *(_enrolled(portal, contact, one) for contact, one in enrolments.items()),
    ]


def _deal(portal: Portal, deal: Record) -> InboxItem:
    shown = deal["properties"]
    owner = portal.get("owners", shown.get("hubspot_owner_id") or "") or {}
    facts = {"Stage": shown["dealstage"], "Amount": shown.get("amount") or "", "Close": shown.get("closedate") or ""}
    return InboxItem(
        "hubspot",
        "deal",
        f"{owner.get('firstName', '')} {owner.get('lastName', '')}".strip(),
        shown["dealname"],
        html.escape(shown.get("description") or ""),
        deal["createdAt"],
        account=_account(portal, deal["companies"]),
        key=shown[portal.deal_key],
        facts=facts,
    )


def _member(portal: Portal, found: Record, record: str, at: str) -> InboxItem:
    kind = "companies" if found["objectTypeId"] == "0-2" else "contacts"
    shown = (portal.get(kind, record) or {"properties": {}})["properties"]
    called = shown.get("name") or shown.get("email") or record
    account = called if kind == "companies" else None
    return InboxItem("hubspot", "list", called, f"In the list {found['name']}", "", at, account=account)


def _enrolled(portal: Portal, contact: str, one: Record) -> InboxItem:
    title, facts = f"In the sequence {one['sequenceName']}", {"Sent by": one["enrolledByEmail"]}
    return InboxItem("hubspot", "enrolment", one["toEmail"], title, "", one["enrolledAt"], facts=facts)


def _account(portal: Portal, companies: Sequence[str]) -> str | None:
    company = portal.get("companies", companies[0]) if companies else None
    return str(company["properties"].get("name")) if company else None
