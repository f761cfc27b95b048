"""A finding as a draft of a trigger, with cases at its border: to be read, renamed and thrown away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from expansion.language.model.facts import RatioFact, SourcedFact
from expansion.language.model.models import Facts
from expansion.measure.behaviours import Behaviour
from expansion.measure.discover import Finding

_PEOPLE = 40  # as many people a case may name
_WORD = re.compile(r"[A-Za-z_][\w -]*")


@dataclass(frozen=True)
class Draft:
    """The texts of two files. `cases` None: the fact follows from others, and no case can give it by itself."""

    name: str
    trigger: str
    cases: str | None
    condition: str  # the one line of `when`


@dataclass(frozen=True)
class Around:
    """What a draft is written into: who is asked, who answers for it, what it leads to."""

    facts: Facts
    owner: str
    tier: str
    playbook: str
    cohort: str | None = None
    taken: frozenset[str] = frozenset()  # names of triggers that there are


def draft(finding: Finding, around: Around) -> Draft:
    """The texts of a trigger's file and of its cases, under a name that no trigger has."""
    name = _free(_slug(finding.behaviour.number.subject), around.taken)
    cases = None if around.cohort else _cases(finding.behaviour, around.facts)
    text = None if cases is None else _case_file(name, finding.behaviour.number.subject, cases)
    return Draft(name, _trigger_file(name, finding, around), text, _flow(finding.behaviour.words))


def _trigger_file(name: str, finding: Finding, around: Around) -> str:
    lift = finding.lift
    said = f", {lift.value:.1f} times as often as others of their size then" if lift.value is not None else ""
    lines = [
        f"# Found in history: after {finding.showed:,} account-months with it {finding.came:,} expansions came within",
        f"# four weeks{said}.",
        f"trigger: {name}",
        f"title: {_quoted(_title(finding.behaviour))}",
        f"owner: {_quoted(around.owner)}",
        "status: draft",
        "check: daily",
        *([f"accounts: {around.cohort}"] if around.cohort else []),
        "when:",
        f"  - {_flow(finding.behaviour.words)}",
        f"leads_to: {around.tier}",
        f"then: {{playbook: {around.playbook}}}",
        "quiet_for: 30 days",
    ]
    return "\n".join(lines) + "\n"


def _title(behaviour: Behaviour) -> str:
    return f"{behaviour.number.subject}: {'growing' if behaviour.number.grows else 'more than others'}"


def _case_file(name: str, subject: str, cases: Sequence[tuple[str, Sequence[str], str]]) -> str:
    lines = [f"trigger: {name}", "cases:"]
    for title, given, expected in cases:
        lines += [f"  - title: {title}", *(f"    {one}" for one in given), f"    expect: {expected}"]
        lines += [f"    because: {_quoted(subject)}"]
    return "\n".join(lines) + "\n"


Cases = list[tuple[str, Sequence[str], str]]


def _cases(behaviour: Behaviour, facts: Facts) -> Cases | None:
    number, least = behaviour.number, behaviour.least
    if number.is_fact:
        return _of_fact(number.subject, Fraction(str(round(least, 6))), facts)
    days = int(str(dict(number.asked)["over"]).split()[0])
    if number.grows:
        return _of_growth(number.subject, days, Fraction(str(round(least, 6))))
    how = dict(number.asked).get("count", "times")
    made = {"times": _times, "people": _people, "days": _days}[str(how)]
    enough, fewer = (made(number.subject, int(one)) for one in (least, least - 1))
    if enough is None or fewer is None or (how == "days" and least > days):
        return None
    old = [f"{days + 1} days ago: 1 x {number.subject} by ana"]
    return [("Just enough", enough, "fires"), ("One short", fewer, "stays quiet"), ("Too long ago", old, "stays quiet")]


def _of_fact(name: str, least: Fraction, facts: Facts) -> Cases | None:
    fact = facts.facts[name]
    if isinstance(fact, SourcedFact):
        one = Fraction(1, 100) if fact.kind == "percent" else Fraction(1)
        if (least / one).denominator != 1:
            return None
        sign = "%" if fact.kind == "percent" else ""
        given = [f"now: {{{name}: {int(value / one)}{sign}}}" for value in (least, least - one)]
        return [("At the border", given[:1], "fires"), ("One below", given[1:], "stays quiet")]
    if isinstance(fact, RatioFact) and all(isinstance(facts.facts[one], SourcedFact) for one in fact.parts):
        of, by = fact.parts
        given = [f"now: {{{of}: {one}, {by}: 100}}" for one in (int(least * 100), int(least * 100) - 1)]
        return [("At the border", given[:1], "fires"), ("One per cent below", given[1:], "stays quiet")]
    return None


def _of_growth(event: str, days: int, least: Fraction) -> Cases:
    before = 20  # a round number that every share of growth divides
    after = int(before * (1 + least))
    was = f"{days + 1} days ago: {before} x {event} by ana"
    return [
        ("Just enough growth", [was, f"1 day ago: {after} x {event} by ana"], "fires"),
        ("One short", [was, f"1 day ago: {after - 1} x {event} by ana"], "stays quiet"),
    ]


def _times(event: str, count: int) -> list[str]:
    return [f"1 day ago: {count} x {event} by ana"] if count else ["now: {}"]


def _people(event: str, count: int) -> list[str] | None:
    names = ", ".join(f"user{one}" for one in range(1, count + 1))
    return None if count > _PEOPLE else [f"1 day ago: 1 x {event} by {names}"] if count else ["now: {}"]


def _days(event: str, count: int) -> list[str]:
    days = (f"{one} {'day' if one == 1 else 'days'} ago: 1 x {event} by ana" for one in range(1, count))
    return [f"now: 1 x {event} by ana", *days] if count else ["now: {}"]


def _flow(words: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{word}: {_quoted(str(value))}" for word, value in words.items()) + "}"


def _quoted(text: str) -> str:
    """Plain where YAML reads it as it is, else in quotes."""
    plain = re.fullmatch(r"[A-Za-z0-9][\w %.@-]*", text) and not text.endswith(" ")
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "found"


def _free(name: str, taken: frozenset[str]) -> str:
    return next(one for one in _numbered(f"found-{name}") if one not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
