"""Who receives the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from expansion.evaluate.results import NOT_GIVEN, Evaluator, FactValue
from expansion.fields import EMAIL
from expansion.language.model.models import Policy


@dataclass(frozen=True)
class OwnedBy:
    """An e-mail address; `note` says why it is the fallback owner's."""

    email: str
    note: str | None = None


def owners(policy: Policy, accounts: Iterable[str], evaluator: Evaluator) -> dict[str, OwnedBy]:
    """The account's owner, or the fallback owner of policy.yaml with the reason."""
    wanted = list(accounts)
    name = policy.account.owner
    if name is None:
        note = "policy.yaml names no fact for the account's owner: fallback owner"
        return {account: OwnedBy(policy.owners.fallback, note) for account in wanted}
    facts: Mapping[str, FactValue] = evaluator.fact(name, wanted) if wanted else {}
    return {account: _owner(name, facts.get(account, NOT_GIVEN), policy.owners.fallback) for account in wanted}


def _owner(name: str, fact: FactValue, fallback: str) -> OwnedBy:
    text = fact.as_text
    if text is None:
        return OwnedBy(fallback, f"{name} is not known, {fact.why_unknown}: fallback owner")
    if not EMAIL.fullmatch(text):
        return OwnedBy(fallback, f"{name} holds no e-mail address: fallback owner")
    return OwnedBy(text)
