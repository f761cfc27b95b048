"""Several firings of one account in one run are one piece of work: one seller, one conversation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from expansion.decide.drafts import Draft

_TOLD = 10  # people of a trigger whose reasons are told; of the others only how many there are
_NAMED = 3  # people who are named before a reason that they share


@dataclass(frozen=True)
class Joined:
    """A draft, and what it is joined with: the account's `leader` where it is not one, `others` where it is."""

    draft: Draft
    leader: Draft | None = None
    others: tuple[Draft, ...] = ()
    reaches: tuple[str, ...] = ()  # user ids whom its playbook reaches, where that is counted

    @property
    def starts(self) -> bool:
        """Whether this firing starts its playbook."""
        return self.draft.ruling.decision == "acting" and self.leader is None

    def reasons(self) -> tuple[str, ...]:
        """The reasons of the leader's trigger, then those of others, each under its trigger's title."""
        together: dict[str, list[Draft]] = {}
        for draft in (self.draft, *self.others):
            together.setdefault(draft.trigger.trigger, []).append(draft)
        own, *others = together.values()
        titled = (_beside(each[0].trigger.title, who, said) for each in others for who, said in _told(each))
        return (*(_beside("", who, said) for who, said in _told(own)), *titled)

    def people(self) -> tuple[str, ...]:
        """User ids behind all of it, without repeats."""
        everybody = (person for each in (self.draft, *self.others) for person in each.people())
        return tuple(dict.fromkeys(everybody))

    def reason(self) -> str:
        """What is decided, for the ledger."""
        if self.leader is None:
            let_go = f"; let go by {self.draft.approved_by}" if self.starts and self.draft.approved_by else ""
            return f"{self.draft.ruling.reason}{let_go}"
        person = f" for {self.leader.user_name}" if self.leader.user_name else ""
        return f"joined with {self.leader.trigger.trigger}{person}: one conversation with this account"


def join(drafts: Iterable[Draft]) -> list[Joined]:
    """The drafts by priority. Of an account's acting ones the first leads, and the others give it their reasons."""
    ordered = sorted(drafts, key=Draft.sort_key)
    acting: dict[str, list[Draft]] = {}
    for draft in ordered:
        if draft.ruling.decision == "acting":
            acting.setdefault(draft.account_id, []).append(draft)
    return [_joined(draft, acting.get(draft.account_id, [])) for draft in ordered]


def _joined(draft: Draft, acting: list[Draft]) -> Joined:
    if draft.ruling.decision != "acting":
        return Joined(draft)
    leader, *others = acting
    return Joined(draft, others=tuple(others)) if draft is leader else Joined(draft, leader=leader)


def _told(drafts: Sequence[Draft]) -> Iterator[tuple[str, str]]:
    """What an account's firings of one trigger say, and of whom: nobody where it is about the whole account.

    First what the first lines say of each, then the second lines; what several say alike is said once, of all of them.
    """
    told = drafts[:_TOLD]
    whose: dict[str, list[str]] = {}
    for row in zip_longest(*(draft.evidence.told() for draft in told)):
        for draft, (reason, is_own) in ((one, said) for one, said in zip(told, row, strict=True) if said):
            whose.setdefault(reason, [])
            if is_own:
                whose[reason].append(draft.user_name)
    yield from ((_together(names), reason) for reason, names in whose.items())
    if left := len(drafts) - len(told):
        yield "", f"{left} more {'person' if left == 1 else 'people'} like these"


def _together(names: Sequence[str]) -> str:
    """`Ana`, `Ana and Bo`, `Ana, Bo, Cy and 9 more`; nothing for what is said of the account."""
    if not names:
        return ""
    left = len(names) - _NAMED
    *first, last = [*names[:_NAMED], f"{left} more"] if left > 0 else names
    return f"{', '.join(first)} and {last}" if first else last


def _beside(title: str, who: str, said: str) -> str:
    """`Ana: seen 5 times`, under a title `Exports a lot, Ana: seen 5 times`."""
    before = ", ".join(part for part in (title, who) if part)
    return f"{before}: {said}" if before else said
