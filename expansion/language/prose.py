"""Conditions and values in words, as explanations, tasks and cases say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from expansion.language.model.conditions import COMPARISONS, GROWTH, Condition, Where
from expansion.language.model.models import Facts, Who
from expansion.language.model.values import Percent, format_number, is_endless
from expansion.text.money import money_text, to_cents

_RELATIVE = (*GROWTH, "among_top")  # compared with another time, or with others

GROUPS: Mapping[str, str] = {
    "all_of": "all of these",
    "any_of": "one of these",
    "none_of": "none of these",
    "some_of": "at least {need} of these",
}


# --- values -----------------------------------------------------------------------------------------------------------


def kind_of(fact: str, vocabulary: Facts) -> str:
    """The kind that a fact's value is shown as."""
    return vocabulary.kind(fact) or "number"


def value_text(value: Any, kind: str, currency: str) -> str:
    """A fact's value as people read it; `unknown` where there is none."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case Fraction() if is_endless(value):
            return "no limit" if value > 0 else "below any number"
        case Fraction() | int():
            if kind == "percent":
                return f"{format_number(Fraction(value) * 100)}%"
            return money_text(to_cents(Fraction(value)), currency) if kind == "money" else format_number(value)
        case datetime():
            return f"{value:%Y-%m-%d}"
        case tuple():
            return ", ".join(value) or "none"
    return str(value)


def number_beside(value: Fraction | None, threshold: Fraction | None, kind: str, currency: str) -> str:
    """A number with as many digits as it takes to see on which side of its threshold it lies."""
    text = value_text(value, kind, currency)
    if (
        value is None
        or threshold is None
        or is_endless(value)
        or value == threshold
        or text != value_text(threshold, kind, currency)
    ):
        return text
    scale, sign = (100, "%") if kind == "percent" else (1, "")
    for places in range(3, 30):
        rounded = Fraction(round(value * scale * 10**places), 10**places)
        if rounded != threshold * scale:
            return f"{Decimal(rounded.numerator) / Decimal(rounded.denominator):,f}{sign}"
    return text


def wanted_text(wanted: Any, kind: str, currency: str) -> str:
    """A threshold as people read it."""
    match wanted:
        case Percent():
            return str(wanted)
        case bool():
            return "yes" if wanted else "no"
        case int() | Decimal():
            return value_text(Fraction(wanted), kind, currency)
        case datetime():
            return f"{wanted:%Y-%m-%d}"
    return str(wanted)


# --- conditions -------------------------------------------------------------------------------------------------------


def describe(condition: Condition, vocabulary: Facts, currency: str, who: Who = "accounts") -> str:
    """One condition as a sentence: `seat_usage at least 80%, for 14 days`. `who` is asked about: peers are the same."""
    match condition.subject:
        case "cohort":
            sentence = f"in cohort {condition.cohort}"
        case "trigger":
            sentence = f"trigger {condition.trigger} holds"
        case "sequence":
            sentence = _of_sequence(condition)
        case "fact":
            sentence = _of_fact(condition, kind_of(str(condition.fact), vocabulary), currency)
        case _:
            sentence = _of_pattern(condition) if condition.pattern else _of_events(condition, who)
    return f"{sentence}, for {condition.for_}" if condition.for_ else sentence


def titled(condition: Condition, vocabulary: Facts, currency: str) -> str | None:
    """The sentence with the fact's title in place of its name; None where it has no title."""
    title = vocabulary.facts[condition.fact].title if condition.fact else None
    if title is None:
        return None
    return title + describe(condition, vocabulary, currency).removeprefix(condition.fact or "")


def comparison_text(word: str, wanted: Any, kind: str = "number", currency: str = "") -> str:
    """`at least 80%`, `between 5 and 10`, `Team or Pro`."""
    if word == "exists":
        return "is known" if wanted else "is not known"
    if isinstance(wanted, list):
        texts = [wanted_text(one, kind, currency) for one in wanted]
        return f"{COMPARISONS['between' if word == 'between' else _SINGLE[word]]} {listed(texts, word)}"
    return f"{COMPARISONS[word]} {wanted_text(wanted, kind, currency)}"


_SINGLE = {"is_one_of": "is", "is_not_one_of": "is_not"}


def listed(texts: Sequence[str], word: str) -> str:
    """`Team, Pro or Free`; with `between`, `5 and 10`."""
    *first, last = texts
    return f"{', '.join(first)} {'and' if word == 'between' else 'or'} {last}" if first else last


def _of_fact(condition: Condition, kind: str, currency: str) -> str:
    word, wanted = condition.comparison()
    sentence = f"{condition.fact} {comparison_text(word, wanted, kind, currency)}"
    if word == "among_top":
        sentence += _peers(condition, "accounts")
    elif condition.over:
        sentence += f" over {condition.over}"
    return _periods(condition, sentence + _base(condition, kind, currency))


def _of_events(condition: Condition, who: Who) -> str:
    sentence = _counted(condition, narrowed(condition.events, condition.where))
    if condition.among_top:
        sentence += f"{_peers(condition, who)}, over {condition.over}"
    elif condition.over:
        sentence += f" over {condition.over}"
    return _periods(condition, sentence + _counting(condition) + _base(condition, "number", ""))


