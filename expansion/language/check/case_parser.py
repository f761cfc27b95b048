"""Reads cases: what was known when, the answer that must come out, and the short way to write events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from expansion.language.model.case_dates import TODAY
from expansion.language.model.case_model import Case, CaseEvent, CaseFacts, Expectation
from expansion.language.model.fields import Name, Strict
from expansion.language.model.mistakes import Mistake, brief, did_you_mean
from expansion.language.model.values import Span, parse_span
from expansion.language.yaml.source import Source, Steps

_AGO = re.compile(r"(.+?)\s+ago")
_COUNT = re.compile(r"(?P<times>\d{1,6})\s*x\s+(?P<rest>.+)")
_USER = r"[^\s,]+(?:\s*,\s*[^\s,]+)*"
_EVENT = re.compile(rf"(?P<event>.+?)(?:\s+by\s+(?P<users>{_USER}))?(?:\s+with\s+(?P<properties>[\w .$-]+:\s.*))?")
_ITEM = re.compile(r"""\s*"[^"]*"\s*|\s*'[^']*'\s*|[^,]+""")  # a comma in quotes is part of it
_EXAMPLE = "4 x Paywall Viewed by ana"


class CaseEntry(Strict):
    """One example: what is known at `now` and at times such as `3 days ago`, and the answer it must give."""

    model_config = ConfigDict(extra="allow")

    title: str = Field(
        description="What this example shows, in a sentence.", examples=["Full, but nobody new in a month"]
    )
    expect: Expectation = Field(
        description="The answer: `fires`, `stays quiet` or `cannot tell`.", examples=["stays quiet"]
    )
    today: str | None = Field(
        None,
        description="The day on which it plays, at noon in the time zone of policy.yaml. Left out: Thursday, 15 January"
        " 2026.",
        examples=["2026-03-02"],
    )
    because: str | None = Field(
        None,
        description="The fact, event, cohort or trigger that decides it: a line of the trigger names it.",
        examples=["seats_used"],
    )


class CaseFile(Strict):
    """cases/NAME.yaml: examples that a trigger must satisfy."""

    trigger: Name = Field(description="The trigger that these examples are about.", examples=["seat-limit"])
    cases: list[CaseEntry] = Field(
        min_length=1,
        description="The examples.",
        examples=[[{"title": "Nothing is known", "expect": "cannot tell"}]],
    )


def parse_cases(source: Source, file: CaseFile) -> tuple[list[Case], list[Mistake]]:
    """The examples of a file, and what is wrong with them."""
    cases, mistakes = [], []
    for index, entry in enumerate(file.cases):
        at = ("cases", index)
        reader = _Reader(source)
        for key, value in (entry.model_extra or {}).items():
            reader.moment((*at, key), key, value)
        line = source.spot(at).line
        facts, events = tuple(reader.facts), tuple(reader.events)
        today = reader.today((*at, "today"), entry.today)
        cases.append(
            Case(file.trigger, entry.title, facts, events, entry.expect, entry.because, source.file, line, today)
        )  # fmt: skip
        mistakes += reader.mistakes
    return cases, mistakes


def parse_events(text: str, ago: Span | None) -> tuple[CaseEvent, ...]:
    """Reads `4 x Paywall Viewed by ana, ben with feature: sso`: each person so many times. Raises ValueError."""
    counted = _COUNT.fullmatch(text.strip())
    if not counted:
        raise ValueError(f"`{brief(text)}` is not read as events; write them like  {_EXAMPLE}")
    times = int(counted["times"])
    if times < 1:
        raise ValueError("an event that did not happen is left out; remove the line")
    found = _EVENT.fullmatch(counted["rest"].strip())
    assert found, "any text is at least the name of an event"
    users = re.split(r"\s*,\s*", found["users"]) if found["users"] else [None]
    properties = _properties(found["properties"]) if found["properties"] else {}
    return tuple(CaseEvent(ago, times, found["event"], user, properties) for user in users)


