"""What Gainsight's replies mean: each has `result`, and where that is false a code and a sentence, whatever the status.

The codes: support.gainsight.com, Company API and Call To Action (CTA) API; GU_…: recorded by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row, Told, Words
from integrations.kit.waits import first_said, retry_after

SYSTEM = "Gainsight"


class NoData(Refused):
    """Nothing was found: for a query, an answer like any other."""


class Taken(Refused):
    """An activity with our key is there already."""


_KEY = "the access key is not accepted; check GAINSIGHT_ACCESS_KEY and GAINSIGHT_DOMAIN"

MEANINGS = Meanings(
    SYSTEM,
    # Retry-After is nowhere documented; a minute's window ends within a minute.
    Row((429, "GU_2400"), TryLater, "too many calls", wait=first_said(retry_after, 20.0)),
    Row("GSOBJ_1011", NoData, "nothing was found"),
    Row(Words("no data found"), NoData, "nothing was found"),
    Row(
        (SERVER_TROUBLE, 408, "GU_1101"),
        TryLater,
        "trouble at Gainsight's side ({status} {code})",
        maybe_done="as written",
    ),
    Row((401, "GS_APIG_2401"), NoAccess, _KEY),
    Row((403, "GSOBJ_1024"), NoAccess, "the access key may not do this ({code}); an administrator has to allow it"),
    Row(Words(r"duplicate|already exist|not unique|must be unique"), Taken, "it is there already"),
    Row(
        "COCKPIT_5101",
        NoAccess,
        "{message}; create the field for CTAs in Administration > Data Management, or change GAINSIGHT_CTA_KEY_FIELD",
    ),
    Row("(no company)", Refused, "Gainsight does not say that it has this company any more, so nothing is set on it"),
    Row(SENT_ELSEWHERE, NoAccess, "it sends us elsewhere ({status}); check GAINSIGHT_DOMAIN"),
    otherwise="refused ({status} {code}): {message}",
)


def told(reply: httpx.Response) -> Told:
    """Code and sentence of an error; a proxy's page has neither, and the kit then goes by the status."""
    said = reply.json()
    return taken_apart(said, reply.status_code, reply.headers)


def taken_apart(said: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Told:
    """A reply whose `result` is false."""
    message = "; ".join(dict.fromkeys(_sentences(said.get("data")))) or str(said.get("errorDesc") or "")
    return Told(status, str(said.get("errorCode") or ""), message, headers or {})


def _sentences(said: Any) -> Iterator[str]:
    """The sentences about single records, however deep they lie; values stay out of them."""
    if isinstance(said, list):
        for one in said:
            yield from _sentences(one)
    elif isinstance(said, Mapping):
        if isinstance(said.get("errorMessage"), str):
            field = said.get("fieldName")
            yield f"{said['errorMessage']} ({field})" if field else said["errorMessage"]
        yield from _sentences(said.get("errors"))
