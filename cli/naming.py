"""Triggers and accounts as two arguments of a command: misspelt, swapped, or both right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.place import Place


def need_trigger(place: Place, name: str, account: str | None = None) -> None:
    """NoSuchTrigger with what may be meant, unless there is such a trigger; swapped arguments are said to be."""
    from jobs.decide import trigger_called
    from jobs.pause import NoSuchTrigger

    if (
        account is not None
        and name not in place.definitions.workspace.triggers
        and account in place.definitions.workspace.triggers
    ):
        raise NoSuchTrigger(
            f"`{account}` is the trigger: it comes first, and the account after it\n\n"
            f"hint: `expansion explain {account} {_quoted(name)}`"
        )
    trigger_called(place.definitions, name)


def need_trigger_of_ledger(place: Place, name: str) -> None:
    """NoSuchThing with what may be meant, unless there is such a trigger or the ledger tells of one that was."""
    from jobs.pause import NoSuchThing, must_be_there

    was = place.ledger.trigger_names()
    if name in was:
        return
    try:
        must_be_there(place, "trigger", name, also=was)
    except NoSuchThing as error:
        if name in (known := place.ledger.account_names()) or name in known.values():
            raise NoSuchThing(
                f"`{name}` is an account, not a trigger\n\nhint: write `--account {_quoted(name)}`"
            ) from error
        raise


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
