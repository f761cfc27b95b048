"""What a first live run would do at once: said before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expansion.language.model.mistakes import Mistake

if TYPE_CHECKING:
    from jobs.place import Place

HINT = (
    "without `first_run: act`, or with `status: watching`, the first run only writes down for whom it is true; "
    "`expansion run --dry-run` shows what would be sent"
)


def acting_at_once(place: Place) -> list[str]:
    """Live triggers that act in their first run, where nothing has ever fired; none where anything has."""
    names = [n for n, t in place.definitions.workspace.triggers.items() if t.status == "live" and t.first_run == "act"]
    return sorted(names) if names and _is_empty(place) else []


def warnings(place: Place) -> tuple[Mistake, ...]:
    """One for all of them. A ledger on PostgreSQL is not asked: `check` needs no network, and `doctor` says it."""
    names = acting_at_once(place) if place.settings.ledger_url is None else []
    if not names:
        return ()
    file = place.settings.playbooks / "triggers" / f"{names[0]}.yaml"
    return (Mistake(file.as_posix(), 0, 0, told(names), hint=HINT),)


def told(names: list[str]) -> str:
    """The sentence."""
    first, more = f"`{names[0]}`", len(names) - 1
    are = f"{first} and {more} more triggers are" if more > 1 else f"{first} and 1 more are" if more else f"{first} is"
    return (
        f"{are} live with `first_run: act`, and nothing has fired yet: the first run acts on everybody for whom "
        f"{'they are' if more else 'it is'} true already"
    )


def _is_empty(place: Place) -> bool:
    from expansion.records.ledger import FiringFilter

    return not place.has_ledger or not place.ledger.firings(FiringFilter(limit=1))
