"""Accounts as people name them on the command line, by id or by a name that only one of them has; and their people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from expansion.text.for_people import ForPeople

if TYPE_CHECKING:
    from expansion.explain.evaluator import StoreEvaluator
    from expansion.usage.identity.former_ids import FormerIds
    from jobs.place import Place

_SHOWN = 5  # accounts in a hint
_PEOPLE_SHOWN = 10  # people in a hint


class NoSuchAccount(ForPeople):
    """An account that nothing is known of."""


class NoSuchUser(ForPeople):
    """A person that nothing is stored of."""


def named(known: Mapping[str, str | None], text: str) -> str | None:
    """The id of the account of that id or name; None where none is called so. Two of that name are an error."""
    if text in known:
        return text
    called = _called(known, text)
    if len(called) > 1:
        ids = " and ".join(f"`{one}`" for one in called[:_SHOWN])
        raise NoSuchAccount(f"{len(called)} accounts are called `{text}`\n\nhint: give the id, {ids}")
    if not called:
        same = [one for one in known if one.casefold() == text.strip().casefold()]
        called = same if len(same) == 1 else []
    return called[0] if called else None


def hint(known: Mapping[str, str | None], text: str) -> str:
    """The accounts that may be meant."""
    low = _plain(text)
    within = [one for one, name in known.items() if low and low in _plain(name or "")]
    names = {_plain(name): one for one, name in known.items() if name}
    near = [names[one] for one in get_close_matches(low, names, 3)]
    ids = get_close_matches(text, known, 1)
    found = list(dict.fromkeys([*sorted(within, key=lambda one: known[one] or ""), *near, *ids]))
    if not found:
        return (
            f"`expansion accounts` lists them, such as `{min(known)}`" if known else "`expansion accounts` lists them"
        )
    said = [f"{known[one]} (`{one}`)" if known[one] else f"`{one}`" for one in found[:_SHOWN]]
    more = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return f"did you mean {' or '.join(said)}{more}?"


def need_account(evaluator: StoreEvaluator, text: str, ids: FormerIds | None = None) -> str:
    """The account's id; NoSuchAccount with those that may be meant, unless something is stored of it. `ids`: who had
    another id."""
    if evaluator.knows(text):
        return text
    at = f"{evaluator.as_of:%Y-%m-%d %H:%M} UTC"
    if not evaluator.count():
        raise NoSuchAccount(
            f"nothing of any account had arrived by {at}\n\n"
            "hint: `expansion pull` and `expansion import` bring accounts in"
        )
    known = names(evaluator)
    if (found := named(known, text)) is None:
        meant = once_called(evaluator, ids, known, text) or hint(known, text)
        raise NoSuchAccount(f"nothing of an account `{text}` had arrived by {at}\n\nhint: {meant}")
    return found


def once_called(
    evaluator: StoreEvaluator, ids: FormerIds | None, known: Mapping[str, str | None], text: str
) -> str | None:
    """Who was called so before a new name, or a merge; None where nobody was."""
    told = evaluator.once_called(text)
    now = list(dict.fromkeys(ids.account(one) if ids else one for one in told))
    said = [f"{known[one]} (`{one}`)" if known.get(one) else f"`{one}`" for one in now[:_SHOWN]]
    return f"this was a name of {' and of '.join(said)} before" if said else None


def names(evaluator: StoreEvaluator, ids: Sequence[str] | None = None) -> dict[str, str | None]:
    """All accounts that are stored, or these, with their names, where policy.yaml says which fact holds them."""
    wanted = evaluator.accounts() if ids is None else list(ids)
    fact = evaluator.vocabulary.policy.account.name
    if not fact:
        return dict.fromkeys(wanted)
    values = evaluator.fact(fact, wanted)
    return {one: None if values[one].value is None else str(values[one].value) for one in wanted}


def name_of(evaluator: StoreEvaluator, account: str) -> str | None:
    """The account's name, where one is known."""
    return names(evaluator, [account])[account]


def of_ledger(place: Place, text: str) -> tuple[str, str | None]:
    """The id and the name of an account that the ledger tells of, or else the store.

    Definitions that cannot be read, or a store that is damaged, keep nobody from asking the ledger.
    """
    known = place.ledger.account_names()
    found = named(known, text)
    if found is None:
        stored = stored_names(place)
        found = named(stored, text)
        known = {**stored, **known}
    if found is None:
        raise NoSuchAccount(f"there is no account `{text}`\n\nhint: {hint(known, text)}")
    return found, known[found]


def stored_names(place: Place) -> dict[str, str | None]:
    """All accounts of the store with their names; none where the definitions or the store cannot be read."""
    from expansion.language.model.mistakes import Mistakes
    from expansion.usage.storage.manifest import StoreError
    from jobs.clock import utc_now

    try:
        stored = place.stored
        return names(place.evaluator(place.definitions, utc_now())) if stored.segments or stored.facts else {}
    except (Mistakes, StoreError):
        return {}


def need_user(evaluator: StoreEvaluator, account: str, user: str) -> None:
    """Raise NoSuchUser with the likeliest ids, unless something is stored of this person in the account."""
    from expansion.evaluate.questions import people_of

    ids = [one.user_id for one in people_of(evaluator.source, evaluator.as_of, [account])]
    if user in ids:
        return
    at = f"{evaluator.as_of:%Y-%m-%d %H:%M} UTC"
    hint = _people_meant(ids, names_in(evaluator, account, ids), user)
    raise NoSuchUser(f"nothing of a person `{user}` in account `{account}` had arrived by {at}\n\nhint: {hint}")


def names_in(evaluator: StoreEvaluator, account: str, ids: Sequence[str]) -> dict[str, str]:
    """What these people of an account are called, where that says more than the id; never an e-mail address."""
    from expansion.steps.context import names_of

    called = zip(ids, names_of(ids, account, evaluator), strict=True)
    return {one: name for one, name in called if one.partition("@")[0] != name}


def _called(known: Mapping[str, str | None], text: str) -> list[str]:
    return sorted(one for one, name in known.items() if name and _plain(name) == _plain(text))


def _plain(name: str) -> str:
    """Without what people do not look at: case, and how many blanks."""
    return " ".join(name.split()).casefold()


def _people_meant(ids: Sequence[str], names: Mapping[str, str], text: str) -> str:
    if not ids:
        return "nobody is known there: no event and no fact of this account names a person"
    called = [one for one in ids if names.get(one, "").casefold() == text.casefold()]
    likeliest = list(dict.fromkeys([*called, *get_close_matches(text, ids, _PEOPLE_SHOWN), *ids]))
    said = ", ".join(f"`{one}`{f' ({names[one]})' if one in names else ''}" for one in likeliest[:_PEOPLE_SHOWN])
    more = f" and {len(ids) - _PEOPLE_SHOWN} more" if len(ids) > _PEOPLE_SHOWN else ""
    return f"give the id of somebody known there: {said}{more}"
