"""CTAs: names of types, reasons and statuses when they are written, and items of picklists with names when read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.gainsight.fields import PICKLISTS, item
from sandbox.gainsight.query import fitting, selected, whole
from sandbox.gainsight.refusals import Problem
from sandbox.kit.state import State

Doc = dict[str, Any]

_MARK = re.compile(r"\[expansion [0-9a-f]{12}\]")
_WORDS = {"type": "Type", "reason": "Reason", "status": "Status", "priority": "Priority"}
_READ = {
    "Gsid", "Name", "CompanyId", "OwnerId", "OwnerId__gr.Email", "OwnerId__gr.FirstName", "IsClosed", "Comments",
    "DueDate", "ModifiedDate", "CompanyId__gr.Name",
    *(f"{word}Id" for word in _WORDS.values()), *(f"{word}Id__gr.Name" for word in _WORDS.values()),
}  # fmt: skip
_MUST = ("Name", "CompanyId", "OwnerId", "type", "reason", "status", "priority", "DueDate")


class Cockpit:
    """`custom`: the custom fields that CTAs have."""

    def __init__(self, state: State, now: Callable[[], str]) -> None:
        self.state, self._now = state, now
        self.custom = {"expansion_key__gc"}
        self.picklists = {category: list(names) for category, names in PICKLISTS.items()}

    def all(self) -> list[Doc]:
        """Each with what its lookups lead to."""
        return [self._whole(cta) for cta in self.state.all("gainsight.ctas")]

    def list(self, body: Doc) -> list[Doc]:
        size = whole(body.get("pageSize", 100), 1, 1000, "COCKPIT_5102", "pageSize")
        number = whole(body.get("pageNumber", 1), 1, 100_000, "COCKPIT_5102", "pageNumber")
        found = fitting(self.all(), body.get("where"), "fieldName")
        known = lambda name: name in _READ or name in self.custom  # noqa: E731
        return selected(found, body.get("select"), known, "COCKPIT_5101")[(number - 1) * size : number * size]

    def create(self, body: Doc) -> Doc:
        return self._each(body, self._create)

    def update(self, body: Doc) -> Doc:
        return self._each(body, self._update)

    def _each(self, body: Doc, do: Callable[[Doc], str]) -> Doc:
        """A record that is refused stops no other, and the reply as a whole is a yes."""
        success: list[Doc] = []
        failure: list[Doc] = []
        for request in body.get("requests") or []:
            record = dict(request.get("record") or {})
            name = str(record.pop("referenceId", ""))
            try:
                success.append({name: do(record)})
            except Problem as problem:
                failure.append({name: str(problem)})
        return {"success": success, "failure": failure}

    def _create(self, record: Doc) -> str:
        if missing := [name for name in _MUST if not record.get(name)]:
            raise _no("COCKPIT_9700", f"Missing mandatory fields for create - {', '.join(missing)}")
        if self.state.get("gainsight.companies", str(record["CompanyId"])) is None:
            raise _no("COCKPIT_6001", "Invalid company")
        self._check(record)
        gsid = f"1S01{self.state.next_id('gainsight.ctas'):032}"
        self._put({"Gsid": gsid, "CreatedDate": self._now(), **record})
        self._count("create_cta", record)
        return gsid

    def _update(self, record: Doc) -> str:
        cta = self.state.get("gainsight.ctas", str(record.pop("Gsid", "")))
        if cta is None:
            raise _no("COCKPIT_6007", "Invalid GSID of CTA")
        self._check(record)
        added = str(record.get("Comments", "")).removeprefix(str(cta.get("Comments") or ""))
        self._put({**cta, **record})
        self.state.applied("gainsight", "update_cta", cta["Gsid"])
        for mark in _MARK.findall(added):
            self.state.applied("gainsight", "joined_cta", mark)
        return str(cta["Gsid"])

    def _check(self, record: Doc) -> None:
        for word, title in _WORDS.items():
            known = self.picklists[f"CTA_{title.upper()}"]
            if word in record and record[word] not in known:
                raise _no("COCKPIT_6003", f"Invalid {word} - {record[word]}")
        own = {*_MUST, "Comments", "playbook"}
        if unknown := [name for name in record if name not in own and name not in self.custom]:
            raise _no("COCKPIT_5103", f"Invalid fields - {', '.join(unknown)}")
        if "OwnerId" in record and self.state.get("gainsight.users", str(record["OwnerId"])) is None:
            raise _no("COCKPIT_6002", "Invalid owner")
        if "DueDate" in record and not re.fullmatch(r"\d{4}-\d\d-\d\d", str(record["DueDate"])):
            raise _no("COCKPIT_6004", "Invalid date format (DueDate)")

    def _put(self, cta: Doc) -> None:
        closed = str(cta["status"]).startswith("Closed")
        self.state.put("gainsight.ctas", cta["Gsid"], {**cta, "IsClosed": closed, "ModifiedDate": self._now()})

    def _count(self, what: str, record: Doc) -> None:
        for name in self.custom:
            if record.get(name):
                self.state.applied("gainsight", what, str(record[name]))
        for mark in _MARK.findall(str(record.get("Comments") or "")):
            self.state.applied("gainsight", what, mark)

    def _whole(self, cta: Doc) -> Doc:
        owner = self.state.get("gainsight.users", cta["OwnerId"]) or {}
        company = self.state.get("gainsight.companies", cta["CompanyId"]) or {}
        words = {f"{title}Id__gr.Name": cta[word] for word, title in _WORDS.items()}
        ids = {f"{title}Id": item(title, cta[word]) for word, title in _WORDS.items()}
        due = {"DueDate": f"{cta['DueDate']}T11:30:00Z"}  # a moment, where a day was given
        more = {"OwnerId__gr.Email": owner.get("Email"), "CompanyId__gr.Name": company.get("Name")}
        return {**cta, **words, **ids, **due, **more}


def _no(code: str, message: str) -> Problem:
    return Problem(200, code, f"{code}: {message}")
