"""Creates deals: in a stage by the name that people know, on the account's company, for its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from expansion.contract import Piece, Refused
from expansion.language.model.mistakes import did_you_mean
from integrations.hubspot.companies import Owners, company_of
from integrations.hubspot.inputs import CreateDeal
from integrations.hubspot.meanings import SYSTEM
from integrations.hubspot.pipelines import Stage, stages
from integrations.kit import values as values
from integrations.kit.keyed import MakesOnce
from integrations.kit.shapes import reads

if TYPE_CHECKING:
    # As in actions.py: the client is imported when it is connected.
    from integrations.hubspot.client import Client
    from integrations.hubspot.records import RecordDraft, Records


@reads("HubSpot")
class CreateDealAction(MakesOnce["RecordDraft"]):
    name = "hubspot.create_deal"
    title = "Create a deal in HubSpot"
    input_model = CreateDeal
    batch = 100
    note = "Carries our key in HUBSPOT_DEAL_KEY_PROPERTY; a deal that is there already is left alone."

    def __init__(self, client: Client, deals: Records, owners: Owners) -> None:
        super().__init__(deals)
        self._client, self._deals, self._owners = client, deals, owners
        self._stages: Mapping[str, Stage] | None = None

    def draft(self, piece: Piece) -> RecordDraft:
        deal = cast(CreateDeal, piece.input)
        company_of(piece)  # refused before anything is asked
        if self._stages is None:
            self._stages = stages(self._client, "deals")
        stage = stage_of(self._stages, deal.stage, deal.pipeline)
        owner, note = self._owners.of(deal.assign_to)
        properties = {
            "dealname": deal.name,
            "dealstage": stage.id,
            "pipeline": stage.pipeline,
            "closedate": self._deals.due(deal.close),
            "hubspot_owner_id": owner,
        }
        optional = {"amount": _amount(deal.amount), "dealtype": deal.type, "description": deal.notes}
        given = {name: value for name, value in optional.items() if value}
        return self._deals.draft(piece, self._deals.more(deal.properties) | properties | given, note)


def stage_of(known: Mapping[str, Stage], asked: str, pipeline: str | None) -> Stage:
    """The one stage that is meant. Refused where it is none, or one of several."""
    of = [one for one in known.values() if pipeline is None or _is(pipeline, one.pipeline, one.pipeline_label)]
    if not of:
        raise Refused(_no("deal pipeline", str(pipeline), {one.pipeline_label for one in known.values()}))
    found = [one for one in of if _is(asked, one.id, one.label)]
    if not found:
        raise Refused(_no("stage of deals", asked, {one.label for one in of}))
    if len(found) > 1:
        named = " and ".join(f"`{one.pipeline_label}`" for one in found)
        raise Refused(f"{SYSTEM}: a stage `{asked}` is in {named}; write which under `pipeline:`")
    return found[0]


def _is(asked: str, number: str, label: str) -> bool:
    return asked == number or asked.strip().casefold() == label.strip().casefold()


def _no(what: str, asked: str, known: set[str]) -> str:
    near = did_you_mean(asked, known)
    hint = f"did you mean `{near}`?" if near else f"there is {', '.join(sorted(known))}"
    return f"{SYSTEM} has no {what} `{asked}`; {hint}"


def _amount(value: Any) -> str | None:
    if value is None or value == "":
        return None
    found = values.number(value)
    if found is None:
        raise Refused(f"the amount `{value}` is not a number; write it like `12000`, or name `{{{{ worth }}}}` alone")
    return values.digits(found)
