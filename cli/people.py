"""People of an account as they are named on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from expansion.text.for_people import ForPeople

_SHOWN = 10  # known people in a hint


class NoSuchUser(ForPeople):
    """A person that nothing is stored of."""


def need_user(evaluator: Any, account: str, user: str) -> None:
    """Raise NoSuchUser with the likeliest ids, unless something is stored of this person in the account."""
    from expansion.evaluate.questions import people_of

    ids = [one.user_id for one in people_of(evaluator.source, evaluator.as_of, [account])]
    if user in ids:
        return
    at = f"{evaluator.as_of:%Y-%m-%d %H:%M} UTC"
    hint = _hint(ids, names_in(evaluator, account, ids), user)
    raise NoSuchUser(f"nothing of a person `{user}` in account `{account}` had arrived by {at}\n\nhint: {hint}")


def names_in(evaluator: Any, account: str, ids: Sequence[str]) -> dict[str, str]:
    """What these people of an account are called, where that says more than the id; never an e-mail address."""
    from expansion.steps.context import names_of

    names = zip(ids, names_of(ids, account, evaluator), strict=True)
    return {one: name for one, name in names if one.partition("@")[0] != name}


def _hint(ids: Sequence[str], names: Mapping[str, str], text: str) -> str:
    if not ids:
        return "nobody is known there: no event and no fact of this account names a person"
    called = [one for one in ids if names.get(one, "").casefold() == text.casefold()]
    likeliest = list(dict.fromkeys([*called, *get_close_matches(text, ids, _SHOWN), *ids]))
    said = ", ".join(f"`{one}`{f' ({names[one]})' if one in names else ''}" for one in likeliest[:_SHOWN])
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"give the id of somebody known there: {said}{more}"
