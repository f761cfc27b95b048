"""What a part of a chance is about, in words that a seller understands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from expansion.measure.features import Feature, Form


def said(feature: Feature, value: float, usual: float) -> str:
    """`12 people did Report Exported in 28 days; usual are 3`. `value` and `usual` are as the column holds them."""
    return _SAID[feature.form](feature, value, usual)


def points(share: float) -> str:
    """`+4.0 points`: of a hundred."""
    rounded = round(share * 100, 1) or 0.0
    return f"{rounded:+.1f} points"


def _count(what: str) -> Callable[[Feature, float, float], str]:
    def told(feature: Feature, value: float, usual: float) -> str:
        now, then = round(math.expm1(value)), round(math.expm1(usual))
        return what.format(now=f"{now:,}", title=feature.title, days=feature.days, usual=f"{then:,}")

    return told


def _days(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title} on {round(value)} of {feature.days} days; usual are {round(usual)}"


def _growth(what: str) -> Callable[[Feature, float, float], str]:
    def told(feature: Feature, value: float, usual: float) -> str:
        share = round((math.exp(value) - 1) * 100)
        stretch = f"the last {feature.days} days against the {feature.days} before"
        if not share:
            return f"{what.format(title=feature.title)} as much as before: {stretch}"
        return f"{what.format(title=feature.title)} {'up' if share > 0 else 'down'} by about {abs(share):,}%: {stretch}"

    return told


def _number(feature: Feature, value: float, usual: float) -> str:
    now, then = (math.copysign(math.expm1(abs(each)), each) for each in (value, usual))
    return f"{feature.title}: {_round(now)}; usual is {_round(then)}"


def _plain_number(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title}: {_round(value)}; usual is {_round(usual)}"


def _share(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title}: {value:.0%}; usual is {usual:.0%}"


def _text(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title} is {'' if value > 0.5 else 'not '}{feature.level}"


def _yes_no(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title}: {'yes' if value > 0.5 else 'no'}"


def _trigger(feature: Feature, value: float, usual: float) -> str:
    return f"“{feature.title}” is {'' if value > 0.5 else 'not '}true"


def _line(feature: Feature, value: float, usual: float) -> str:
    return f"{'so' if value > 0.5 else 'not so'}: {feature.title}"


def _past(feature: Feature, value: float, usual: float) -> str:
    return f"{feature.title}: {round(value):,} days; usual are {round(usual):,}"


def _ahead(feature: Feature, value: float, usual: float) -> str:
    now = f"in {round(value):,} days" if value >= 0 else f"{round(-value):,} days ago"
    return f"{feature.title}: {now}"


def _round(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 10 or number == round(number) else f"{number:,.1f}"


_SAID: Mapping[Form, Callable[[Feature, float, float], str]] = {
    "trigger": _trigger,
    "line": _line,
    "times": _count("{title}: {now} times in {days} days; usual are {usual}"),
    "people": _count("{title}: {now} people in {days} days; usual are {usual}"),
    "days": _days,
    "growth": _growth("{title}"),
    "growth of people": _growth("People with {title}"),
    "amount": _number,
    "number": _plain_number,
    "text": _text,
    "yes_no": _yes_no,
    "past": _past,
    "ahead": _ahead,
    "share": _share,
}
