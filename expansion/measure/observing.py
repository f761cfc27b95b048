"""What was known of all accounts at a moment, as features: read through the evaluator, which sees nothing later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from expansion.evaluate.engine import Engine
from expansion.evaluate.fact_values import NUMERIC
from expansion.evaluate.logic import CANNOT_TELL, YES
from expansion.evaluate.measures import EventMeasure, Measure, Window, earlier
from expansion.evaluate.numbers import Numbers
from expansion.evaluate.subjects import account_of
from expansion.evaluate.tree import Node
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.conditions import Condition
from expansion.language.model.facts import CountedFact, FactDefinition, SourcedFact
from expansion.language.model.models import Trigger
from expansion.language.model.values import Span
from expansion.language.prose import describe, kind_of, titled
from expansion.measure.calibration import Floats
from expansion.measure.features import Area, Deal, Feature, Form, Observed, amounts, deal_velocity, usage
from expansion.usage.facts import naive
from expansion.usage.storage.atoms import atom_of

EVENTS = 10  # names of events that are counted each by itself
_LOOKED = 200  # names among which the commonest are found
_ANY = "Anything in the product"
_ENDLESS = 1e15  # from here on a number means that there is no limit
# What is counted of an event and over how many days; where True, also over as many days before those.
_COUNTS = (("times", 7, True), ("times", 28, True), ("people", 28, True), ("days", 28, False))


def events_to_count(evaluator: StoreEvaluator) -> tuple[str, ...]:
    """The events that facts.yaml counts, then those that most accounts had in the last 90 days, with equal numbers by
    the alphabet."""
    vocabulary, engine = evaluator.vocabulary.facts.facts, evaluator.everyone
    named = (name for fact in vocabulary.values() if isinstance(fact, CountedFact) for name in fact.counted[1])
    names = engine.source.names()
    came = names.events(naive(evaluator.as_of))[:_LOOKED] if names else []
    counted = {name: _measure((name,), "people", 90) for name in came}
    engine.measure_now(*counted.values())
    had = {name: int((_floats(engine.number(one, 0)) > 0).sum()) for name, one in counted.items()}
    commonest = sorted(had, key=lambda name: (-had[name], name))
    known = [name for name in dict.fromkeys([*named, *commonest]) if had.get(name)]
    return tuple(known[:EVENTS])


@dataclass(frozen=True)
class Asking:
    """What is asked at each moment: the same at all of them."""

    triggers: Sequence[Trigger]
    events: Sequence[str]

    def observe(self, evaluator: StoreEvaluator, deals: Iterable[Deal]) -> Observed:
        """All accounts at the evaluator's moment; `deals`: the expansions that were known then."""
        engine = evaluator.everyone
        accounts = [account_of(one) for one in engine.subjects.ids]
        numbers = {**_triggers(evaluator, self.triggers), **_usage(engine, self.events)}
        texts: dict[Feature, Sequence[str | None]] = {}
        for feature, column in _facts(engine):
            if isinstance(column, list):
                texts[feature] = column
            else:
                numbers[feature] = column
        size = _size(engine)
        numbers |= deal_velocity(engine.as_of, accounts, deals, size)
        return Observed(engine.as_of, accounts, numbers, texts)


# --- triggers ---------------------------------------------------------------------------------------------------------


def _triggers(evaluator: StoreEvaluator, triggers: Sequence[Trigger]) -> dict[Feature, Floats]:
    """Each trigger's answer, and that of each of its lines; of a trigger about people whether anybody's is yes."""
    of_accounts = [one for one in triggers if one.who == "accounts"]
    of_users = [one for one in triggers if one.who == "users"]
    found = dict(_answered(evaluator.everyone, of_accounts))
    for name, answers in evaluator.answers(of_users).items() if of_users else ():
        yes = {account_of(one) for one in answers.yes}
        title = next(one.title for one in of_users if one.trigger == name)
        flags = [float(account_of(one) in yes) for one in evaluator.everyone.subjects.ids]
        found[Feature(f"trigger:{name}", f"trigger:{name}", "triggers", "trigger", title)] = np.array(flags)
    return found


def _answered(engine: Engine, triggers: Sequence[Trigger]) -> Iterator[tuple[Feature, Floats]]:
    nodes: list[tuple[Feature, Node]] = []
    for trigger in triggers:
        group = f"trigger:{trigger.trigger}"
        nodes.append((Feature(group, group, "triggers", "trigger", trigger.title), engine.compiled(trigger).fires))
        for clause in trigger.when:
            if isinstance(clause, Condition):
                text = _line(engine, clause)
                nodes.append((Feature(f"line:{text}", group, "triggers", "line", text), engine.compiler.node(clause)))
    engine.measure(node for _, node in nodes)
    for feature, node in nodes:
        answers = engine.answer(node)
        yield feature, np.where(answers == CANNOT_TELL, np.nan, (answers == YES).astype(float))