def _of_pattern(condition: Condition) -> str:
    """`Login at least 20 times over 28 days, then none for 14 days`."""
    events = narrowed(condition.events, condition.where)
    match condition.pattern:
        case "first_within", span:
            return f"first {events} within {span}"
        case "came_back_after", span:
            return f"{events} again after at least {span} without, over {condition.over}"
        case _, span:
            before = f" over {condition.over}" if condition.over else ""
            return f"{_counted(condition, events)}{before}{_counting(condition)}, then none for {span}"
    raise ValueError("there is no pattern")


def _of_sequence(condition: Condition) -> str:
    """`Trial Started, then Invite Sent, within 14 days, by the same person`."""
    sentence = ", then ".join(narrowed(step.events, step.where) for step in condition.steps)
    if condition.excluded:
        sentence += f", with no {narrowed(condition.excluded.events, condition.excluded.where)} in between"
    sentence += f", within {condition.within}"
    if condition.over:
        sentence += f", over {condition.over}"
    if condition.by_at_least:
        people = condition.by_at_least
        return f"{sentence}, by each of at least {people.count} {unit_of(people.what, people.count)}"
    return f"{sentence}, by the same person" if condition.same_user else sentence


def narrowed(events: Sequence[str], where: Mapping[str, Any]) -> str:
    """`Invite Sent or Link Shared (role: admin)`."""
    narrowing = ", ".join(_where(name, value) for name, value in where.items())
    return listed(events, "or") + (f" ({narrowing})" if narrowing else "")


def _counting(condition: Condition) -> str:
    """`, by at least 2 people, on at least 3 days`."""
    extras = (("by", condition.by_at_least), ("on", condition.on_at_least))
    said = (f", {word} at least {extra.count} {unit_of(extra.what, extra.count)}" for word, extra in extras if extra)
    return "".join(said)


def _base(condition: Condition, kind: str, currency: str) -> str:
    base = condition.from_at_least
    if base is None:
        return ""
    least = wanted_text(base, kind, currency)
    return f", from at least {least}" if condition.grows else f", with at least {least}"


def _peers(condition: Condition, who: Who) -> str:
    """`of accounts with the same plan`."""
    if who == "users":
        return " of people" if condition.of is None else f" of people whose accounts have the same {condition.of}"
    return " of accounts" if condition.of is None else f" of accounts with the same {condition.of}"


def _periods(condition: Condition, sentence: str) -> str:
    if condition.in_at_least is None:
        return sentence
    return f"{sentence}{',' if ', ' in sentence else ''} in at least {condition.in_at_least}"


def _counted(condition: Condition, events: str) -> str:
    """`export at least 3 times`, `export by at least 2 people`, `sum of rows in export more than 40`."""
    if not condition.has_comparison:
        return events
    what, name = condition.aggregate
    word, wanted = condition.comparison()
    compared = comparison_text(word, wanted)
    if what == "distinct" and word not in _RELATIVE:
        return f"{events} with {compared.removeprefix('is ')} {different(name or '', 1 if wanted == 1 else 2)}"
    if name is not None:
        return f"{property_text(condition)} in {events} {compared}"
    if word in _RELATIVE:
        return f"{events} {compared}" if what == "times" else f"{what} with {events} {compared}"
    if (word, wanted) in (("at_most", 0), ("is", 0), ("less_than", 1)):
        return "no event" if events == "any event" else f"no {events}"
    amount = compared.removeprefix("is ")
    unit = unit_of(what, wanted)
    return {"times": f"{events} {amount} {unit}", "people": f"{events} by {amount} {unit}"}.get(
        what, f"{events} on {amount} {unit}"
    )


def property_text(condition: Condition) -> str:
    """`total rows`, `different departments`."""
    what, name = condition.aggregate
    return different(name or "") if what == "distinct" else f"{_OF_PROPERTY[what]} {name}"


def different(prop: str, count: int = 2) -> str:
    """What a property holds: `different departments`, or `different values of x_id` where its name is no plain word."""
    if not (prop.isascii() and prop.isalpha() and prop.islower()) or prop.endswith("s"):
        return f"different value{'' if count == 1 else 's'} of {prop}"
    if count == 1:
        return f"different {prop}"
    return f"different {prop[:-1]}ies" if prop.endswith("y") and prop[-2:-1] not in "aeiou" else f"different {prop}s"


_OF_PROPERTY = {
    "sum": "total",
    "average": "average",
    "max": "largest",
    "latest": "latest",
}
_ONE = {"times": "time", "people": "person", "days": "day"}


def unit_of(what: str, count: Any) -> str:
    """`times`, `people` or `days`; of one, in the singular."""
    return _ONE[what] if count == 1 else what


def _where(name: str, value: Any) -> str:
    if isinstance(value, Where):
        return f"{name} {comparison_text(*value.comparison())}"
    texts = [wanted_text(one, "number", "") for one in (value if isinstance(value, list) else [value])]
    return f"{name}: {listed(texts, 'or')}"
