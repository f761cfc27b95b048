"""A stand-in of Gainsight CS: companies and users by queries, CTAs, Timelines; shapes after support.gainsight.com.

That nothing was found is said in three ways, one after the other; a list of CTAs comes in no order; a no may be a 200.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.gainsight import timeline
from sandbox.gainsight.answers import ANSWERS, TOO_MANY, envelope
from sandbox.gainsight.cockpit import Cockpit
from sandbox.gainsight.companies import Companies
from sandbox.gainsight.inbox import activity_item, cta_item, key_of
from sandbox.gainsight.refusals import Problem
from sandbox.gainsight.sample import part as sample_part
from sandbox.kit.guard import Call, Said, guarded
from sandbox.kit.inbox import anchor
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.sample import Account

Doc = dict[str, Any]


class Gainsight(StandIn):
    """`per_minute`, `key` and `may` (objects that the key may read) are changed by tests to see a 429, a 401, a 403."""

    name = "gainsight"
    title = "Gainsight"
    answers = ANSWERS
    credentials: ClassVar = {"GAINSIGHT_ACCESS_KEY": "b7c1f0aa-5d5e-4c0e-9a55-57a4d1457a4d"}
    more_settings: ClassVar = {
        "GAINSIGHT_DOMAIN": "tessera.gainsightcloud.com",
        "GAINSIGHT_FALLBACK_OWNER": "revops@acme.example",
        "GAINSIGHT_CTA_KEY_FIELD": "expansion_key__gc",
    }
    colour = "#0f766e"

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.key = self.credentials["GAINSIGHT_ACCESS_KEY"]
        self.may = {"Company", "GsUser", "activity_timeline", "cta"}
        self.per_minute = 100
        self._now, self._minute = now, Window(60, now, by_clock=True)
        self.companies, self.cockpit = Companies(state), Cockpit(state, self._stamp)

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part(customers, as_of)

    def load(self, sample: Doc) -> None:
        for collection in ("users", "companies", "ctas"):
            for one in sample.get("gainsight", {}).get(collection, []):
                if self.state.get(f"gainsight.{collection}", one["Gsid"]) is None:
                    self.state.put(f"gainsight.{collection}", one["Gsid"], one)

    def routes(self) -> list[BaseRoute]:
        table = [
            ("POST", "/v1/data/objects/query/{thing}", self._answer(self._query)),
            ("PUT", "/v1/data/objects/Company", self._answer(self._update)),
            ("POST", "/v1/meta/services/objects/describe", self._answer(self._describe)),
            ("GET", "/v2/cockpit/admin/picklist/lite", self._answer(self._picklists)),
            ("POST", "/v2/cockpit/cta", self._answer(lambda _, body: self.cockpit.create(body))),
            ("PUT", "/v2/cockpit/cta", self._answer(lambda _, body: self.cockpit.update(body))),
            ("POST", "/v2/cockpit/cta/list", self._answer(self._ctas)),
            ("POST", "/v1/ant/es/activity", self._answer(lambda _, body: timeline.add(self.state, body))),
        ]
        pages = [Route(f"/v1/ui/{page}", self._open) for page in ("cockpit", "timeline", "customersuccess360")]
        return [*guarded(table, self._admit), *pages]

    def inbox(self) -> list[InboxItem]:
        made = [cta_item(self.state, cta) for cta in self.cockpit.all() if cta.get("CreatedDate")]
        return [*made, *(activity_item(self.state, one) for one in self.state.all("gainsight.activities"))]

    # --- every request ---

    def _admit(self, request: Request) -> None:
        if request.headers.get("accesskey") != self.key:
            raise Said(JSONResponse(ANSWERS.no_access.body, 401))
        if self._minute.wait(self.per_minute) is not None:
            raise Said(JSONResponse(TOO_MANY, 429))
        self._minute.count()

    def _answer(self, run: Callable[[Request, Doc], Any]) -> Call:
        async def answer(request: Request) -> Response:
            found = run(request, {} if request.method == "GET" else await _body(request))
            return found if isinstance(found, Response) else JSONResponse(envelope(found))

        return answer

    def _must_may(self, thing: str) -> None:
        if thing not in self.may:
            raise Problem(403, "GSOBJ_1024", f"No permission on object {thing}")

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # --- objects ---

    def _query(self, request: Request, body: Doc) -> Any:
        thing = request.path_params["thing"]
        self._must_may(thing)
        rows = self.companies.query(thing, body)
        return {"records": rows} if rows else self._nothing()

    def _nothing(self) -> Response:
        """The three ways, one after the other."""
        ways = (
            JSONResponse(envelope({"records": []})),
            JSONResponse(envelope(None, "GSOBJ_1XXX", "No data found for given criteria")),
            JSONResponse(envelope(None, "GSOBJ_1011", "No data"), 400),
        )
        return ways[self.state.next_id("gainsight.nothing") % 3]

    def _update(self, request: Request, body: Doc) -> Any:
        self._must_may("Company")
        return self.companies.update(request.query_params.get("keys", ""), body.get("records") or [])

    def _describe(self, request: Request, body: Doc) -> Any:
        self._must_may("Company")
        if body.get("objectNames") != ["company"]:
            raise Problem(400, "OBJECT_NOT_FOUND", "Requested object not found")
        return [{"objectName": "company", "label": "Company", "fields": self.companies.described()}]

    # --- the Cockpit ---

    def _ctas(self, request: Request, body: Doc) -> Any:
        self._must_may("cta")
        return self.cockpit.list(body)

    def _picklists(self, request: Request, _: Doc) -> Any:
        self._must_may("cta")
        wanted = request.query_params.get("category", "").split(",")
        if request.query_params.get("et") != "COMPANY" or not set(wanted) <= self.cockpit.picklists.keys():
            raise Problem(400, "COCKPIT_5104", "Invalid category")
        return {
            category: [{"name": name, "active": True} for name in self.cockpit.picklists[category]]
            for category in wanted
        }

    async def _open(self, request: Request) -> Response:
        """Where links lead: the inbox shows it."""
        cta = self.state.get("gainsight.ctas", request.query_params.get("ctaId", "")) or {}
        return RedirectResponse(f"/inbox#{anchor('gainsight', key_of(cta))}")


async def _body(request: Request) -> Doc:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "GSOBJ_1001", "The body is no JSON object")
    return body
