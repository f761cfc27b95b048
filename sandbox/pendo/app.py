"""A stand-in of Pendo's API: metadata of accounts, visitors, uploaded segments, and the aggregations that read them.

As there, a refusal has no body, ids that nobody knows come back as `missing` with a 200, a field that does not take a
value only counts as failed, and no call shows a guide to anybody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.kit.guard import Call, Said, guarded
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.kit.window import Window
from sandbox.pendo.answers import ANSWERS
from sandbox.pendo.inbox import item
from sandbox.pendo.pipeline import Unknown, results
from sandbox.pendo.sample import part as sample_part
from sandbox.sample import Account

Doc = dict[str, Any]

_KEYS = {"accounts": "accountId", "visitors": "visitorId", "segments": "id", "guides": "name"}
_TAKES: dict[str, tuple[type, ...]] = {"string": (str,), "boolean": (bool,), "integer": (int,), "float": (int, float)}


class Pendo(StandIn):
    """`per_second` is what connectors assume, for Pendo names none; `key` and `writes` are changed to see a 403."""

    name = "pendo"
    title = "Pendo"
    answers = ANSWERS
    credentials: ClassVar = {"PENDO_INTEGRATION_KEY": "00000000-0000-4000-8000-00000000000b.us"}
    colour = "#de2864"
    groups_people = True

    def __init__(self, state: State, now: Callable[[], float] = time.time) -> None:
        super().__init__(state)
        self.key = self.credentials["PENDO_INTEGRATION_KEY"]
        self.writes = True
        self.per_second = 100
        self._now = now
        self._window = Window(1, now)

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> Doc:
        return sample_part(customers, as_of)

    def load(self, sample: Doc) -> None:
        part = sample.get("pendo", {})
        for field in part.get("fields", []):
            self.state.put("pendo.fields", f"{field['group']}.{field['name']}", field)
        for kind, key in _KEYS.items():
            for one in part.get(kind, []):
                if self.state.get(f"pendo.{kind}", one[key]) is None:
                    self.state.put(f"pendo.{kind}", one[key], one)

    def routes(self) -> list[BaseRoute]:
        table: list[tuple[str, str, Callable[[Request, Any], Any]]] = [
            ("GET", "/api/v1/token/verify", lambda *_: {"valid": True, "writeAccess": self.writes}),
            ("GET", "/api/v1/metadata/schema/account", self._schema),
            ("POST", "/api/v1/metadata/account/custom/value", self._set),
            ("POST", "/api/v1/aggregation", self._aggregation),
            ("GET", "/api/v1/account/{id}", lambda r, _: self._one("accounts", r)),
            ("GET", "/api/v1/visitor/{id}", lambda r, _: self._one("visitors", r)),
            ("GET", "/api/v1/segment", lambda *_: [_shown(one) for one in self.state.all("pendo.segments")]),
            ("PATCH", "/api/v1/segment/{id}/visitor", self._patch),
        ]
        return guarded([(method, path, self._answer(run)) for method, path, run in table], self._admit)

    def inbox(self) -> list[InboxItem]:
        return [item(self.state, entry) for entry in self.state.all("pendo.made_eligible")]

    # --- every request ------------------------------------------------------------------------------------------------

    def _answer(self, run: Callable[[Request, Any], Any]) -> Call:
        async def answer(request: Request) -> Response:
            found = run(request, await _body(request))
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    def _admit(self, request: Request) -> None:
        changes = request.method == "PATCH" or request.url.path.endswith("/value")
        if request.headers.get("x-pendo-integration-key") != self.key or (changes and not self.writes):
            raise _no(403)
        if self._window.wait(self.per_second) is not None:
            raise _no(429)
        self._window.count()

    # --- accounts -----------------------------------------------------------------------------------------------------

    def _schema(self, request: Request, _: Any) -> Doc:
        found: dict[str, Doc] = {"auto": {}, "agent": {}, "custom": {}}
        for field in self.state.all("pendo.fields"):
            found.setdefault(field["group"], {})[field["name"]] = {"Type": field["type"]}
        return found

    def _set(self, request: Request, body: Any) -> Doc:
        if not isinstance(body, list):
            raise _no(400)
        missing = [one["accountId"] for one in body if self.state.get("pendo.accounts", one["accountId"]) is None]
        failed = [one for one in body if one["accountId"] not in missing and not self._fits(one["values"])]
        updated = [one for one in body if one["accountId"] not in missing and one not in failed]
        for one in updated:
            self._update(one["accountId"], one["values"])
        said = {"total": len(body), "updated": len(updated), "failed": len(missing) + len(failed)}
        return said | ({"missing": missing} if missing else {})

    def _fits(self, values: Doc) -> bool:
        fields = {name: self.state.get("pendo.fields", f"custom.{name}") for name in values}
        return all(field and isinstance(values[name], _TAKES[field["type"]]) for name, field in fields.items())

    def _update(self, account: str, values: Doc) -> None:
        known = self.state.get("pendo.accounts", account) or {}
        metadata = known["metadata"]
        custom = metadata.get("custom") or {}
        self.state.put("pendo.accounts", account, {**known, "metadata": {**metadata, "custom": custom | values}})
        for name, value in values.items():
            if custom.get(name) != value:
                self._changed("metadata", account, name, value)

    def _one(self, kind: str, request: Request) -> Doc:
        known = self.state.get(f"pendo.{kind}", request.path_params["id"])
        if known is None:
            raise _no(404)
        return {"id": request.path_params["id"], "metadata": known.get("metadata", {})}

    def _aggregation(self, request: Request, body: Any) -> Doc:
        try:
            return {"results": results(self.state, body["request"]["pipeline"])}
        except (Unknown, LookupError, TypeError, ValueError) as error:
            raise _no(400) from error

    # --- segments -----------------------------------------------------------------------------------------------------

    def _patch(self, request: Request, body: Any) -> Response:
        segment = self.state.get("pendo.segments", request.path_params["id"])
        if segment is None:
            raise _no(404)
        members = list(segment.get("visitors", []))
        for one in body["patch"]:
            if one["op"] not in ("add", "remove") or one["path"] != "/visitors" or not isinstance(one["value"], list):
                raise _no(400)
            self._members(segment["name"], members, one["op"] == "add", one["value"])
        self.state.put("pendo.segments", segment["id"], {**segment, "visitors": members})
        return Response(status_code=200)

    def _members(self, segment: str, members: list[str], add: bool, ids: list[str]) -> None:
        """Ids that nobody knows, too."""
        for one in ids:
            if (one in members) == add:
                continue
            (members.append if add else members.remove)(one)
            self._changed("segment", one, segment, None if add else "")

    def _changed(self, by: str, id_: str, name: str, value: Any) -> None:
        """Count it; and keep it for the inbox, unless it only clears."""
        key = f"{id_}|{name}" if by == "segment" else f"{id_}|{name}={value}"
        clears = value == ""
        self.state.applied("pendo", f"{by} cleared" if clears else by, key.removesuffix("="))
        if not clears:
            entry = {"by": by, "id": id_, "name": name, "value": value, "key": key, "at": self._now()}
            self.state.put("pendo.made_eligible", f"{by}|{key}", entry)


def _no(status: int) -> Said:
    return Said(Response(status_code=status))


def _shown(segment: Doc) -> Doc:
    """Without its visitors."""
    return {"id": segment["id"], "name": segment["name"]}


async def _body(request: Request) -> Any:
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise _no(400) from error
