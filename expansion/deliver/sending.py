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

_CLAIM_OVER = "the claim ran out before this was sent; whoever holds it now goes on"
_MAY_SEND: ContextVar[tuple[Callable[[], bool], str]] = ContextVar("may_send", default=(lambda: True, ""))


@contextmanager
def only_while(ours: Callable[[], bool], otherwise: str = _CLAIM_OVER) -> Iterator[None]:
    """Calls made inside are sent only while `ours` says so; `otherwise` is the sentence for one that is not."""
    token = _MAY_SEND.set((ours, otherwise))
    try:
        yield
    finally:
        _MAY_SEND.reset(token)


def refuse_unless_ours() -> None:
    """Raise NotItsTurn where the claim has run out: this call certainly is not sent."""
    ours, otherwise = _MAY_SEND.get()
    if not ours():
        raise NotItsTurn(otherwise)
