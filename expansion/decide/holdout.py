"""Accounts that are never acted on, so that lift can be measured: drawn once, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction

from expansion.evaluate.results import NOT_GIVEN, Evaluator
from expansion.language.model.models import Policy, Trigger

_SPACE = 2**256  # a SHA-256 read as an integer lies in [0, 2**256)


def held_out(trigger: Trigger, policy: Policy, roots: Mapping[str, str]) -> dict[str, str]:
    """The accounts not to act on, each with the reason.

    `roots` gives each account's topmost parent: an account and its parent land on the same side. The global draw does
    not look at the trigger, so an account it takes is left alone by all of them; a trigger's own draw holds its name,
    so that two triggers leave different accounts alone. Without `holdout` in policy.yaml the salt is empty.
    """
    salt = policy.holdout.salt if policy.holdout else ""
    found: dict[str, str] = {}
    for account, root in roots.items():
        if policy.holdout and is_drawn(policy.holdout.share.value, "global", salt, root):
            found[account] = f"held out to measure lift: {policy.holdout.share} of all accounts"
        elif trigger.holdout and is_drawn(trigger.holdout.value, "trigger", salt, trigger.trigger, root):
            found[account] = f"held out to measure lift: {trigger.holdout} of the accounts of {trigger.trigger}"
    return found


def is_drawn(share: Fraction, *parts: str) -> bool:
    """Whether these parts fall into the share. A larger share keeps everything a smaller one had."""
    return bucket(*parts) * share.denominator < share.numerator * _SPACE


def bucket(*parts: str) -> int:
    """A place in [0, 2**256), fixed for ever by the parts. Integers, because a float rounds at the edge of a share."""
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")


def topmost_parents(accounts: Iterable[str], parent_fact: str | None, evaluator: Evaluator) -> dict[str, str]:
    """Each account's topmost parent, itself where it has none.

    A parent that is not known counts as none: CRMs leave the field empty for accounts that stand alone. Accounts that
    are each other's parents (it happens in CRMs) share the alphabetically first of the circle.
    """
    wanted = list(dict.fromkeys(accounts))
    if parent_fact is None:
        return {account: account for account in wanted}
    parents: dict[str, str | None] = {}
    asking = wanted
    while asking:
        known = evaluator.fact(parent_fact, asking)
        parents |= {account: known.get(account, NOT_GIVEN).as_text for account in asking}
        asking = sorted({parent for account in asking if (parent := parents[account]) and parent not in parents})
    return {account: _root(account, parents) for account in wanted}


def _root(account: str, parents: Mapping[str, str | None]) -> str:
    path = [account]
    while parent := parents.get(path[-1]):
        if parent in path:
            return min(path[path.index(parent) :])
        path.append(parent)
    return path[-1]
