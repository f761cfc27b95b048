"""What a request asks of the stand-in of Mixpanel: from the query string, a form or JSON, checked as the vendor does.

What the stand-in does not carry out it refuses in words: to be answered with everybody where somebody was asked for
would be worse than an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.guard import Refusal

Params = dict[str, str]
EXPORT_LIMIT = 100_000


class Problem(Refusal):
    """A request that the vendor answers with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence

    def reply(self, request: Request) -> Response:
        if self.status == 401:
            return JSONResponse({"code": 401, "error": self.sentence, "status": "Unauthorized"}, 401)
        path = request.url.path.removeprefix("/mixpanel")
        return JSONResponse({"request": path, "error": self.sentence}, self.status)


@dataclass(frozen=True)
class Asked:
    """The parts of an /engage request that this stand-in carries out."""

    group: bool
    cohort: str | None
    properties: list[str] | None
    all_users: bool
    page: int
    session: str | None


async def params_of(request: Request) -> Params:
    """The query string, and a form or JSON: Mixpanel's own newest client sends JSON."""
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        sent = _json(body.decode(errors="replace") or "{}", "the body")
        if not isinstance(sent, dict):
            raise Problem(400, "the body must be a JSON object")
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in sent.items()}
    else:
        form = dict(parse_qsl(body.decode(errors="replace")))
    return {**form, **dict(request.query_params)}


def asked_of(params: Params, group_id: int) -> Asked:
    _refuse_unknown(params, "where", "behaviors", "distinct_ids", "distinct_id", "as_of_timestamp")
    group = params.get("data_group_id")
    if group is not None and group != str(group_id):
        raise Problem(400, f"data_group_id {group} does not exist")
    return Asked(
        group=group is not None,
        cohort=_cohort(params.get("filter_by_cohort")),
        properties=_names(params.get("output_properties"), "output_properties"),
        all_users=params.get("include_all_users", "true").lower() != "false",
        page=_number(params.get("page", "0"), "page"),
        session=params.get("session_id"),
    )


def days_of(params: Params, today: date) -> Iterator[str]:
    """Both ends count, as the project's days."""
    try:
        first, last = date.fromisoformat(params["from_date"]), date.fromisoformat(params["to_date"])
    except (KeyError, ValueError):
        raise Problem(400, "from_date and to_date are required, in yyyy-mm-dd format") from None
    if last < first:
        raise Problem(400, "to_date cannot be before from_date")
    if last > today:
        raise Problem(400, "to_date cannot be later than today")  # as tap-mixpanel and Airbyte's connector know it
    return ((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))


@dataclass(frozen=True)
class Wanted:
    """What narrows an export."""

    events: frozenset[str] | None
    limit: int | None
    in_ms: bool


def wanted_of(params: Params) -> Wanted:
    _refuse_unknown(params, "where")
    names = _names(params.get("event"), "event")
    limit = _number(params["limit"], "limit") if "limit" in params else None
    if limit is not None and limit > EXPORT_LIMIT:
        raise Problem(400, f"limit must be at most {EXPORT_LIMIT}")
    return Wanted(None if names is None else frozenset(names), limit, params.get("time_in_ms", "").lower() == "true")


def _refuse_unknown(params: Params, *names: str) -> None:
    if unknown := sorted(set(names) & params.keys()):
        raise Problem(400, f"the stand-in does not know {unknown[0]}")


def _cohort(text: str | None) -> str | None:
    if text is None:
        return None
    cohort = _json(text, "filter_by_cohort")
    if not isinstance(cohort, dict) or "id" not in cohort:
        raise Problem(400, "filter_by_cohort must be a JSON object with an id")
    return str(cohort["id"])


def _names(text: str | None, what: str) -> list[str] | None:
    if text is None:
        return None
    names = _json(text, what)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Problem(400, f"{what} must be a JSON array of names")
    return names


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem(400, f"{what} must be a whole number")
    return int(text)


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Problem(400, f"{what} is not valid JSON") from None
