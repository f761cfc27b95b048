"""Checks `when_cleared` and `sla` of a step: the action can do it, the times are in order, and who is named exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from expansion.contract import ActionWords
from expansion.language.check.opened import Known, not_email, not_of_account, unknown
from expansion.language.model.following import FALLBACK, Reassign, Sla, WorkingSpan
from expansion.language.model.mistakes import Mistake
from expansion.language.model.models import Step
from expansion.language.yaml.source import Source, Steps


def check_following(known: Known, source: Source, at: Steps, step: Step, action: ActionWords) -> Iterator[Mistake]:
    """What a step says of the time after it."""
    if step.when_cleared != "leave" and step.when_cleared not in action.offers:
        can = [f"`{word}`" for word in ("close", "annotate", "take_back") if word in action.offers]
        message = f"`{action.name}` cannot do `{step.when_cleared}`"
        hint = f"it can {' and '.join(can)}" if can else "what it does stays as it is: leave the line out"
        yield source.mistake((*at, "when_cleared"), message, hint)
    for name in sorted(action.keeps & step.with_.keys()) if step.when_cleared == "take_back" else ():
        message = f"`take_back` cannot undo what `{name}` does"
        yield source.mistake((*at, "when_cleared"), message, f"leave the line out, or do it without `{name}`")
    if step.sla is not None:
        yield from _sla(known, source, (*at, "sla"), step.sla, action)


def _sla(known: Known, source: Source, at: Steps, sla: Sla, action: ActionWords) -> Iterator[Mistake]:
    if "sla" not in action.offers:
        message = f"nobody can see whether a person has touched what `{action.name}` made"
        offering = sorted(name for name, one in known.catalog.for_playbooks.items() if "sla" in one.offers)
        yield source.mistake(
            at, message, f"`sla` belongs to a task: {', '.join(offering)}" if offering else None, key=True
        )
        return
    yield from _times(known, source, at, sla)
    if sla.reassign:
        yield from _receiver(known, source, (*at, "reassign", "to"), sla.reassign)
    if sla.speaks and not known.catalog.announcers:
        word = "escalate" if sla.escalate else "remind"
        yield source.mistake((*at, word), "no integration posts messages in channels", key=True)


def _times(known: Known, source: Source, at: Steps, sla: Sla) -> Iterator[Mistake]:
    """A reminder may come early; nobody loses a task before the time is over, and each part comes after the last."""
    last, before = timedelta(), ""
    for name, span in sla.parts():
        length = _length(known, span)
        if name != "remind" and length < _length(known, sla.first_touch):
            message = f"`{name}` comes after {span}, and {sla.first_touch} are given for the first touch"
            yield source.mistake((*at, name, "after"), message, f"write `after: {sla.first_touch}` or more")
        elif length < last:
            message = f"`{name}` comes after {span}, before `{before}` has come"
            yield source.mistake((*at, name), message, "give each a time that is not before the one above", key=True)
        last, before = length, name


def _length(known: Known, span: WorkingSpan) -> timedelta:
    policy = known.policy.model
    if policy is None:  # it has mistakes of its own; eight hours are a day meanwhile
        return timedelta(hours=span.count * (8 if span.unit == "days" else 1))
    return policy.working_hours.length(span)


def _receiver(known: Known, source: Source, at: Steps, reassign: Reassign) -> Iterator[Mistake]:
    if reassign.to == FALLBACK:
        return
    if "@" in reassign.to:
        yield from not_email(source, at, reassign.to)
        return
    what = "`fallback owner`, an e-mail address or a fact of facts.yaml"
    names = known.names("facts")
    yield from unknown(source, at, reassign.to, None if names is None else [*names, FALLBACK], what, "facts.yaml")
    kind = known.kind(reassign.to)
    if kind and kind != "text":
        message = f"`to` needs a fact that holds an e-mail address, and `{reassign.to}` holds none"
        yield source.mistake(at, message, "name another fact, or put its `kind` right in facts.yaml")
    else:
        yield from not_of_account(known, source, at, reassign.to)
