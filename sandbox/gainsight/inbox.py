"""What a CSM would have found in Gainsight."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sandbox.kit.stand_in import InboxItem
from sandbox.kit.state import State

Doc = dict[str, Any]

_MARK = re.compile(r"\[expansion [0-9a-f]{12}\]")
_BREAKS = re.compile(r"<br\s*/?>|</p>")
_TAGS = re.compile(r"<[^>]*>")


def cta_item(state: State, cta: Doc) -> InboxItem:
    return InboxItem(
        system="gainsight",
        what="CTA",
        to=cta.get("OwnerId__gr.Email") or "nobody",
        title=cta["Name"],
        html=_html(str(cta.get("Comments") or "")),
        at=str(cta["CreatedDate"]),
        account=cta.get("CompanyId__gr.Name"),
        key=key_of(cta),
        facts={"Type": cta["type"], "Reason": cta["reason"], "Status": cta["status"], "Due": str(cta["DueDate"])[:10]},
    )


def activity_item(state: State, activity: Doc) -> InboxItem:
    company = state.get("gainsight.companies", activity["GsCompanyId"]) or {}
    return InboxItem(
        system="gainsight",
        what="Timeline entry",
        to=activity["Author"],
        title=activity["Subject"],
        html=_html(activity["Notes"]),
        at=activity["ActivityDate"],
        account=company.get("Name"),
        key=activity["ExternalId"],
        facts={"Type": activity["TypeName"]},
    )


def key_of(cta: Doc) -> str | None:
    """Our key, from its field or from the mark."""
    if held := cta.get("expansion_key__gc"):
        return str(held)
    marks = _MARK.findall(str(cta.get("Comments") or ""))
    return marks[0] if marks else None


def _html(markup: str) -> str:
    """Its lines, without whatever else stood in the markup."""
    listed = _MARK.sub("", markup).replace("<li>", "<br>• ")
    lines = (_TAGS.sub("", line) for line in _BREAKS.split(listed))
    return "".join(f"<p>{_plain(line)}</p>" for line in lines if line.strip())


def _plain(line: str) -> str:
    return escape(line, quote=False).replace("&amp;", "&")
