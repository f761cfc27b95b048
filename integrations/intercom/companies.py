"""Intercom: attributes of the account's company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expansion.contract import Done, Failure, Piece, Refused, Reply
from integrations.intercom.attributes import as_type, same
from integrations.intercom.client import Api
from integrations.intercom.inputs import SetCompanyAttribute
from integrations.intercom.meanings import Gone
from integrations.kit.declare import ActionBase
from integrations.kit.shapes import reading, reads

_NO_COMPANY = (
    "Intercom knows no company with this account's id; its `company_id` has to be the product's account id, and a "
    "company is shown once it has a user"
)


@reads("Intercom")
class SetCompanyAttributeAction(ActionBase):
    """Looks the company up first: the call that sets would make one that is not there, and nobody would see it."""

    name = "intercom.set_company_attribute"
    title = "Set an attribute of the account's company in Intercom"
    input_model = SetCompanyAttribute
    repeatable = True
    batch = 100  # not Intercom's number: how many pieces a task reports on together
    note = "The attribute has to be there already: Settings > Data > Companies. A series may have it in its entry rule."

    def __init__(self, api: Api) -> None:
        self._api = api

    def deliver(self, pieces: Sequence[Piece]) -> list[Reply]:
        return [self._reply(piece) for piece in pieces]

    def _reply(self, piece: Piece) -> Reply:
        wanted = piece.input
        assert isinstance(wanted, SetCompanyAttribute)
        try:
            with reading("Intercom"):
                company, values = self._company(piece), self._values(wanted)
        except Failure as failure:
            failure.maybe_done = False  # only looked up so far
            return failure
        known = company.get("custom_attributes") or {}
        there = str(company["id"])
        if all(same(known.get(name), value) for name, value in values.items()):
            return Done(there, self._api.company_link(company), already=True)
        try:
            with reading("Intercom", wrote=True):
                self._api.set_company(str(company["company_id"]), values)
        except Failure as failure:
            return failure
        return Done(there, self._api.company_link(company))

    def _company(self, piece: Piece) -> dict[str, Any]:
        try:
            return self._api.company(piece.account.account_id)
        except Gone as gone:
            raise Refused(_NO_COMPANY) from gone

    def _values(self, wanted: SetCompanyAttribute) -> dict[str, object]:
        if not wanted.attributes:
            raise Refused("Intercom: the values are not known for this account, so nothing was set")
        types = self._api.company_types()
        for name in wanted.attributes if types is not None else ():
            if name not in (types or {}):
                raise Refused(
                    f"Intercom: companies have no attribute `{name[:60]}`; make it under Settings > Data > Companies, "
                    "or correct the playbook"
                )
        return {name: as_type(name, value, (types or {}).get(name)) for name, value in wanted.attributes.items()}
