"""Conditions and values in words, as explanations, tasks and cases say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from expansion.language.conditions import COMPARISONS, Condition, Where
from expansion.language.models import Facts, RatioFact, SourcedFact
from expansion.language.values import Percent, format_number
from expansion.money import money_text, to_cents


def kind_of(fact: str, vocabulary: Facts) -> str:
    """The kind that a fact's value is shown as."""
    definition = vocabulary.facts.get(fact)
    if isinstance(definition, SourcedFact):
        return definition.kind
    return "percent" if isinstance(definition, RatioFact) else "number"


def value_text(value: Any, kind: str, currency: str) -> str:
    """A fact's value as people read it; `unknown` where there is none."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case Fraction() | int():
            if kind == "percent":
                return f"{format_number(Fraction(value) * 100)}%"
            return money_text(to_cents(Fraction(value)), currency) if kind == "money" else format_number(value)
        case datetime():
            return f"{value:%Y-%m-%d}"
        case tuple():
            return ", ".join(value)
    return str(value)


def wanted_text(wanted: Any, kind: str, currency: str) -> str:
    """A threshold as people read it."""
    match wanted:
        case Percent():
            return str(wanted)
        case bool():
            return "yes" if wanted else "no"
        case list():
            return ", ".join(wanted_text(one, kind, currency) for one in wanted)
        case int():
            return money_text(to_cents(Fraction(wanted)), currency) if kind == "money" else format_number(wanted)
    return str(wanted)


def describe(condition: Condition, vocabulary: Facts, currency: str) -> str:
    """One condition as a sentence: `seat_usage at least 80%, for 14 days`."""
    if condition.cohort:
        return _with_dwell(f"in cohort {condition.cohort}", condition)
    kind = kind_of(condition.fact, vocabulary) if condition.fact else "number"
    parts = [condition.fact or " or ".join(condition.events)]
    if condition.where:
        parts[0] += f" ({', '.join(_where(name, value) for name, value in condition.where.items())})"
    if condition.has_comparison:
        word, wanted = condition.comparison()
        parts.append(f"{COMPARISONS[word]} {wanted_text(wanted, kind, currency)}")
        if condition.event and condition.aggregate[0] != "times":
            parts[0] += ":"
            parts[-1] = f"{_counted(condition)} {parts[-1]}"
        elif condition.event and word not in ("grew_at_least", "fell_at_least"):
            parts[-1] += " times" if wanted != 1 else " time"
    if condition.over:
        parts.append(f"over {condition.over}")
    sentence = " ".join(parts)
    for word, extra in (("by", condition.by_at_least), ("on", condition.on_at_least)):
        sentence += f", {word} at least {extra}" if extra else ""
    if condition.from_at_least is not None:
        sentence += f", from at least {wanted_text(condition.from_at_least, kind, currency)}"
    return _with_dwell(sentence, condition)


def _with_dwell(sentence: str, condition: Condition) -> str:
    return f"{sentence}, for {condition.for_}" if condition.for_ else sentence


def _counted(condition: Condition) -> str:
    word, name = condition.aggregate
    if name is None:
        return word
    return {"distinct": f"different {name}", "sum": f"sum of {name}", "latest": f"latest {name}"}[word]


def _where(name: str, value: Any) -> str:
    if isinstance(value, Where):
        word, wanted = value.comparison()
        return f"{name} {COMPARISONS[word]} {wanted_text(wanted, 'number', '')}"
    return f"{name}: {wanted_text(value, 'number', '')}"


GROUPS: Mapping[str, str] = {
    "all_of": "all of these",
    "any_of": "one of these",
    "none_of": "none of these",
    "some_of": "at least {need} of these",
}
