"""Files that a system gives: onto disk and from there, by way of a signed address that is asked without credentials."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from expansion.contract import NoAccess, TryLater
from integrations.kit import files
from integrations.kit.files import fetched, table, zipped_lines
from integrations.kit.http import Api
from integrations.kit.meanings import Meanings
from integrations.kit.retry import RetryPolicy
from integrations.kit.world import World
from sandbox.kit.stand_in import StandIn
from tests.integrations.conftest import StandIns

MEANINGS = Meanings("Depot", otherwise="refused ({status})")
RETRY = RetryPolicy(tries=2, first_wait=0.01, sleep=lambda _: None)
WHAT = "the file"


class Depot(StandIn):
    """A file, and an address that leads to where it lies; `leads_to` may be set."""

    name = "depot"
    leads_to: str | None = None

    def routes(self) -> list[BaseRoute]:
        async def file(request: Request) -> Response:
            return Response(b"name,seats\nacme,5\n")

        async def here(request: Request) -> Response:
            return RedirectResponse(self.leads_to or "/depot/there?signature=secret", 302)

        async def there(request: Request) -> Response:
            return JSONResponse(dict(request.headers))

        return [Route("/file", file), Route("/here", here), Route("/there", there)]


@pytest.fixture
def depot(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Depot)


def read(depot: StandIns, path: str, lasts: float = 5.0) -> bytes:
    at = World(retry=RETRY, timeout=0.5)
    api = Api(depot.base_url("depot"), MEANINGS, RETRY, at, auth=("me", "secret"), headers={"X-Own": "secret"})
    with fetched(api, path, WHAT, opens=2.0, lasts=lasts) as file:
        return file.read()


def test_a_file_is_read_whole(depot: StandIns) -> None:
    assert read(depot, "/file") == b"name,seats\nacme,5\n"


def test_where_it_leads_to_is_asked_without_anything_of_ours(depot: StandIns) -> None:
    told = read(depot, "/here").decode()
    assert "authorization" not in told
    assert "x-own" not in told
    assert "user-agent" in told


@pytest.mark.parametrize("address", ["http://files.example/x?signature=s3cr3t", "ftp://files.example/x", "http://["])
def test_a_signature_is_not_sent_in_the_clear(depot: StandIns, address: str) -> None:
    depot.get(Depot).leads_to = address
    with pytest.raises((NoAccess, TryLater)) as caught:
        read(depot, "/here")
    assert "s3cr3t" not in str(caught.value)


def test_where_it_leads_to_leads_no_further(depot: StandIns) -> None:
    depot.get(Depot).leads_to = "/depot/here"
    with pytest.raises(TryLater, match="Depot, the file: the address of its file answered 302"):
        read(depot, "/here")


@pytest.mark.parametrize("kind", ["cut_before", "slow"])
def test_what_breaks_there_is_tried_again_from_the_beginning(depot: StandIns, kind: str) -> None:
    depot.fault("depot", kind, path="there", seconds=3.0)
    assert b"user-agent" in read(depot, "/here")
    assert len(depot.requests(path="here")) >= 2


@pytest.mark.parametrize("path", ["/file", "/here"])
def test_half_a_file_is_none(depot: StandIns, path: str) -> None:
    depot.fault("depot", "truncate", path="file" if path == "/file" else "there")
    with pytest.raises(TryLater, match="Depot broke the connection off"):
        read(depot, path)


def test_a_file_that_never_ends_is_given_up(depot: StandIns) -> None:
    depot.fault("depot", "trickle", path="file", seconds=15)
    with pytest.raises(TryLater, match="the answer had not ended"):
        read(depot, "/file", lasts=0.3)


def test_a_disk_that_is_full_is_a_matter_for_a_person(depot: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, *_: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "TemporaryFile", lambda **_: Full())
    with pytest.raises(NoAccess, match="no room for its file on this machine"):
        read(depot, "/file")


# --- what is in it ----------------------------------------------------------------------------------------------------


def test_the_lines_of_an_archive_are_those_of_all_its_files(depot: StandIns) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("empty/", b"")
        packed.writestr("1.json.gz", gzip.compress(b'{"n": 1}\n\n{"n": 2}'))
        packed.writestr("2.json", b'{"n": 3}\n')
    api = Api(depot.base_url("depot"), MEANINGS, RETRY)
    assert [line.strip() for line in zipped_lines(api, WHAT, whole)] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']


def test_a_table_has_columns_before_it_has_rows() -> None:
    with table(io.BytesIO(b'\xef\xbb\xbfname,seats\r\n"a, b",5\r\n')) as (columns, rows):
        assert list(columns) == ["name", "seats"]
        assert list(rows) == [{"name": "a, b", "seats": "5"}]
    with table(io.BytesIO(b"")) as (columns, rows):
        assert (list(columns), list(rows)) == ([], [])


@pytest.mark.parametrize("body", [b"a,b\n1\n", b"a,b\n1,2,3\n", b'a,b\n"1,2', b"a,b\n\xff,2\n"])
def test_a_table_that_is_none_is_an_odd_answer(body: bytes) -> None:
    with pytest.raises(ValueError), table(io.BytesIO(body)) as (_, rows):
        list(rows)
