"""Several firings of one account in one run are one piece of work: one seller, one conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expansion.decide.drafts import Draft


@dataclass(frozen=True)
class Joined:
    """A draft, and what it is joined with: the account's `leader` where it is not one, `others` where it is."""

    draft: Draft
    leader: Draft | None = None
    others: tuple[Draft, ...] = ()

    @property
    def starts(self) -> bool:
        """Whether this firing starts its playbook."""
        return self.draft.ruling.decision == "acting" and self.leader is None

    def reasons(self) -> tuple[str, ...]:
        """The leader's own reasons, then those of the others, each under its trigger's title."""
        others = (f"{each.trigger.title}: {reason}" for each in self.others for reason in each.evidence.reasons())
        return (*self.draft.evidence.reasons(), *others)

    def people(self) -> tuple[str, ...]:
        """User ids behind all of it, without repeats."""
        everybody = (person for each in (self.draft, *self.others) for person in each.evidence.people())
        return tuple(dict.fromkeys(everybody))


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
