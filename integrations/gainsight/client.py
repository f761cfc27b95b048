"""Calls Gainsight's APIs: companies and users by queries, CTAs of the Cockpit, activities of the Timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.gainsight.meanings import MEANINGS, NoData, taken_apart, told
from integrations.gainsight.outcomes import outcome
from integrations.gainsight.settings import LIMITS, RETRY, TIMEOUT, Settings
from integrations.kit.breaks import Broke
from integrations.kit.budgets import Budget
from integrations.kit.http import Api
from integrations.kit.pages import every_page
from integrations.kit.shapes import reading
from integrations.kit.world import World

PAGE = 5000  # records, the most that a query gives
CTAS = 1000  # the most that a list of CTAs gives
_CTA = "/v2/cockpit/cta"

Record = dict[str, Any]


class Client:
    """The calls that are made of one tenant."""

    def __init__(self, settings: Settings, world: World) -> None:
        limits = (replace(LIMITS[0], calls=settings.calls_per_minute), *LIMITS[1:])
        self.settings, self.app = settings, settings.api
        self.retry = world.retries(RETRY)
        self._http = Api(
            settings.api,
            MEANINGS,
            RETRY,
            world,
            told=told,
            turn=Budget("Gainsight", *limits, clock=world.clock, allowance=world.allowance, place=settings.api),
            headers={"AccessKey": settings.access_key.get_secret_value()},
            timeout=TIMEOUT,
        )
        self._described: dict[str, dict[str, Record]] = {}

    def link(self, page: str, thing: str) -> str:
        return f"{self.app}/v1/ui/{page}={thing}"

    # --- what is there ---

    def companies(self, fields: Sequence[str]) -> Iterator[Record]:
        """Every company, ordered by Gsid and asked for from the last one on: no row hides behind one that moved.

        A page that is short is no end. An empty one is, once it has been empty twice.
        """

        def following(page: list[Record]) -> str | None:
            return max(str(row["Gsid"]) for row in page) if page else None

        def ask(last: str | None) -> list[Record]:
            return self._company_page(fields, last) or self._company_page(fields, last)

        for page in every_page(ask, following, MEANINGS):
            yield from page

    def user(self, email: str) -> Record | None:
        """The active user with this e-mail address."""
        where = _where(("Email", "EQ", email))
        rows = self._query("GsUser", {"select": ["Gsid", "Email", "IsActiveUser"], "where": where, "limit": 10})
        return next((row for row in rows if row.get("IsActiveUser") is not False), None)

    def activity(self, key: str) -> str | None:
        """The id of the Timeline activity that carries this key."""
        where = _where(("ExternalId", "EQ", key))
        rows = self._query("activity_timeline", {"select": ["Gsid", "ExternalId"], "where": where, "limit": 10})
        return next((str(row["Gsid"]) for row in rows if row.get("ExternalId") == key), None)

    def fields(self, thing: str) -> dict[str, Record]:
        """The fields of an object as Data Management has them, by name; asked once."""
        if thing not in self._described:
            body = {"objectNames": [thing], "includeChilds": "true", "childLevels": "0"}
            said = self._ask("/v1/meta/services/objects/describe", "reading the fields", {**body, **_OPTIONS})
            with reading("Gainsight"):
                self._described[thing] = {field["fieldName"]: field for field in said["data"][0]["fields"]}
        return self._described[thing]

    def words(self, category: str) -> list[str]:
        """The active names of a picklist of the Cockpit: CTA_TYPE, CTA_STATUS."""
        params = {"category": category, "et": "COMPANY"}
        what = "reading the CTA configuration"
        said = _good(self._http.get("/v2/cockpit/admin/picklist/lite", what, params), what, wrote=False)
        with reading("Gainsight"):
            return [one["name"] for one in said["data"][category] if one.get("active", True)]

    def ctas_of(self, select: Sequence[str], *conditions: tuple[str, str, Any]) -> list[Record]:
        """The few CTAs that fit, of one company or by one id: a page that is not full is the last."""
        return list(self._pass(select, conditions, few=True).values())

    def ctas(self, select: Sequence[str], *conditions: tuple[str, str, Any]) -> list[Record]:
        """All CTAs that fit, each once. No order is documented, so that one may move between two pages while they are
        read: all pages are read twice, and what came in either is there."""
        found: dict[str, Record] = {}
        for _ in range(2):
            found |= self._pass(select, conditions, few=False)
        return list(found.values())

    # --- what is changed ---

    def create_cta(self, record: Mapping[str, Any]) -> str:
        """The id of the new CTA. The same call twice makes two: it is never repeated by itself."""
        what = "making a CTA"
        said = self._http.post(_CTA, what, {"requests": [{"record": {"referenceId": "1", **record}}]})
        return outcome(_good(said, what), "1", what)

    def update_cta(self, gsid: str, record: Mapping[str, Any]) -> str:
        what = "changing a CTA"
        body = {"requests": [{"record": {"referenceId": "1", "Gsid": gsid, **record}}]}
        return outcome(_good(self._http.put(_CTA, what, body, again=False), what), "1", what)

    def add_activity(self, record: Mapping[str, Any], lookups: Mapping[str, Any]) -> str:
        """The id of the new activity. Gainsight takes no ExternalId twice, so the call may be repeated."""
        what, key = "adding a Timeline activity", record["ExternalId"]
        said = self._http.post("/v1/ant/es/activity", what, {"records": [record], "lookups": lookups}, again=True)
        return outcome(_good(said, what), key, what)

    def update_companies(self, records: Sequence[Mapping[str, Any]]) -> Record:
        """What was set, as Gainsight says. One call, and no try of its own: the kit's batches repeat it."""
        what = "setting fields of companies"
        how: dict[str, Any] = {"params": {"keys": "Gsid"}, "again": False}
        return _good(self._http.put("/v1/data/objects/Company", what, {"records": list(records)}, **how), what)

    # --- parts ---

    def _company_page(self, fields: Sequence[str], last: str | None) -> list[Record]:
        body: Record = {"select": list(fields), "orderBy": {"Gsid": "asc"}, "limit": PAGE, "offset": 0}
        if last is not None:
            body["where"] = _where(("Gsid", "GT", last))
        return self._query("Company", body)

    def _query(self, thing: str, body: Mapping[str, Any]) -> list[Record]:
        """The rows. That there are none is said in three ways."""
        try:
            data = self._ask(f"/v1/data/objects/query/{thing}", f"reading {_READ[thing]}", body)["data"]
        except NoData:
            return []
        with reading("Gainsight"):
            return list(data["records"] if isinstance(data, dict) else data)

    def _pass(
        self, select: Sequence[str], conditions: Sequence[tuple[str, str, Any]], *, few: bool
    ) -> dict[str, Record]:
        found: dict[str, Record] = {}
        number, body = 1, {"select": list(select), "where": _where(*conditions, name="fieldName"), "pageSize": CTAS}
        while page := self._cta_page(body, number) or ([] if few else self._cta_page(body, number)):
            with reading("Gainsight"):
                new = {str(row["Gsid"]): row for row in page}
            if new.keys() <= found.keys():
                raise MEANINGS.of(Broke.SAME_PAGE)
            found |= new
            if few and len(page) < CTAS:
                break
            number += 1
        return found

    def _cta_page(self, body: Mapping[str, Any], number: int) -> list[Record]:
        try:
            said = self._ask(f"{_CTA}/list", "reading CTAs", {**body, "pageNumber": number})["data"]
        except NoData:
            return []
        with reading("Gainsight"):
            return list(said or [])

    def _ask(self, path: str, what: str, body: Mapping[str, Any]) -> Record:
        return _good(self._http.post(path, what, body, wrote=False), what, wrote=False)


_READ = {"Company": "companies", "GsUser": "users", "activity_timeline": "the Timeline"}
_OPTIONS = {"populatePickListOptions": "true", "host": "MDA", "removeDeleted": "true"}


def _where(*conditions: tuple[str, str, Any], name: str = "name") -> Record:
    """All of them. `name`: what the API calls a field here."""
    letters = "ABCDEFGH"[: len(conditions)]
    rows = [
        {name: field, "alias": letter, "value": [value], "operator": operator}
        for letter, (field, operator, value) in zip(letters, conditions, strict=True)
    ]
    return {"conditions": rows, "expression": " AND ".join(letters)}


def _good(said: Record, what: str, *, wrote: bool = True) -> Record:
    """A reply that says yes; a 200 with `result: false` is a no."""
    if said.get("result") is True:
        return said
    if said.get("result") is not False:
        raise MEANINGS.of(Broke.ODD, what, wrote=wrote)
    raise MEANINGS.read(taken_apart(said), what, wrote=wrote)
