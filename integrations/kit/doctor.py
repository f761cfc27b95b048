"""What every `check` says alike: it works, or the failure says why not; who stands in; how many calls are left."""

from __future__ import annotations

from collections.abc import Callable

from expansion.contract import Failure
from integrations.kit.declare import Finding

LITTLE_LEFT = 0.1  # of a day's calls


def asked(what: str, ask: Callable[[], Finding]) -> Finding:
    """What is found by asking; or that `what` cannot be told, and why."""
    try:
        return ask()
    except Failure as failure:
        return Finding(what, False, str(failure))


def works(what: str, ask: Callable[[], object]) -> Finding:
    """That it works, whatever is answered; or why not."""

    def worked() -> Finding:
        ask()
        return Finding(what, True)

    return asked(what, worked)


def whether(what: str, is_so: object, remedy: str) -> Finding:
    """That it is so; or what to do about it."""
    return Finding(what, True) if is_so else Finding(what, False, remedy)


def fallback_owner(setting: str, email: str | None, find: Callable[[], object]) -> Finding:
    """Is somebody there who gets the work of owners who have left? `setting` names them, `find` looks them up."""
    what = "a fallback owner is active"
    if not email:
        return Finding(what, False, f"set {setting}, or work for owners who have left is refused")
    return whether(what, find(), f"{setting} is not the e-mail address of an active user")


def calls_left(left: int, most: int, span: str, remedy: str) -> Finding:
    """How many calls of a span's allowance are left, and what to do where they are few."""
    return whether(f"{left:,} of {most:,} API calls left {span}", left > most * LITTLE_LEFT, remedy)
