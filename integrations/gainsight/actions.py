"""What is done in Gainsight: CTAs for the owner of a company, entries in its Timeline, fields on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from expansion.contract import Done, Failure, Made, Piece, Reply, Standing
from expansion.text.shorten import shorten
from integrations.gainsight.client import Client
from integrations.gainsight.ctas import CtaDraft, Ctas
from integrations.gainsight.inputs import AddTimelineActivity, CreateCta, UpdateCompany
from integrations.gainsight.meanings import MEANINGS, Taken, taken_apart
from integrations.gainsight.owners import Owners, company_of
from integrations.gainsight.states import CtaStates
from integrations.gainsight.values import written
from integrations.kit.fields import Change, SetsFields
from integrations.kit.keyed import Draft, Keyed, MakesOnce
from integrations.kit.meanings import Told
from integrations.kit.shapes import reading, reads
from integrations.kit.tasks import standings

TOGETHER = 20  # not the vendor's number: how many pieces a task reports on together


@reads("Gainsight")
class CreateCtaAction(MakesOnce[CtaDraft]):
    name = "gainsight.create_cta"
    title = "Create a CTA in Gainsight, or join an open one"
    input_model = CreateCta
    batch = TOGETHER
    offers = frozenset({"close", "annotate", "sla"})
    followed_by = "gainsight.change_cta"
    restore = "make it again by hand, or tell its owner; Gainsight lists what was deleted for 15 days"
    note = "An open CTA of the company with the same type and reason is joined, unless `if_open` says `create`."

    def __init__(self, ctas: Ctas, owners: Owners, states: CtaStates) -> None:
        super().__init__(ctas)
        self._ctas, self._owners, self._states = ctas, owners, states

    def look(self, made: Sequence[Made]) -> list[Standing | Failure]:
        return standings(self._states.read, made)

    def draft(self, piece: Piece) -> CtaDraft:
        cta = cast(CreateCta, piece.input)
        company_of(piece)  # refused before anything is asked
        owner, note = self._owners.of(cta.assign_to)
        record = {
            "Name": cta.name,
            "OwnerId": owner,
            "DueDate": cta.due,
            "type": cta.type,
            "reason": cta.reason,
            "priority": cta.priority,
            "status": cta.status,
            "Comments": cta.comments.replace("\n", "<br>"),
            **({"playbook": cta.playbook} if cta.playbook else {}),
        }
        return self._ctas.draft(piece, record, note, joins=cta.if_open == "join")


class Activities(Keyed[Draft]):
    """Entries of Timelines by their ExternalId, which is our key: Gainsight takes none twice."""

    taken = Taken

    def __init__(self, client: Client) -> None:
        self._client = client

    def existing(self, pieces: Sequence[Piece]) -> dict[str, str]:
        there = ((piece.key, self._client.activity(piece.key)) for piece in pieces)
        return {key: thing for key, thing in there if thing}

    def make(self, draft: Draft) -> str:
        return self._client.add_activity({**draft.record, "ExternalId": draft.piece.key}, LOOKUPS)

    def link(self, thing: str) -> str:
        return self._client.app + f"/v1/ui/timeline#/activities/{thing}"


def _lookup(given: str, field: str, thing: str) -> dict[str, Any]:
    """What stands in `given` is looked up as `field` of an object. Both fields here are of one record only, so that the
    first match is the only one; by a company's name it would be any of those that share it."""
    how = {"lookupField": "Gsid", "multiMatchOption": "FIRSTMATCH", "onNoMatch": "ERROR"}
    return {"fields": {given: field}, "objectName": thing, **how}


LOOKUPS = {
    "AuthorId": _lookup("Author", "Email", "GsUser"),
    "GsCompanyId": _lookup("companyGsid", "Gsid", "Company"),
}


@reads("Gainsight")
class AddTimelineActivityAction(MakesOnce[Draft]):
    name = "gainsight.add_timeline_activity"
    title = "Add an entry to the company's Timeline in Gainsight"
    input_model = AddTimelineActivity
    batch = TOGETHER
    repeatable = True

    def __init__(self, activities: Activities, owners: Owners) -> None:
        super().__init__(activities)
        self._owners = owners

    def draft(self, piece: Piece) -> Draft:
        entry, company = cast(AddTimelineActivity, piece.input), company_of(piece)
        author, note = self._owners.author(entry.author)
        record = {
            "ContextName": "Company",
            "TypeName": entry.type,
            "companyGsid": company,
            "Author": author,
            "Subject": shorten(entry.subject, 250),
            "Notes": entry.notes.replace("\n", "<br>"),
            "ActivityDate": piece.fired_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return Draft(piece, record, note)


@reads("Gainsight")
class UpdateCompanyAction(SetsFields):
    name = "gainsight.update_company"
    title = "Set fields of the company in Gainsight"
    input_model = UpdateCompany
    batch = 50

    def __init__(self, client: Client) -> None:
        self.retry, self._client = client.retry, client

    def learn(self) -> None:
        self._client.fields("company")

    def record(self, piece: Piece) -> str:
        return company_of(piece)

    def written(self, piece: Piece) -> dict[str, Any]:
        return written(self._client.fields("company"), cast(UpdateCompany, piece.input).fields)

    def write(self, changes: Sequence[Change]) -> list[Reply]:
        said = self._client.update_companies([{"Gsid": change.record, **change.fields} for change in changes])
        with reading("Gainsight", wrote=True):
            done = {str(row["Gsid"]) for row in said["data"]["records"] or []}
        why = taken_apart(said)
        gone = MEANINGS.read(why if why.message else Told(code="(no company)"), "setting fields of a company")
        return [
            Done(change.record, self._client.link("customersuccess360?cid", change.record))
            if change.record in done
            else gone
            for change in changes
        ]
