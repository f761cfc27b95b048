"""A file that a system gives: onto this machine's disk piece by piece, and from there line by line.

It lies in a file without a name, which is gone with the process: what it holds is nobody else's. Where the reply leads
to another address (a signed one, at a store of files), that is asked without our credentials: the signature in it is
all that is needed, and stores refuse a call that brings a second one.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

import httpx

from integrations.kit.breaks import Broke
from integrations.kit.calls import Query, Turn, is_here, to_read
from integrations.kit.deadlines import TookTooLong, watched, within
from integrations.kit.http import Api
from integrations.kit.lines import in_time

_BROKEN = (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError)


@contextmanager
def fetched(
    api: Api,
    path: str,
    what: str,
    params: Query | None = None,
    *,
    opens: float,
    lasts: float,
    turn: Turn | None = None,
) -> Iterator[IO[bytes]]:
    """The file at this address, whole and at its beginning; or a failure. See `Api.stream` for the times."""
    anybody = _Anybody(api, what, opens)
    try:
        reply = api.opened(path, what, params, opens=opens, turn=turn, leads=anybody.opened)
        with TemporaryFile(prefix="expansion-") as file:
            _copy(api, what, reply, file, lasts)
            file.seek(0)
            yield file
    finally:
        anybody.close()


def zipped_lines(api: Api, what: str, file: IO[bytes]) -> Iterator[bytes]:
    """The lines of all files of a zip archive, each of which may be gzip again; no more than a line is held."""
    count = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as packed:
                        for line in _unpacked(member.filename, packed):
                            count += 1
                            yield line
    except _BROKEN as error:
        raise api.meanings.of(Broke.HALFWAY, what, count=f"{count:,}") from error


@contextmanager
def table(file: IO[bytes]) -> Iterator[tuple[Sequence[str], Iterator[dict[str, str]]]]:
    """The names in the first line of a CSV file, and the rows by them. Raises what `reads` takes for an odd answer."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.DictReader(text, strict=True)
    try:
        yield reader.fieldnames or (), map(_whole, reader)
    except csv.Error as error:
        raise ValueError("no CSV") from error
    finally:
        text.detach()


def _whole(row: dict[str, str]) -> dict[str, str]:
    if None in row or None in row.values():
        raise ValueError("a row of another width than the first")
    return row


def _unpacked(name: str, packed: IO[bytes]) -> Iterator[bytes]:
    if not name.endswith(".gz"):
        yield from (line for line in packed if line.strip())
        return
    with gzip.open(packed) as plain:
        yield from (line for line in plain if line.strip())


def _copy(api: Api, what: str, reply: httpx.Response, file: IO[bytes], lasts: float) -> None:
    try:
        for piece in in_time(reply.iter_bytes(), lasts):
            file.write(piece)
        file.flush()
    except TookTooLong as error:
        raise api.meanings.of(Broke.ENDLESS, what, minutes=f"{lasts / 60:.0f}") from error
    except httpx.HTTPError as error:
        raise api.meanings.of(Broke.CUT, what) from error
    except OSError as error:
        raise api.meanings.of(Broke.FULL, what) from error
    finally:
        reply.close()


class _Anybody:
    """Opens the address that a reply leads to, as anybody would: without credentials, and leading no further."""

    def __init__(self, api: Api, what: str, opens: float) -> None:
        self._api, self._what, self._opens = api, what, opens
        self._http: httpx.Client | None = None

    def opened(self, reply: httpx.Response) -> httpx.Response:
        reply.close()
        address = reply.url.join(reply.headers.get("location", ""))
        if address.scheme != "https" and not is_here(address):  # a signature is a secret
            raise self._api.meanings.of(Broke.ELSEWHERE, self._what)
        found = self._asked(address)
        if found.is_success:
            return found
        found.close()
        # Its words are the store's, and name the file; the status says enough.
        raise self._api.meanings.of(Broke.LINK, self._what, answered=found.status_code)

    def _asked(self, address: httpx.URL) -> httpx.Response:
        self.close()
        self._http = watched(httpx.Client(timeout=to_read(self._opens), trust_env=not is_here(address)))
        try:
            with within(self._opens):
                return self._http.send(self._http.build_request("GET", address), stream=True)
        except (httpx.HTTPError, TookTooLong) as error:
            raise self._api.meanings.broken(error, self._what, wrote=False) from error

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
