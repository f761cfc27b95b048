"""The stand-ins answer this machine's own clients, and no page of another site."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.all import sandbox_app
from sandbox.kit.server import Server
from sandbox.kit.state import State

pytestmark = pytest.mark.starts


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(sandbox_app(State())) as url:
        yield url


@pytest.mark.parametrize("path", ["/inbox", "/_control/applied", "/slack/api/auth.test"])
def test_another_host_s_name_is_refused(url: str, path: str) -> None:
    assert httpx.get(url + path, headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("null", 403), (None, 200)])
def test_a_page_of_another_site_may_neither_read_nor_send(url: str, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": origin}
    assert httpx.get(f"{url}/_control/applied", headers=headers).status_code == status
    fault = {"vendor": "slack", "kind": "status"}
    assert httpx.post(f"{url}/_control/faults", json=fault, headers=headers).status_code == status


def test_its_own_pages_may(url: str) -> None:
    assert httpx.get(f"{url}/_control/applied", headers={"Origin": url}).status_code == 200
