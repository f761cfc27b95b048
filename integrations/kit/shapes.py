"""A reply in another shape than the vendor documents becomes a Failure, never a KeyError somewhere in a run.

A missing key, a null, a list in place of an object: what is raised while a reply is read is the fault of the reply, as
far as anybody can tell. The error itself stays behind the Failure (`from error`), and its kind stands in the sentence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from expansion.contract import TryLater
from expansion.event_lines import EventLines
from integrations.kit.declare import ActionBase, Check, Finding, Names, SourceBase

C = TypeVar("C", bound=type)

ODD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def odd(system: str, error: Exception, *, wrote: bool) -> TryLater:
    """What such an error means. `wrote`: the call was to change something, and may have."""
    kind = type(error).__name__
    return TryLater(f"{system} answered in a shape nobody can read ({kind}); it is tried again later", maybe_done=wrote)


@contextmanager
def reading(system: str, *, wrote: bool = False) -> Iterator[None]:
    """Around what reads a reply."""
    try:
        yield
    except ODD as error:
        raise odd(system, error, wrote=wrote) from error


def reads(system: str) -> Callable[[C], C]:
    """Of a source or an action: whatever is odd in what its system answers is a Failure, raised or returned.

    The last resort: actions that make several calls read each in its own `reading`, so that one odd reply says nothing
    about the others.
    """

    def decorate(kind: C) -> C:
        for name, guarded in _GUARDS.items():
            method = getattr(kind, name, None)
            if method is not None and method not in (getattr(base, name, None) for base in (ActionBase, SourceBase)):
                setattr(kind, name, functools.wraps(method)(guarded(system, method)))
        return kind

    return decorate


def checked(system: str, check: Check) -> Check:
    """A check whose oddities are findings."""

    def guarded(used: Names | None = None) -> list[Finding]:
        try:
            return check(used)
        except ODD as error:
            return [Finding("does not answer as documented", False, str(odd(system, error, wrote=False)))]

    return guarded


def _stream(system: str, method: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def guarded(*args: Any, **kwargs: Any) -> Iterator[Any]:
        with reading(system):
            yield from method(*args, **kwargs)

    return guarded


def _lines(system: str, method: Callable[..., EventLines | None]) -> Callable[..., EventLines | None]:
    def guarded(*args: Any, **kwargs: Any) -> EventLines | None:
        with reading(system):
            found = method(*args, **kwargs)
        return found and replace(found, blocks=_stream(system, found.blocks), rows=_once(system, found.rows))

    return guarded


def _once(system: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with reading(system):
            return method(*args, **kwargs)

    return guarded


def _for_each(wrote: bool) -> Callable[[str, Callable[..., Any]], Callable[..., Any]]:
    def guard(system: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(self: Any, pieces: Sequence[Any]) -> Any:
            try:
                return method(self, pieces)
            except ODD as error:
                return [odd(system, error, wrote=wrote) for _ in pieces]

        return guarded

    return guard


_GUARDS: dict[str, Callable[[str, Callable[..., Any]], Callable[..., Any]]] = {
    "facts": _stream,
    "wanted": _stream,
    "contradictions": _once,
    "people": _stream,
    "events": _stream,
    "event_lines": _lines,
    "cohort": _once,
    "deliver": _for_each(True),
    "find": _for_each(False),
    "look": _for_each(False),
}
