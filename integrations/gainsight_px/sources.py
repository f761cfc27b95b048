"""Who has matched a segment in Gainsight PX lately."""

from __future__ import annotations

from expansion.contract import CohortMembers, NotAll, NotThere
from expansion.usage.forms.cells import as_id
from integrations.gainsight_px.client import Client
from integrations.gainsight_px.meanings import SYSTEM
from integrations.kit.declare import SourceBase
from integrations.kit.shapes import reads


@reads(SYSTEM)
class SegmentSource(SourceBase):
    """The accounts whose people matched a segment in the last days: PX tells who matches, and not who is in."""

    name = "gainsight_px.segment"
    title = "Accounts whose people matched a segment of Gainsight PX lately"
    gives = frozenset({"cohorts"})

    def __init__(self, client: Client) -> None:
        self._client = client

    def cohort(self, name: str) -> CohortMembers:
        segment = self._id(name)
        accounts: set[str] = set()
        less: NotAll | None = None
        try:
            for match in self._client.matches(segment):
                if account := as_id(match.get("accountId")):
                    accounts.add(account)
        except NotAll as failure:
            less = failure
        return CohortMembers(self.name, name, frozenset(accounts), less)

    def _id(self, name: str) -> str:
        known = self._client.segments()
        if name not in known:
            named = ", ".join(f"`{other}`" for other in sorted(known)[:10]) or "none at all"
            raise NotThere(f"{SYSTEM} has no segment called `{name}`; it has {named}", [name])
        return known[name]
