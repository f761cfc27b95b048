"""A firing before its steps are planned: one trigger, one account or person of it, everything known about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from expansion.accounts.owners import OwnedBy, owners
from expansion.accounts.priority import Priority, priorities, sort_key
from expansion.decide.episodes import Candidate
from expansion.decide.rulings import Ruling, TriggerPast, rulings
from expansion.evaluate.results import NOT_GIVEN, Answer, Evaluator, Evidence
from expansion.evaluate.subjects import Subject
from expansion.language.model.models import Policy, Trigger
from expansion.records.firing import OpenEpisode, subject_of
from expansion.steps.context import names_of

# What a record that nobody foresaw raises while one account is explained.
_BAD_RECORD = (ValueError, LookupError, ArithmeticError)
# Of what a brake holds together. Measured: one takes up to 80 ms, and a fault in the data holds accounts by the 10,000.
EXPLAINED = 25
NOT_EXPLAINED = f"one of many held together, of which the {EXPLAINED} most valuable were explained"


@dataclass(frozen=True)
class NotDecided:
    """An account or a person that could not be decided about: no firing in this run; the next one tries again."""

    trigger: str
    account_id: str
    sentence: str
    user_id: str = ""


@dataclass(frozen=True)
class Draft:
    """One firing, decided but not planned."""

    trigger: Trigger
    account_id: str
    account_name: str
    episode: int
    ruling: Ruling
    priority: Priority
    owner: OwnedBy
    evidence: Evidence
    user_id: str = ""
    user_name: str = ""
    was: OpenEpisode | None = None  # what was decided about it before, where its episode is open already
    approved_by: str | None = None  # who let it go, where it was held for a person

    @property
    def subject(self) -> Subject:
        return subject_of(self.account_id, self.user_id)

    def sort_key(self) -> tuple[object, ...]:
        by_worth = sort_key(self.priority.expected, len(self.people()), self.account_id, self.trigger.trigger)
        return (*by_worth, self.user_id)

    def people(self) -> list[str]:
        """User ids behind the firing. One about a person is theirs alone, whoever else is behind an account's fact."""
        return [self.user_id] if self.user_id else self.evidence.people()

    def notes(self) -> tuple[str, ...]:
        """What could not be told, and why somebody else than the owner has it."""
        return (*self.ruling.notes, *([self.owner.note] if self.owner.note else []))


def drafts(
    trigger: Trigger, candidates: Sequence[Candidate], policy: Policy, evaluator: Evaluator, past: TriggerPast
) -> tuple[list[Draft], list[NotDecided]]:
    """A draft for each account or person that something is decided about; and those that could not be explained.

    Guard rails, worth and owner are about the account, however many of its people there are. An open episode that is
    kept for the same reason as before has none: explaining takes longer than all the rest, and it may stay for months.
    For the same reason guard rails come first: what a tripped brake holds together is explained in part, see `_brief`.
    """
    ruled = rulings(trigger, candidates, policy, evaluator, past)
    decided = [each for each, ruling in ruled.items() if each.was is None or _has_moved(each.was, ruling)]
    accounts = list(dict.fromkeys(each.account_id for each in decided))
    worth = priorities(policy.tiers[trigger.leads_to], accounts, policy.currency, evaluator)
    explained, problems = _explain(trigger, decided, _brief(trigger, decided, ruled, worth), evaluator)
    owned = owners(policy, accounts, evaluator)
    names = _names(policy, accounts, evaluator)
    people = _people(explained, evaluator)
    made = [
        Draft(
            trigger=trigger,
            account_id=each.account_id,
            account_name=names[each.account_id],
            episode=each.episode,
            ruling=_noted(ruled[each], evidence),
            priority=worth[each.account_id],
            owner=owned[each.account_id],
            evidence=evidence,
            user_id=each.user_id,
            user_name=people.get(each.subject, ""),
            was=each.was,
            approved_by=each.approved_by,
        )
        for each, evidence in explained.items()
    ]
    return made, problems


def _has_moved(was: OpenEpisode, ruling: Ruling) -> bool:
    return (was.decision, was.reason) != (ruling.decision, ruling.reason)


def _brief(
    trigger: Trigger,
    decided: Sequence[Candidate],
    ruled: Mapping[Candidate, Ruling],
    worth: Mapping[str, Priority],
) -> set[Candidate]:
    """Those that are not explained one by one: of what is held together, all but the most valuable.

    Nothing is sent of them, and each is explained when a person lets it go, with the facts of that day.
    """

    def value(each: Candidate) -> tuple[object, ...]:
        expected = worth[each.account_id].expected
        return (*sort_key(expected, 0, each.account_id, trigger.trigger), each.user_id)

    together = [each for each in decided if ruled[each].in_bulk]
    return set(sorted(together, key=value)[EXPLAINED:])


def _explain(
    trigger: Trigger, decided: Sequence[Candidate], brief: set[Candidate], evaluator: Evaluator
) -> tuple[dict[Candidate, Evidence], list[NotDecided]]:
    explained: dict[Candidate, Evidence] = {}
    problems = []
    for each in decided:
        if each in brief:
            user = each.user_id or None
            explained[each] = Evidence(trigger.trigger, each.account_id, evaluator.as_of, Answer.YES, (), user)
            continue
        try:
            explained[each] = evaluator.explain(trigger, each.subject)
        except _BAD_RECORD as error:
            sentence = f"it could not be explained ({type(error).__name__}), so it was left out of this run"
            problems.append(NotDecided(trigger.trigger, each.account_id, sentence, each.user_id))
    return explained, problems


def _noted(ruling: Ruling, evidence: Evidence) -> Ruling:
    """What was not explained says so, and how to see it."""
    if not ruling.in_bulk or evidence.lines:
        return ruling
    about = f"`expansion explain {evidence.trigger} {evidence.account_id}` shows why it is true"
    return replace(ruling, notes=(*ruling.notes, f"{NOT_EXPLAINED}; {about}"))


def _names(policy: Policy, accounts: Sequence[str], evaluator: Evaluator) -> dict[str, str]:
    """What people call the account; its id where nobody knows."""
    known = evaluator.fact(policy.account.name, accounts) if policy.account.name and accounts else {}
    return {account: known.get(account, NOT_GIVEN).as_text or account for account in accounts}


def _people(begins: Iterable[Candidate], evaluator: Evaluator) -> Mapping[Subject, str]:
    """What people are called, asked once for each account."""
    users: dict[str, list[str]] = {}
    for each in begins:
        if each.user_id:
            users.setdefault(each.account_id, []).append(each.user_id)
    return {
        subject_of(account, user): name
        for account, ids in users.items()
        for user, name in zip(ids, names_of(ids, account, evaluator), strict=True)
    }
