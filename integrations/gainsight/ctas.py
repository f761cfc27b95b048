"""CTAs that carry our key, made once each; or an open one of the same type and reason, which is joined.

The key stands in a custom field of CTAs (GAINSIGHT_CTA_KEY_FIELD) or, without one, as a mark in the comments. Gainsight
has no upsert of CTAs, and `referenceId` only tells the records of one request apart: so all CTAs of the company are
looked at before one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from expansion.contract import Piece
from expansion.follow.inputs import reference
from integrations.gainsight.client import Client, Record
from integrations.gainsight.meanings import SYSTEM
from integrations.gainsight.owners import company_of
from integrations.kit.keyed import Draft, Keyed
from integrations.kit.shapes import reading

JOINED = "an open CTA of this type and reason was there: the comments were added to it, and no other was made"
SELECT = (
    "Gsid", "Name", "CompanyId", "OwnerId", "OwnerId__gr.Email", "StatusId__gr.Name", "TypeId__gr.Name",
    "ReasonId__gr.Name", "IsClosed", "Comments",
)  # fmt: skip


@dataclass
class CtaDraft(Draft):
    """A CTA about to be made, and the company it is on."""

    company: str = ""
    joins: bool = False


class Ctas(Keyed[CtaDraft]):
    """The CTAs of one tenant."""

    def __init__(self, client: Client) -> None:
        self._client, self._key = client, client.settings.cta_key_field
        self._open: dict[str, list[Record]] = {}  # by company, as they were when last looked at

    @property
    def select(self) -> list[str]:
        return [*SELECT, *([self._key] if self._key else [])]

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        found: dict[str, str] = {}
        for piece in pieces:
            if company := piece.account.remote_ids.get("gainsight"):
                rows = self._client.ctas_of(self.select, ("CompanyId", "EQ", company))
                with reading(SYSTEM):
                    self._open[company] = [row for row in rows if not row.get("IsClosed")]
                    mine = next((row for row in rows if self._carries(row, piece.key)), None)
                    found |= {piece.key: str(mine["Gsid"])} if mine else {}
        return found

    def draft(self, piece: Piece, record: Record, note: str | None, *, joins: bool) -> CtaDraft:
        return CtaDraft(piece, record, note, company_of(piece), joins)

    def make(self, draft: CtaDraft) -> str:
        if draft.joins and (there := self._alike(draft)):
            draft.note = "; ".join(filter(None, (JOINED, draft.note)))
            return self._join(draft, there)
        record = self._marked(draft)
        gsid = self._client.create_cta(record)
        mine = {"Gsid": gsid, "Comments": record["Comments"], **_names(record)}
        self._open.setdefault(draft.company, []).append(mine)  # the next of this company may join it
        return gsid

    def link(self, thing: str) -> str:
        return self._client.link("cockpit?ctaId", thing)

    def _carries(self, row: Record, key: str) -> bool:
        return bool(self._key and row.get(self._key) == key) or reference(key) in str(row.get("Comments") or "")

    def _marked(self, draft: CtaDraft) -> Record:
        own = {"CompanyId": draft.company}
        if self._key:
            return {**draft.record, **own, self._key: draft.piece.key}
        comments = "<br>".join(filter(None, (draft.record["Comments"], reference(draft.piece.key))))
        return {**draft.record, **own, "Comments": comments}

    def _alike(self, draft: CtaDraft) -> Record | None:
        """An open CTA of the company with the same type and reason."""
        wanted = _names(draft.record)
        rows = self._open.get(draft.company, [])
        return next((row for row in rows if all(_same(row.get(name), word) for name, word in wanted.items())), None)

    def _join(self, draft: CtaDraft, there: Record) -> str:
        added = f"{reference(draft.piece.key)} {draft.record['Name']}<br>{draft.record['Comments']}"
        comments = "<br>".join(filter(None, (str(there.get("Comments") or ""), added)))
        gsid = self._client.update_cta(str(there["Gsid"]), {"Comments": comments})
        there["Comments"] = comments
        return gsid


def _names(record: Record) -> dict[str, str]:
    return {"TypeId__gr.Name": record["type"], "ReasonId__gr.Name": record["reason"]}


def _same(theirs: Any, ours: str) -> bool:
    return str(theirs or "").casefold() == ours.casefold()
