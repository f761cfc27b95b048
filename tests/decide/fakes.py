"""Builders for tests of deciding and planning: an evaluator that knows what it is told, a ledger in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from expansion.contract import ActionWords, Catalog
from expansion.decide.handover import RunContext
from expansion.evaluate.results import Answer, Answers, Evidence, EvidenceEvent, FactValue, Line
from expansion.evaluate.subjects import Subject, account_of, user_of
from expansion.fields import DueDate, HtmlText, Inputs, MrkdwnText, Owner, People, PlainText
from expansion.language.model.conditions import AnyOf, Condition
from expansion.language.model.models import Playbook, Policy, Trigger
from expansion.language.model.values import Percent
from expansion.records.dispositions import Snooze
from expansion.records.firing import Conversation, LastEpisode, OpenEpisode
from expansion.records.pauses import Pause

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # a Tuesday
YES, NO, CANNOT_TELL = Answer.YES, Answer.NO, Answer.CANNOT_TELL


# --- actions ----------------------------------------------------------------------------------------------------------


class Task(Inputs):
    assign_to: Owner = "account owner"
    subject: PlainText
    due: DueDate = "in 2 working days"
    notes: PlainText | None = None


class Message(Inputs):
    channel: str
    text: MrkdwnText


class Nudge(Inputs):
    series: str
    people: People
    html: HtmlText | None = None


def catalog() -> Catalog:
    models = {"salesforce.create_task": Task, "slack.post_message": Message, "intercom.enrol_in_series": Nudge}
    return Catalog({name: ActionWords(name, name, model, repeatable=False) for name, model in models.items()})


# --- definitions ------------------------------------------------------------------------------------------------------


def trigger(name: str = "seat-limit", **changes: Any) -> Trigger:
    written: dict[str, Any] = {
        "trigger": name,
        "title": name.replace("-", " ").capitalize(),
        "owner": "revops@acme.example",
        "status": "live",
        "first_run": "act",
        "when": [{"fact": "seat_usage", "at_least": "80%"}],
        "leads_to": "seat_upgrade",
        "then": {"playbook": "seats"},
    }
    return Trigger.model_validate(written | changes)


def policy(**changes: Any) -> Policy:
    written: dict[str, Any] = {
        "time_zone": "Europe/London",
        "working_hours": {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"},
        "account": {"name": "account_name", "value": "arr", "owner": "owner_email", "parent": "parent_id"},
        "owners": {"fallback": "deals@acme.example"},
        "tiers": {
            "seat_upgrade": {"title": "More seats", "worth": {"share": "20%", "of": "arr"}, "likely": "15%"},
            "add_on": {"title": "Add-on", "worth": {"flat": 3600}, "likely": "30%"},
        },
    }
    return Policy.model_validate(written | changes)


def playbook(name: str = "seats", steps: Sequence[Mapping[str, Any]] | None = None) -> Playbook:
    one = {"id": "ask", "do": "salesforce.create_task", "with": {"subject": "Seats: {{ account.name }}"}}
    return Playbook.model_validate({"playbook": name, "title": f"Play {name}", "steps": steps or [one]})


@dataclass
class Folder:
    triggers: dict[str, Trigger]
    playbooks: dict[str, Playbook]
    policy: Policy

    def definition_hash(self, trigger_name: str) -> str:
        return f"hash of {trigger_name}"


def folder(*triggers: Trigger, policy: Policy, playbooks: Sequence[Playbook] = ()) -> Folder:
    books = playbooks or [playbook()]
    return Folder({each.trigger: each for each in triggers}, {each.playbook: each for each in books}, policy)


def run(as_of: datetime = NOW, **changes: Any) -> RunContext:
    return replace(RunContext(as_of=as_of, git_revision="abc1234", watermark=as_of), **changes)


def answers(
    name: str = "seat-limit",
    yes: Iterable[Subject] = (),
    cleared: Iterable[Subject] = (),
    unknown: Mapping[Subject, str] | None = None,
    as_of: datetime = NOW,
    asked: int = 0,
) -> Answers:
    return Answers(name, as_of, frozenset(yes), frozenset(cleared), dict(unknown or {}), asked)


# --- facts and the evaluator ------------------------------------------------------------------------------------------


def known(value: Any, text: str | None = None) -> FactValue:
    exact = Fraction(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    return FactValue(exact, str(value) if text is None else text)


def unknown(cause: str = "salesforce.account has no value") -> FactValue:
    return FactValue(None, "unknown", cause)


@dataclass
class FakeEvaluator:
    """`facts[account][name]` is a FactValue or a plain value; what is not there is not known."""

    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[tuple[str, str], list[dict[str, str | None]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # user id -> name
    emails: dict[str, str] = field(default_factory=dict)
    active: dict[str, list[str]] = field(default_factory=dict)  # account -> user ids behind the answer
    broken: set[Subject] = field(default_factory=set)  # those that cannot be explained
    more: dict[Subject, list[str]] = field(default_factory=dict)  # what is seen beside the seats, line by line
    ids: dict[str, dict[str, str]] = field(default_factory=dict)  # account -> system -> id
    silent: dict[str, str] = field(default_factory=dict)  # account -> which source did not answer about it
    as_of: datetime = NOW
    asked: list[str] = field(default_factory=list)  # facts that were looked up

    def answers(self, triggers: Sequence[Trigger]) -> dict[str, Answers]:
        raise NotImplementedError

    def explain(self, trigger: Trigger, subject: Subject) -> Evidence:
        if subject in self.broken:
            raise ValueError("a record that nobody foresaw")
        account = account_of(subject)
        people = tuple(self.active.get(account, ()))
        events = tuple(EvidenceEvent(f"e-{each}", "Invited", self.as_of, each) for each in people)
        seats = Line("seat_usage is at least 80%", YES, "92% (46 of 50)", "80%", events=events, people=people)
        more = (Line("Paywall Viewed at least 3 times", YES, seen) for seen in self.more.get(subject, ()))
        return Evidence(trigger.trigger, account, self.as_of, YES, (*more, seats), user_of(subject) or None)

    def holds(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, Answer]:
        return {account: _all(self._clause(clause, account) for clause in clauses) for account in account_ids}

    def unanswered(self, clauses: Sequence[Any], account_ids: Iterable[str]) -> dict[str, str]:
        return {account: self.silent[account] for account in account_ids if account in self.silent}

    def fact(self, name: str, account_ids: Iterable[str]) -> dict[str, FactValue]:
        self.asked.append(name)
        return {account: self._fact(name, account) for account in account_ids}

    def people(self, group: str, account_id: str) -> list[Mapping[str, str | None]]:
        return list(self.groups.get((group, account_id), []))

    def profiles(self, account_id: str, user_ids: Iterable[str]) -> list[Mapping[str, str | None]]:
        return [{"user_id": u, "email": self.emails.get(u), "name": self.names.get(u)} for u in user_ids]

    def remote_ids(self, account_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        return {account: self.ids.get(account, {}) for account in account_ids}

    def _fact(self, name: str, account: str) -> FactValue:
        value = self.facts.get(account, {}).get(name, unknown())
        return value if isinstance(value, FactValue) else known(value)

    def _clause(self, clause: Any, account: str) -> Answer:
        if isinstance(clause, AnyOf):
            found = [self._clause(each, account) for each in clause.any_of]
            return YES if YES in found else CANNOT_TELL if CANNOT_TELL in found else NO
        assert isinstance(clause, Condition)
        word, wanted = clause.comparison()
        value = self._fact(str(clause.fact), account).value
        if word == "exists":
            return YES if (value is not None) is wanted else NO
        if value is None:
            return CANNOT_TELL
        if word == "at_least":
            limit = wanted.value if isinstance(wanted, Percent) else Fraction(wanted)
            return YES if isinstance(value, Fraction) and value >= limit else NO
        assert word == "is"
        return YES if value == wanted else NO


def _all(found: Iterable[Answer]) -> Answer:
    seen = list(found)
    return NO if NO in seen else CANNOT_TELL if CANNOT_TELL in seen else YES


# --- history ----------------------------------------------------------------------------------------------------------


@dataclass
class FakeHistory:
    """The ledger's reads, over what `last` and `past` hold: trigger -> account or person -> episode."""

    last: dict[str, dict[Subject, LastEpisode]] = field(default_factory=dict)
    past: dict[str, list[int]] = field(default_factory=dict)
    fired_lately: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)  # trigger -> account, when
    were_live: set[str] = field(default_factory=set)  # triggers that ran live before
    paused: list[Pause] = field(default_factory=list)
    snoozed: list[tuple[str, Snooze]] = field(default_factory=list)  # by which trigger
    began: list[Conversation] = field(default_factory=list)

    def open_episodes(self, trigger: str, accounts: Collection[str] | None = None) -> dict[Subject, OpenEpisode]:
        return {
            subject: still_open(it.episode, it.fired_at, it.decision)
            for subject, it in self.last_episode(trigger).items()
            if it.cleared_at is None
        }

    def last_episode(self, trigger: str) -> dict[Subject, LastEpisode]:
        return self.last.get(trigger, {})

    def past_counts(self, trigger: str, limit: int) -> list[int]:
        return self.past.get(trigger, [])[:limit]

    def fired(self, trigger: str, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
        return [(account, at) for account, at in self.fired_lately.get(trigger, []) if since < at <= until]

    def was_live(self, trigger: str) -> bool:
        return trigger in self.were_live

    def pauses(self) -> list[Pause]:
        return self.paused

    def snoozes(self, trigger: str, at: datetime) -> list[Snooze]:
        return [one for name, one in self.snoozed if name == trigger and one.until > at]

    def mark(self) -> tuple[int, int]:
        return (0, 0)

    def conversations(self, since: datetime, until: datetime) -> list[Conversation]:
        return [one for one in self.began if since <= one.at < until]


def still_open(episode: int = 1, at: datetime = NOW, decision: Any = "acting", **rest: Any) -> OpenEpisode:
    return OpenEpisode(
        **{"firing_id": 1, "reason": "said before", "decided_at": at} | rest,
        episode=episode,
        fired_at=at,
        decision=decision,
    )
