"""A draft as the ledger keeps it, and as its playbook tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date
from expansion.decide.conversations import Joined
from expansion.decide.drafts import Draft
from expansion.decide.evidence import evidence_record
from expansion.evaluate.results import Evaluator
from expansion.language.model.models import Playbook, Policy
from expansion.records.firing import NewFiring, NewStep
from expansion.steps.context import Story, names_of, pinned
from expansion.steps.links import account_links
from expansion.steps.steps import Work


@dataclass(frozen=True)
class RunContext:
    """What every firing of a run has in common."""

    as_of: datetime  # the moment of the check: aware
    git_revision: str | None = None
    watermark: datetime | None = None
    # What templates find under `links`, by label: `{salesforce}` stands for the account's id there, see plan/links.py.
    links: Mapping[str, str] = field(default_factory=dict)


def as_works(
    members: Sequence[Joined], playbook: Playbook, policy: Policy, evaluator: Evaluator, context: RunContext
) -> list[Work]:
    """What a playbook is told of each of its leading firings."""
    ids = evaluator.remote_ids([each.draft.account_id for each in members]) if context.links else {}
    return [_work(each, playbook, policy, evaluator, context, ids.get(each.draft.account_id, {})) for each in members]


def _work(
    joined: Joined,
    playbook: Playbook,
    policy: Policy,
    evaluator: Evaluator,
    context: RunContext,
    remote_ids: Mapping[str, str],
) -> Work:
    draft, people = joined.draft, joined.people()
    tier = draft.trigger.leads_to
    story = Story(
        account_id=draft.account_id,
        account_name=draft.account_name,
        trigger=draft.trigger.trigger,
        trigger_title=draft.trigger.title,
        tier=tier,
        tier_title=policy.tiers[tier].title,
        priority=draft.priority,
        currency=policy.currency,
        reasons=joined.reasons(),
        people=people,
        owner=draft.owner.email,
        playbook_title=playbook.title,
        fired_on=local_date(_fired_at(draft, context), ZoneInfo(policy.time_zone)),
        links=account_links(context.links, draft.account_id, remote_ids),
    )
    told = pinned(story, names_of(people, draft.account_id, evaluator))
    return Work(
        account_id=draft.account_id,
        trigger=story.trigger,
        episode=draft.episode,
        fired_at=_fired_at(draft, context),
        owner=draft.owner.email,
        people=people,
        context=told,
        user_id=draft.user_id,
        begins_at=context.as_of,
    )


def _fired_at(draft: Draft, context: RunContext) -> datetime:
    """When its episode began. Neither that nor the keys change when it is decided about again."""
    return draft.was.fired_at if draft.was else context.as_of


def as_firing(
    joined: Joined, definition_hash: str, currency: str, context: RunContext, steps: tuple[NewStep, ...]
) -> NewFiring:
    """The firing with all that the ledger keeps of it."""
    draft = joined.draft
    return NewFiring(
        trigger=draft.trigger.trigger,
        account_id=draft.account_id,
        account_name=draft.account_name,
        episode=draft.episode,
        fired_at=_fired_at(draft, context).astimezone(UTC),
        decision=draft.ruling.decision,
        reason=joined.reason(),
        definition_hash=definition_hash,
        git_revision=context.git_revision,
        watermark=context.watermark,
        tier=draft.trigger.leads_to,
        worth=draft.priority.worth,
        currency=currency,
        likely=draft.priority.likely,
        priority=draft.priority.expected,
        priority_parts=draft.priority.parts,
        owner=draft.owner.email,
        playbook=None if joined.leader else draft.ruling.playbook,
        evidence=evidence_record(draft.evidence, draft.notes(), joined.reaches),
        steps=steps,
        user_id=draft.user_id,
        user_name=draft.user_name,
    )
