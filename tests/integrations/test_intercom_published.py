"""Every request the Intercom integration sends, and every reply of its stand-in, held against its OpenAPI file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from expansion.fields import Person
from integrations.intercom import INTEGRATION
from integrations.intercom.settings import Settings
from sandbox.intercom.app import Intercom
from tests.integrations.conftest import StandIns
from tests.systems.intercom import SAMPLE, company, enrolment, event

SPEC = Path(__file__).parents[2] / "../shared/specs/intercom/api.intercom.io-2.15.yaml"
HOST = "https://api.intercom.io"
_CALLS = {
    "/me", "/contacts", "/contacts/search", "/contacts/find_by_external_id/{external_id}", "/contacts/{contact_id}",
    "/contacts/{contact_id}/tags", "/tags", "/events", "/data_attributes", "/companies", "/conversations/search",
    "/conversations",
}  # fmt: skip


@pytest.fixture(scope="module")
def published() -> Any:
    if not SPEC.exists():
        pytest.skip(f"Intercom's OpenAPI file is not beside the project: {SPEC}")
    import yaml
    from openapi_core import OpenAPI

    document = yaml.load(SPEC.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    paths = document["paths"]
    # Overlapping schemas under oneOf refuse valid requests; other paths are not ours, and one of them is broken.
    body = paths["/tags"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["anyOf"] = body.pop("oneOf")
    # Asked for by our id, it answers with the company itself; the file knows lists alone.
    found = paths["/companies"]["get"]["responses"]["200"]["content"]["application/json"]
    found["schema"] = {"anyOf": [found["schema"], {"$ref": "#/components/schemas/company"}]}
    document["paths"] = {path: item for path, item in paths.items() if path in _CALLS}
    return OpenAPI.from_dict(document)


class Seen:
    """A request as openapi-core wants to see it."""

    def __init__(self, request: httpx.Request, prefix: str) -> None:
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        self.method = request.method.lower()
        self.host_url = HOST
        self.path = request.url.path.removeprefix(prefix)
        self.path_pattern = None
        self.body = request.read() or None
        self.content_type = request.headers.get("content-type", "")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()), header=Headers(dict(request.headers)), path={}
        )


class Answered:
    def __init__(self, reply: httpx.Response) -> None:
        self.status_code, self.headers, self.data = reply.status_code, dict(reply.headers), reply.read()
        self.content_type = reply.headers.get("content-type", "")


def test_requests_and_replies_are_as_published(
    stand_ins: Callable[..., StandIns], published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stand_ins(Intercom, sample=SAMPLE)
    exchanges: list[httpx.Response] = []
    send = httpx.Client.send
    monkeypatch.setattr(httpx.Client, "send", lambda *a, **k: exchanges.append(r := send(*a, **k)) or r)

    settings = Settings(access_token="t", base_url=world.base_url("intercom"), _env_file=None)
    intercom = INTEGRATION.connect(settings)
    intercom.check()
    everyone = ("one", "nobody", Person(user_id="x", email="cleo@acme.example"))
    for how in ({}, {"attribute": {"expansion_series": "a"}}, {"event": "storage-nearly-full"}):
        intercom.actions["intercom.enrol_in_series"].deliver([enrolment(*everyone, **how)])
    intercom.actions["intercom.send_event"].deliver([event(*everyone, metadata={"seats": "92"})])

    intercom.actions["intercom.set_company_attribute"].deliver([company(), company("two", "nobody")])
    list(intercom.sources["intercom.conversations"].events("2026-03-01", "2026-03-07", "company_id"))

    asked = {(r.request.method, r.request.url.path.split("/")[2]) for r in exchanges}
    assert {("GET", "me"), ("POST", "tags"), ("PUT", "contacts"), ("POST", "events")} <= asked
    assert {("GET", "companies"), ("POST", "companies"), ("POST", "conversations")} <= asked
    for reply in exchanges:
        seen = Seen(reply.request, "/intercom")
        published.validate_request(seen)
        if reply.status_code == 200:
            published.validate_response(seen, Answered(reply))


def test_a_request_that_is_not_as_published_would_be_noticed(published: Any) -> None:
    from openapi_core.validation.request.exceptions import InvalidRequestBody

    headers = {"Authorization": "Bearer t", "Intercom-Version": "2.15"}
    wrong = httpx.Request("POST", f"{HOST}/events", json={"event_name": "x", "id": "1"}, headers=headers)
    with pytest.raises(InvalidRequestBody):
        published.validate_request(Seen(wrong, ""))
