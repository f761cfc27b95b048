"""Whether a call may still be sent: a claim ends with its lease, and the next call of a batch has to know.

A batch may be two hundred posts, one a second, with pauses that the other system asks for; or the machine sleeps in
the middle of it. Once the lease is over another worker may have taken the rest, so the question is asked right before
every call, in `Budget.take`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from expansion.contract import NotItsTurn

_MAY_SEND: ContextVar[Callable[[], bool]] = ContextVar("may_send", default=lambda: True)


@contextmanager
def only_while(ours: Callable[[], bool]) -> Iterator[None]:
    """Calls made inside are sent only while `ours` says so."""
    token = _MAY_SEND.set(ours)
    try:
        yield
    finally:
        _MAY_SEND.reset(token)


def refuse_unless_ours() -> None:
    """Raise NotItsTurn where the claim has run out: this call certainly is not sent."""
    if not _MAY_SEND.get()():
        raise NotItsTurn("the claim ran out before this was sent; whoever holds it now goes on")