def _line(engine: Engine, clause: Condition) -> str:
    facts, currency = engine.vocabulary.facts, engine.policy.currency
    return titled(clause, facts, currency) or describe(clause, facts, currency)


# --- events -----------------------------------------------------------------------------------------------------------


def _usage(engine: Engine, events: Sequence[str]) -> dict[Feature, Floats]:
    """What is counted of each event; and of all of these together, which is how engaged an account is."""
    asked = {name: (name,) for name in events} | ({_ANY: tuple(events)} if len(events) > 1 else {})
    wanted = {name: _counts(names) for name, names in asked.items()}
    engine.measure_now(*(measure for counts in wanted.values() for measure in counts.values()))
    found: dict[Feature, Floats] = {}
    for name, counts in wanted.items():
        counted = {what: _floats(engine.number(measure, 0)) for what, measure in counts.items()}
        found |= usage(name, counted, "engagement" if name == _ANY else "usage")
    return found


def _counts(events: tuple[str, ...]) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for word, days, before in _COUNTS:
        measure = found[f"{word} {days}"] = _measure(events, word, days)
        if before:
            found[f"{word} {days} before"] = earlier(measure, Span(days, "days"))
    return found


def _measure(events: tuple[str, ...], word: str, days: int) -> EventMeasure:
    return EventMeasure(atom_of(events, {}), word, None, Window(Span(days, "days")))  # type: ignore[arg-type]


# --- facts ------------------------------------------------------------------------------------------------------------


def _is_told(engine: Engine, name: str, definition: FactDefinition) -> bool:
    """Whether a fact says something of an account beside who it is; counts of events are taken anyhow."""
    account, facts = engine.policy.account, engine.vocabulary.facts
    who = {account.name, account.owner, account.parent, account.time_zone}
    counted = isinstance(definition, CountedFact)
    return not (name in who or counted or facts.of_users(name) or kind_of(name, facts) == "list")


def _facts(engine: Engine) -> Iterator[tuple[Feature, Floats | list[str | None]]]:
    """Every fact that says something, measured together."""
    every = engine.vocabulary.facts.facts.items()
    told = {name: definition for name, definition in every if _is_told(engine, name, definition)}
    wanted = {name: engine.compiler.fact(name) for name in told}
    engine.measure_now(*wanted.values())
    for name, definition in told.items():
        yield _fact(engine, name, definition, wanted[name])


def _fact(
    engine: Engine, name: str, definition: FactDefinition, measure: Measure
) -> tuple[Feature, Floats | list[str | None]]:
    kind = kind_of(name, engine.vocabulary.facts)
    column = engine.column(measure, 0)
    if column is None or column.kind in NUMERIC:
        told = _floats(engine.number(measure, 0))
        form: Form = "share" if kind == "percent" else "amount"
        return _about(name, definition, form), told if form == "share" else amounts(told)
    values = [column.value(place) for place in range(engine.size)]
    if kind == "text":
        return _about(name, definition, "text"), [None if value is None else str(value).strip() for value in values]
    if kind == "yes_no":
        return _about(name, definition, "yes_no"), np.array([_flag(value) for value in values])
    return _about(name, definition, "ahead"), np.array([_days_ahead(value, engine.as_of) for value in values])


def _about(name: str, definition: FactDefinition, form: Form) -> Feature:
    field = definition.field.lower() if isinstance(definition, SourcedFact) else ""
    area: Area = "deals" if "opportunit" in field or "deal" in field else "firmographics"
    return Feature(f"fact:{name}", f"fact:{name}", area, form, definition.title or name.replace("_", " "))


def _flag(value: object) -> float:
    return float(value) if isinstance(value, bool) else float("nan")


def _days_ahead(value: object, now: datetime) -> float:
    return (value - now).total_seconds() / 86_400 if isinstance(value, datetime) else float("nan")


def _size(engine: Engine) -> Floats:
    """What each account is worth now; NaN where that is not known."""
    if (name := engine.policy.account.value) is None:
        return np.full(engine.size, np.nan)
    measure: Measure = engine.compiler.fact(name)
    engine.measure_now(measure)
    return _floats(engine.number(measure, 0))


def _floats(numbers: Numbers) -> Floats:
    """As statistics take them; NaN where nothing is known, or there is no limit."""
    den: Any = numbers.den if isinstance(numbers.den, int) else numbers.den.astype(float)
    told = numbers.num.astype(float) / den
    return np.where(numbers.known & (np.abs(told) < _ENDLESS), told, np.nan)
