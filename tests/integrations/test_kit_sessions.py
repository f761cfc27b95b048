"""Sessions that are kept in hand, and what a broken connection means."""

from __future__ import annotations

import netrc
from collections.abc import Callable
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from expansion.contract import NoAccess, TryLater
from integrations.kit.meanings import Meanings
from integrations.kit.sessions import contained_session, rebased
from sandbox.kit.stand_in import StandIn
from tests.integrations.conftest import StandIns

ECHO = Meanings("Echo", otherwise="refused")


class Echo(StandIn):
    name = "echo"

    def routes(self) -> list[BaseRoute]:
        async def answer(request: Request) -> Response:
            auth = request.headers.get("authorization")
            return JSONResponse({"path": request.url.path, "query": request.url.query, "auth": auth})

        return [Route("/{path:path}", answer, methods=["GET", "PATCH"])]


@pytest.mark.parametrize(
    ("base", "made"),
    [
        ("http://127.0.0.1:8080/salesforce", "http://127.0.0.1:8080/salesforce/a/b?c=d"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/a/b?c=d"),
        ("https://proxy.example", "https://proxy.example/a/b?c=d"),
    ],
)
def test_an_address_is_put_below_another_root(base: str, made: str) -> None:
    assert rebased("https://acme.my.salesforce.com/a/b?c=d", base) == made


def test_a_session_sends_everything_to_the_base_url(stand_ins: Callable[..., StandIns]) -> None:
    base = stand_ins(Echo).base_url("echo")
    reply = contained_session(1.0, base).get("https://acme.my.salesforce.com/services/data", params={"q": "a b"}).json()
    assert reply == {"path": "/echo/services/data", "query": "q=a+b", "auth": None}


def test_netrc_and_proxies_are_not_read(
    stand_ins: Callable[..., StandIns], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    base = stand_ins(Echo).base_url("echo")
    (tmp_path / ".netrc").write_text("default login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert netrc.netrc(str(tmp_path / ".netrc")).authenticators("127.0.0.1")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert contained_session(1.0, base).get("https://x.example/").json()["auth"] is None


@pytest.mark.parametrize("wrote", [True, False])
def test_every_call_has_a_timeout_and_is_in_doubt_if_it_wrote(stand_ins: Callable[..., StandIns], wrote: bool) -> None:
    server = stand_ins(Echo)
    server.fault("echo", "slow", seconds=0.6)
    with pytest.raises(requests.ReadTimeout) as caught:
        contained_session(0.2, server.base_url("echo")).patch("https://x.example/")
    failure = ECHO.broken(caught.value, wrote=wrote)
    assert isinstance(failure, TryLater) and failure.maybe_done is wrote and "did not answer in time" in str(failure)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "truncate"])
def test_a_connection_broken_off_is_in_doubt(stand_ins: Callable[..., StandIns], kind: str) -> None:
    server = stand_ins(Echo)
    server.fault("echo", kind)
    with pytest.raises(requests.RequestException) as caught:
        contained_session(1.0, server.base_url("echo")).get("https://x.example/")
    failure = ECHO.broken(caught.value, wrote=True)
    assert isinstance(failure, TryLater) and failure.maybe_done and "broke the connection off" in str(failure)
    assert len(server.requests()) == 1, "never repeated by the session itself"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://nowhere.invalid/"])
def test_what_never_reached_the_server_certainly_was_not_done(address: str) -> None:
    with pytest.raises(requests.RequestException) as caught:
        contained_session(1.0).get(address)
    failure = ECHO.broken(caught.value, wrote=True)
    assert isinstance(failure, TryLater) and not failure.maybe_done


def test_redirects_are_not_followed(stand_ins: Callable[..., StandIns]) -> None:
    server = stand_ins(Echo)
    server.fault("echo", "status", status=302, headers={"location": server.base_url("echo")})
    with pytest.raises(requests.TooManyRedirects) as caught:
        contained_session(1.0, server.base_url("echo")).patch("https://x.example/")
    assert isinstance(ECHO.broken(caught.value, wrote=True), NoAccess)
    assert len(server.requests()) == 1


def test_a_certificate_that_is_not_trusted_is_a_matter_for_a_person() -> None:
    error = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    assert isinstance(ECHO.broken(error, wrote=True), NoAccess)
