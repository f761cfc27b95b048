"""Accounts as people name them on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expansion.ledger.records import FiringRecord


class NoSuchAccount(Exception):
    """An account that nothing is stored of."""


def need_account(evaluator: Any, account: str) -> None:
    """Raise NoSuchAccount with the likeliest id, unless something is stored of this one."""
    if evaluator.knows(account):
        return
    at = f"{evaluator.as_of:%Y-%m-%d %H:%M} UTC"
    if not evaluator.everyone.size:
        raise NoSuchAccount(
            f"nothing of any account had arrived by {at}\n\n"
            "hint: `expansion import` and `expansion run` bring accounts in"
        )
    raise NoSuchAccount(f"nothing of an account `{account}` had arrived by {at}\n\nhint: {_hint(evaluator, account)}")


def name_of(evaluator: Any, account: str) -> str | None:
    """The account's name, where policy.yaml says which fact holds it."""
    fact = evaluator.vocabulary.policy.account.name
    value = evaluator.fact(fact, [account])[account].value if fact else None
    return None if value is None else str(value)


def id_of(found: Iterable[FiringRecord], account: str) -> str:
    """What to write instead, where one of these firings is of an account of that name."""
    ids = sorted({one.account_id for one in found if one.account_name.casefold() == account.casefold()})
    if ids:
        return f"`{account}` is the name of {' and '.join(f'`{one}`' for one in ids)}; give the id"
    return "an account is named by its id"


def _hint(evaluator: Any, text: str) -> str:
    ids = list(evaluator.everyone.subjects.ids)
    called = _called(evaluator, ids, text)
    if called:
        return f"`{text}` is the name of {' and '.join(f'`{one}`' for one in called)}; give the id"
    near = get_close_matches(text, ids, 1)
    return f"did you mean `{near[0]}`?" if near else f"give the account's id, such as `{min(ids)}`"


def _called(evaluator: Any, ids: list[str], text: str) -> list[str]:
    fact = evaluator.vocabulary.policy.account.name
    if not fact:
        return []
    values = evaluator.fact(fact, ids)
    return sorted(one for one in ids if str(values[one].value or "").casefold() == text.casefold())
