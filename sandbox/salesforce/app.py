"""Salesforce's REST API as far as the integration uses it: sign-in, SOQL, describe, collections, limits.

Shapes after developer.salesforce.com (api-rest) and recorded exchanges. It is never kinder than Salesforce: sessions
expire, long text cannot be filtered by, an aggregate does not page, records fail one by one inside a 200.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route

from sandbox.kit.guard import Row, Said, guarded
from sandbox.kit.pages import page
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State
from sandbox.salesforce.answers import ANSWERS
from sandbox.salesforce.fields import PREFIX
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusals import RecordError, SoqlError, error_reply, not_found, oauth_error
from sandbox.salesforce.replies import (
    MOST_RECORDS,
    body_of,
    credentials,
    failed,
    is_part,
    is_served,
    loaded,
    plain_number,
    record_page,
    records_of,
)
from sandbox.salesforce.sample import part as sample_part
from sandbox.salesforce.soql import Record
from sandbox.salesforce.soql_run import Runner
from sandbox.salesforce.values import readable
from sandbox.sample import Account

CLIENT_ID, CLIENT_SECRET = "stand-in-client", "stand-in-secret"
LONGEST_URI = 16_384  # bytes; beyond it Salesforce answers 414
_LOADED = {
    "users": "User",
    "accounts": "Account",
    "opportunities": "Opportunity",
    "cases": "Case",
    "contacts": "Contact",
    "leads": "Lead",
    "campaigns": "Campaign",
    "statuses": "CampaignMemberStatus",
}
MOST_CHUNKS, MOST_SUBREQUESTS = 10, 25


class Salesforce(StandIn):
    """`page_size` and the attributes below may be set by a test."""

    name = "salesforce"
    title = "Salesforce"
    answers = ANSWERS
    credentials: ClassVar = {
        "SALESFORCE_DOMAIN": "standin.my",
        "SALESFORCE_CLIENT_ID": CLIENT_ID,
        "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
    }
    more_settings: ClassVar = {"SALESFORCE_FALLBACK_OWNER": "revops@acme.example"}
    colour = "#0b7fc7"

    def __init__(self, state: State, page_size: int = 2000, api_limit: int = 100_000) -> None:
        super().__init__(state)
        self.org = Org(state)
        self._runner = Runner(self.org)
        self.page_size, self.api_limit = page_size, api_limit
        self.calls = 0
        self.sessions: set[str] = set()
        self.locked_out = False  # sign-in works, yet no session is ever taken
        self._cursors: dict[str, list[Record]] = {}

    def expire_sessions(self) -> None:
        self.sessions.clear()

    @classmethod
    def sample(cls, customers: Sequence[Account], as_of: datetime, chance: Random) -> dict[str, Any]:
        return sample_part(customers, as_of, chance)

    def load(self, sample: dict[str, Any]) -> None:
        part = sample.get("salesforce", {})
        for sobject, types in part.get("types", {}).items():
            self.org.learn_types(sobject, types)
        for plural, sobject in _LOADED.items():
            records = part.get(plural, [])
            self.org.learn_fields(sobject, records)
            self.org.learn_currencies(records, part.get("rates", {}))
            for record in records:
                if self.org.get(sobject, record["Id"]) is None:
                    self.org.put(sobject, loaded(sobject, record))

    def routes(self) -> list[BaseRoute]:
        data = "/services/data/v{version}"
        table: list[Row] = [
            ("GET", f"{data}/query", self._query),
            ("GET", f"{data}/query/", self._query),
            ("GET", f"{data}/queryAll/", self._query_all),
            ("GET", f"{data}/queryAll", self._query_all),
            ("GET", f"{data}/query/{{cursor}}", self._more),
            ("GET", f"{data}/limits", self._limits),
            ("GET", f"{data}/limits/", self._limits),
            ("GET", f"{data}/sobjects/{{sobject}}/describe", self._describe),
            ("POST", f"{data}/sobjects/{{sobject}}", self._create_one),
            ("POST", f"{data}/sobjects/{{sobject}}/", self._create_one),
            ("GET", f"{data}/sobjects/{{sobject}}/{{id}}", self._get_one),
            ("PATCH", f"{data}/sobjects/{{sobject}}/{{id}}", self._update_one),
            ("GET", f"{data}/sobjects/{{sobject}}/{{field}}/{{value}}", self._get_by_key),
            ("PATCH", f"{data}/sobjects/{{sobject}}/{{field}}/{{value}}", self._upsert_one),
            ("POST", f"{data}/composite/sobjects", self._create_many),
            ("PATCH", f"{data}/composite/sobjects", self._update_many),
            ("DELETE", f"{data}/composite/sobjects", self._delete_many),
            ("PATCH", f"{data}/composite/sobjects/{{sobject}}/{{field}}", self._upsert_many),
        ]
        self._reads = [(Route(path, call), call) for method, path, call in table if method == "GET"]
        table.append(("POST", f"{data}/composite", self._composite))
        return [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            Route("/lightning/r/{sobject}/{id}/view", self._page),
            *guarded(table, self._admit, self._sign),
        ]

    # --- signing in, limits ---

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if form.get("grant_type") != ["client_credentials"]:
            return oauth_error("unsupported_grant_type", "grant type not supported")
        client, secret = credentials(request.headers.get("authorization", ""), form)
        if client != self.credentials["SALESFORCE_CLIENT_ID"]:
            return oauth_error("invalid_client_id", "client identifier invalid")
        if secret != self.credentials["SALESFORCE_CLIENT_SECRET"]:
            return oauth_error("invalid_client", "invalid client credentials")
        token = f"00Dstandin!{self.state.next_id('salesforce.session')}"
        self.sessions.add(token)
        instance = str(request.url).partition("/services/oauth2/")[0]
        return JSONResponse({"access_token": token, "instance_url": instance, "token_type": "Bearer"})

    def _admit(self, request: Request) -> None:
        if len(str(request.url)) > LONGEST_URI:
            raise Said(PlainTextResponse("URI Too Long", 414))
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.sessions or self.locked_out:
            raise Said(error_reply(401, "INVALID_SESSION_ID", "Session expired or invalid"))
        if self.calls >= self.api_limit:
            raise Said(error_reply(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
        self.calls += 1
        if not is_served(request.path_params["version"]):
            raise Said(not_found())

    def _sign(self, request: Request, reply: Response) -> None:
        reply.headers["Sforce-Limit-Info"] = f"api-usage={self.calls}/{self.api_limit}"

    async def _limits(self, request: Request) -> Response:
        left = self.api_limit - self.calls
        return JSONResponse({"DailyApiRequests": {"Max": self.api_limit, "Remaining": left}})

    async def _composite(self, request: Request) -> Response:
        """Several requests as one call of the limit. Only reads, and no reference from one to another."""
        asked = (await body_of(request)).get("compositeRequest")
        if not isinstance(asked, list) or not 0 < len(asked) <= MOST_SUBREQUESTS or not all(map(is_part, asked)):
            return error_reply(400, "INVALID_INPUT", f"compositeRequest takes 1 to {MOST_SUBREQUESTS} subrequests")
        parts = [(one["referenceId"], await self._read(request, one)) for one in asked]
        answers = [
            {
                "body": json.loads(bytes(answer.body)),
                "httpHeaders": {},
                "httpStatusCode": answer.status_code,
                "referenceId": name,
            }
            for name, answer in parts
        ]
        return JSONResponse({"compositeResponse": answers})

    async def _read(self, request: Request, one: Record) -> Response:
        path, _, query = str(one.get("url")).partition("?")
        inner = {**request.scope, "method": one.get("method"), "path": path, "root_path": "", "query_string": b""}
        for route, call in self._reads:
            match, found = route.matches(inner)
            if match is Match.FULL:
                try:
                    return await call(Request({**inner, **found, "query_string": query.encode()}))
                except SoqlError as error:
                    return error.reply(request)
        return error_reply(400, "INVALID_INPUT", f"{one.get('method')} {path} cannot be part of a composite request")

    # --- reading ---

    async def _query(self, request: Request) -> Response:
        return self._queried(request, deleted=False)

    async def _query_all(self, request: Request) -> Response:
        """With what lies in the recycle bin. Further pages are asked for like those of a query."""
        return self._queried(request, deleted=True)

    def _queried(self, request: Request, *, deleted: bool) -> Response:
        if not (asked := request.query_params.get("q")):
            raise SoqlError("MALFORMED_QUERY", "A query string has to be specified")
        found = self._runner.run(asked, request.path_params["version"], deleted=deleted)
        if found.count is not None:
            return JSONResponse({"totalSize": found.count, "done": True, "records": []})
        rows = found.rows
        if found.aggregate and len(rows) > self.page_size:
            text = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            return error_reply(400, "EXCEEDED_ID_LIMIT", text)
        cursor = f"01g{self.state.next_id('salesforce.cursor'):012d}AAA"
        self._cursors[cursor] = rows
        return self._part(request, cursor, 0)

    async def _more(self, request: Request) -> Response:
        cursor, _, start = request.path_params["cursor"].partition("-")
        if cursor not in self._cursors or not (start or "0").isdecimal():
            return error_reply(404, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._part(request, cursor, int(start or 0))

    def _part(self, request: Request, cursor: str, start: int) -> Response:
        rows = self._cursors[cursor]
        part = page(rows, start, self.page_size)
        body: Record = {"totalSize": len(rows), "done": part.next is None, "records": part.items}
        if part.next:
            body["nextRecordsUrl"] = f"/services/data/v{request.path_params['version']}/query/{cursor}-{part.next}"
        return JSONResponse(body)

    async def _describe(self, request: Request) -> Response:
        return JSONResponse(self.org.describe(request.path_params["sobject"]))

    def _sobject(self, request: Request) -> str:
        return self.org.spelt(request.path_params["sobject"])

    def _external(self, request: Request) -> tuple[str, str]:
        """The object and its field for our key, as Salesforce spells them; other fields are none of that kind."""
        sobject, asked = self._sobject(request), request.path_params["field"]
        field = self.org.key_fields.get(sobject)
        if not field or field.lower() != asked.lower() or field in self.org.hidden:
            text = f"Provided external ID field does not exist or is not accessible: {asked}"
            raise SoqlError("NOT_FOUND", text)
        return sobject, field

    async def _get_one(self, request: Request) -> Response:
        sobject = self._sobject(request)
        record = self.org.get(sobject, request.path_params["id"])
        return JSONResponse({"attributes": {"type": sobject}} | record) if record else not_found()

    async def _get_by_key(self, request: Request) -> Response:
        sobject, field = self._external(request)
        found = self.org.matching(sobject, field, request.path_params["value"])
        if len(found) > 1:
            return self._several(request, sobject, found)
        return JSONResponse({"attributes": {"type": sobject}} | found[0]) if found else not_found()

    # --- writing ---

    async def _create_one(self, request: Request) -> Response:
        return self._single(self._insert(self._sobject(request), await body_of(request)), 201)

    async def _update_one(self, request: Request) -> Response:
        sobject, record_id = self._sobject(request), request.path_params["id"]
        body = await body_of(request)
        if self._changed_since(sobject, record_id, request.headers.get("if-unmodified-since")):
            return Response(status_code=412)
        result = self._update(sobject, body | {"Id": record_id})
        return Response(status_code=204) if result["success"] else self._single(result, 200)

    def _changed_since(self, sobject: str, record_id: str, header: str | None) -> bool:
        """Whether the record has changed after the moment of `If-Unmodified-Since`, to the second."""
        record = self.org.get(sobject, record_id)
        if header is None or record is None:
            return False
        try:
            said = parsedate_to_datetime(header)
        except ValueError:
            return False  # RFC 9110: a header that holds no date is ignored
        return datetime.fromisoformat(record["LastModifiedDate"]) > said

    async def _upsert_one(self, request: Request) -> Response:
        (sobject, field), record = self._external(request), await body_of(request)
        if {field.lower(), "id"} & {name.lower() for name in record}:
            return error_reply(400, "INVALID_FIELD", "The external ID field may not be specified in the request body")
        found = self.org.matching(sobject, field, request.path_params["value"])
        if len(found) > 1:
            return self._several(request, sobject, found)
        result = self._upsert(sobject, field, record | {field: request.path_params["value"]})
        return self._single(result, 200 if found else 201)

    async def _create_many(self, request: Request) -> Response:
        body = await body_of(request)
        records = records_of(body)
        types = [self.org.spelt(r["attributes"]["type"]) for r in records]
        chunks = sum(1 for i, one in enumerate(types) if i == 0 or types[i - 1] != one)
        if chunks > MOST_CHUNKS:
            return error_reply(400, "LIMIT_EXCEEDED", f"more than {MOST_CHUNKS} chunks of types in one collection")
        cleaned = [readable(self.org.fields(t), t, r) for t, r in zip(types, records, strict=True)]
        return self._many(body, (partial(self._insert, t, r) for t, r in zip(types, cleaned, strict=True)))

    async def _update_many(self, request: Request) -> Response:
        body = await body_of(request)
        records = records_of(body)
        types = [self.org.spelt(r["attributes"]["type"]) for r in records]
        ids = [str(r.get("id") or r.get("Id")) for r in records]
        for sobject, record in zip(types, records, strict=True):
            readable(self.org.fields(sobject), sobject, record)
        twice = {i for i in ids if ids.count(i) > 1}
        error = RecordError("DUPLICATE_VALUE", "duplicate id in list", "Id")
        each = (
            partial(failed, error) if key in twice else partial(self._update, sobject, r | {"Id": key})
            for key, sobject, r in zip(ids, types, records, strict=True)
        )
        return self._many(body, each)

    async def _delete_many(self, request: Request) -> Response:
        """By ids in the address, of any objects."""
        ids = [one for one in request.query_params.get("ids", "").split(",") if one]
        if not 0 < len(ids) <= MOST_RECORDS:
            return error_reply(400, "INVALID_INPUT", f"ids takes 1 to {MOST_RECORDS} ids")
        body = {"allOrNone": request.query_params.get("allOrNone") == "true"}
        return self._many(body, (partial(self._delete, one) for one in ids))

    def _delete(self, record_id: str) -> Record:
        sobject = next((name for name, prefix in PREFIX.items() if record_id.startswith(prefix)), None)
        try:
            if sobject is None:
                raise RecordError("MALFORMED_ID", f"malformed id {record_id}")
            return {"id": self.org.delete(sobject, record_id), "success": True, "errors": []}
        except RecordError as error:
            return failed(error)

    async def _upsert_many(self, request: Request) -> Response:
        (sobject, field), body = self._external(request), await body_of(request)
        records = [readable(self.org.fields(sobject), sobject, record) for record in records_of(body)]
        keys = [r.get(field) for r in records]
        each = (
            partial(failed, RecordError("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", field))
            if keys.count(key) > 1
            else partial(self._upsert, sobject, field, record)
            for key, record in zip(keys, records, strict=True)
        )
        return self._many(body, each)

    def _many(self, body: Record, each: Iterable[Callable[[], Record]]) -> Response:
        """Record by record; with allOrNone one that is refused takes the others back."""
        if body.get("allOrNone") is not True:
            return JSONResponse([write() for write in each])
        with self.org.together() as results:
            results += [write() for write in each]
        return JSONResponse(results)

    def _insert(self, sobject: str, record: Record) -> Record:
        try:
            record_id = self.org.insert(sobject, readable(self.org.fields(sobject), sobject, record))
        except RecordError as error:
            return failed(error)
        return {"id": record_id, "success": True, "errors": []}

    def _update(self, sobject: str, record: Record) -> Record:
        try:
            given = readable(self.org.fields(sobject), sobject, record)
            record_id = self.org.update(sobject, str(record["Id"]), given)
        except RecordError as error:
            return failed(error)
        return {"id": record_id, "success": True, "errors": []}

    def _upsert(self, sobject: str, field: str, record: Record) -> Record:
        """Only an upsert says whether it has created."""
        found = self.org.matching(sobject, field, str(record.get(field) or ""))
        if len(found) > 1:
            text = f"more than one record found for external id field: {[r['Id'] for r in found]}"
            return failed(RecordError("DUPLICATE_EXTERNAL_ID", text, field))
        result = self._update(sobject, record | {"Id": found[0]["Id"]}) if found else self._insert(sobject, record)
        return result | ({"created": not found} if result["success"] else {})

    def _single(self, result: Record, status: int) -> Response:
        if result["success"]:
            return JSONResponse(result, status)
        first = result["errors"][0]
        body = {"errorCode": first["statusCode"], "message": first["message"], "fields": first["fields"]}
        return JSONResponse([body], 400)

    def _several(self, request: Request, sobject: str, found: list[Record]) -> Response:
        root = f"/services/data/v{request.path_params['version']}/sobjects/{sobject}"
        return JSONResponse([f"{root}/{r['Id']}" for r in found], 300)

    # --- what people see ---

    def inbox(self) -> list[InboxItem]:
        members = map(self._member_item, self.org.all("CampaignMember"))
        return [*map(self._task_item, self.org.all("Task")), *map(self._deal_item, self._our_deals()), *members]

    def _member_item(self, member: Record) -> InboxItem:
        campaign = self.org.get("Campaign", member["CampaignId"]) or {}
        person = self.org.campaigns.person(member)
        about = self.org.get("Account", person.get("AccountId") or "")
        return InboxItem(
            system="salesforce",
            what="campaign member",
            to=str(person.get("Name") or person.get("Email")),
            title=str(campaign.get("Name")),
            html="",
            at=member["CreatedDate"],
            account=str(about["Name"]) if about else None,
            facts={"Status": member["Status"]},
        )

    def _our_deals(self) -> list[Record]:
        return [r for r in self.org.all("Opportunity") if self.org.key_of("Opportunity", r)]

    def _task_item(self, task: Record) -> InboxItem:
        facts = {"Due": task["ActivityDate"] or "", "Priority": task["Priority"], "Status": task["Status"]}
        return self._item("Task", task, task["Subject"] or "", task["WhatId"], facts)

    def _deal_item(self, deal: Record) -> InboxItem:
        facts = {"Stage": deal["StageName"], "Close date": deal["CloseDate"], "Amount": plain_number(deal["Amount"])}
        return self._item("Opportunity", deal, deal["Name"], deal["AccountId"], facts)

    def _item(self, sobject: str, record: Record, title: str, account: str | None, facts: dict[str, str]) -> InboxItem:
        owner = self.org.get("User", record["OwnerId"] or "")
        about = self.org.get("Account", account or "")
        return InboxItem(
            system="salesforce",
            what=sobject.lower(),
            to=str(owner["Name"]) if owner else "Integration User",
            title=title,
            html=html.escape(record["Description"] or "").replace("\n", "<br>"),
            at=record["CreatedDate"],
            account=str(about["Name"]) if about else None,
            key=self.org.key_of(sobject, record) or None,
            facts=facts,
        )

    async def _page(self, request: Request) -> Response:
        """Where the links of tasks lead: the record, plainly."""
        sobject = request.path_params["sobject"]
        record = self.org.get(sobject, request.path_params["id"])
        if record is None or sobject == "User":
            return HTMLResponse("<p>Page not found</p>", 404)
        if sobject in ("Account", "Campaign"):
            return HTMLResponse(record_page(record))
        item = self._task_item(record) if sobject == "Task" else self._deal_item(record)
        facts = "".join(f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in item.facts.items())
        who = f"<p>{html.escape(item.to)} · {html.escape(item.account or '')}</p>"
        head = f"<h1>{html.escape(item.title)}</h1>"
        return HTMLResponse(f"<meta charset=utf-8>{head}{who}<table>{facts}</table><p>{item.html}</p>")
