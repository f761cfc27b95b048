"""How CTAs stand in Gainsight, and whether a person has touched them.

A CTA counts as touched when it differs from what we wrote: its status, owner, name, or the words of its comments. The
due date is left out: Gainsight gives it back as a moment, and in whose zone is not documented.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import cast

from expansion.contract import Made, Standing
from integrations.gainsight.client import Client, Record
from integrations.gainsight.ctas import Ctas
from integrations.gainsight.inputs import CreateCta
from integrations.gainsight.meanings import SYSTEM
from integrations.kit.shapes import reading
from integrations.kit.tasks import Now

_MARK = re.compile(r"\[expansion [0-9a-f]{12}\]")


class CtaStates:
    """The CTAs of one tenant as they are."""

    def __init__(self, client: Client, ctas: Ctas) -> None:
        self._client, self._ctas = client, ctas

    def read(self, made: Sequence[Made]) -> list[Now]:
        """In order, a call for each. Raises a Failure."""
        return [self._now(one) for one in made]

    def _now(self, made: Made) -> Now:
        rows = self._client.ctas_of(self._ctas.select, ("Gsid", "EQ", made.remote_id))
        with reading(SYSTEM):
            row = next((row for row in rows if row["Gsid"] == made.remote_id), None)
            if row is None:
                return Now(Standing(there=False))
            return Now(_standing(made, row), str(row.get("Comments") or ""), self._ctas.link(made.remote_id), row)


def _standing(made: Made, row: Record) -> Standing:
    owner = row.get("OwnerId__gr.Email")
    moved = bool(made.assigned_to) and str(owner or "").lower() != str(made.assigned_to).lower()
    status = str(row.get("StatusId__gr.Name") or "")
    return Standing(
        there=True,
        state=status,
        closed=bool(row.get("IsClosed")),
        owner=owner,
        moved=moved,
        touched=_touched(made, row, status, moved=moved),
    )


def _touched(made: Made, row: Record, status: str, *, moved: bool) -> str | None:
    cta = cast(CreateCta, made.input)
    if row.get("IsClosed") or status.casefold() != cta.status.casefold():
        return f"its status is {status}"
    if moved:
        return "it was given to somebody else"
    if str(row.get("Name") or "").split() != cta.name.split():
        return "it has another name: it was there before, or somebody has edited it"
    first, *added = _MARK.split(str(row.get("Comments") or ""))
    ours = {_words(note) for note in ("", *made.notes)}  # each may be there or not: an attempt may have failed
    if _words(first) != _words(cta.comments) or any(_words(note) not in ours for note in added):
        return "somebody has added to its comments or edited them"
    return None


def _words(markup: str) -> str:
    """The letters and digits of a text: Gainsight may write its HTML in another way."""
    return re.sub(r"[\W_]+", "", html.unescape(re.sub(r"<[^>]*>", " ", markup)))
