"""What is said of a call of `http.Api`, and what its replies and addresses are read by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypedDict

import httpx

from integrations.kit.deadlines import CONNECT_SECONDS
from integrations.kit.meanings import Told
from integrations.kit.shapes import ODD

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

Query = Mapping[str, str | int | list[str]]
Leads = Callable[[httpx.Response], httpx.Response]


class Turn(Protocol):
    """What a call waits for: a `Budget`, or several things in one."""

    def one(self) -> AbstractContextManager[None]: ...


class Unlimited:
    """Where a system publishes no limit."""

    def one(self) -> AbstractContextManager[None]:
        return nullcontext()


class How(TypedDict, total=False):
    """What may be said of a call."""

    params: Query | None
    wrote: bool  # it is to change something, so that after a break nobody knows; unless said, all but GET
    again: bool  # it may be repeated even so; unless said, what changes nothing, PUT and DELETE
    form: Mapping[str, str]  # sent as a form's fields, in place of a JSON body
    plain: bool  # the reply is words, and none of them matters; a web page is none
    empty: int  # the status with which this call is done without a word: 202, 204
    silent: bool  # a good reply may be without a word, whatever its status: the system documents none
    turn: Turn  # the budget it counts in, in place of the API's


def json_of(reply: httpx.Response) -> Any:
    """The JSON of a reply; None where it is none: a proxy's page, half a body."""
    try:
        return reply.json()
    except ODD:
        return None


def status_only(reply: httpx.Response) -> Told:
    """An error reply of a system that says nothing but the status."""
    return Told(reply.status_code, headers=reply.headers)


def is_here(address: httpx.URL) -> bool:
    """Whether it is an address of this machine."""
    return address.host in _THIS_MACHINE


def to_read(seconds: float) -> httpx.Timeout:
    """So long for one read, and no longer than usual for being let in."""
    return httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