def _properties(text: str) -> dict[str, Any]:
    parts = re.split(r",\s*(?=[\w .$-]+:\s)", text)
    pairs = (part.split(":", 1) for part in parts)
    return {name.strip(): _plain(value.strip()) for name, value in pairs}


def _plain(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return [_plain(item.strip()) for item in _ITEM.findall(text[1:-1]) if item.strip()]
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,12}\.\d{1,9}", text) else text.strip("\"'")


class _Reader:
    """Reads the moments of one case."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.facts: list[CaseFacts] = []
        self.events: list[CaseEvent] = []
        self.mistakes: list[Mistake] = []

    def moment(self, at: Steps, key: str, value: Any) -> None:
        """`now`, or `3 days ago`, with facts, events, or a list of both."""
        try:
            ago = _ago(key)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self.mistakes.append(self.source.mistake(at, message, hint or None, key=True))
            return
        for steps, one in self._parts(at, value):
            self._part(steps, ago, one)

    def today(self, at: Steps, written: str | None) -> date:
        """The day that a case says it is."""
        try:
            day = TODAY if written is None else date.fromisoformat(written)
            if not 2000 <= day.year <= 2100:
                raise ValueError
        except ValueError:
            hint = "write a day as year-month-day, such as  today: 2026-03-02"
            self.mistakes.append(self.source.mistake(at, f"`{brief(written)}` is not a day to play a case on", hint))
            return TODAY
        return day

    def _parts(self, at: Steps, value: Any) -> Iterator[tuple[Steps, Any]]:
        if isinstance(value, list):
            yield from (((*at, index), one) for index, one in enumerate(value))
        else:
            yield at, value

    def _part(self, at: Steps, ago: Span | None, value: Any) -> None:
        match value:
            case dict() if written := _unquoted(value):
                message = "this line of events is cut in two by its colon"
                self.mistakes.append(self.source.mistake(at, message, f'put it in quotes:  "{written}"'))
            case Mapping():
                self.facts += _facts(ago, value)
            case str():
                self._events(at, ago, value)
            case _:
                message = f"`{brief(value)}` is neither facts nor events"
                hint = f"write  now: {{seats_used: 50}}  or  3 days ago: {_EXAMPLE}"
                self.mistakes.append(self.source.mistake(at, message, hint))

    def _events(self, at: Steps, ago: Span | None, text: str) -> None:
        try:
            self.events += parse_events(text, ago)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            self.mistakes.append(self.source.mistake(at, message, hint or None))


def _facts(ago: Span | None, values: Mapping[str, Any]) -> Iterator[CaseFacts]:
    """Facts of the account, and `role: {ana: admin}` as a fact of each person."""
    of_account = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    if of_account or not values:
        yield CaseFacts(ago, of_account)
    for name, of_people in values.items():
        if isinstance(of_people, Mapping):
            yield from (CaseFacts(ago, {name: value}, person) for person, value in of_people.items())


def _unquoted(value: Mapping[str, Any]) -> str | None:
    """`- 4 x Export with rows: 10` without quotes is a mapping with one odd key."""
    key = next((key for key in value if _COUNT.fullmatch(key)), None)
    return None if key is None else f"{key}: {brief(value[key])}"


def _ago(key: str) -> Span | None:
    if key == "now":
        return None
    found = _AGO.fullmatch(key)
    if found:
        return parse_span(found[1])
    if re.match(r"\d", key):
        raise ValueError(f"`{brief(key)}` is not a time; write it like `3 days ago`")
    near = did_you_mean(key, ["title", "expect", "because", "now", "today"])
    may = "what may stand here: `title`, `now`, `3 days ago`, `today`, `expect`, `because`"
    hint = f"did you mean `{near}`?" if near else may
    raise ValueError(f"`{brief(key)}` is not a word that belongs here; {hint}")
