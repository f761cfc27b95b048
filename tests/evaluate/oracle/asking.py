"""Triggers, clauses and conditions, asked of one account or one person at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.evaluate.oracle.answers import CANNOT_TELL, NO, all_of, any_of, opposite, said, some_of
from tests.evaluate.oracle.clearing import clearing_lines, without_dwell
from tests.evaluate.oracle.counting import Counting, Definition, all_read, newest
from tests.evaluate.oracle.facts import Known
from tests.evaluate.oracle.patterns import came_back, first_within, is_silent, was_ever_there
from tests.evaluate.oracle.spans import days_back, exactly, is_exact, span_days
from tests.evaluate.oracle.stored import NOW, At, Row, Stored, Who
from tests.evaluate.oracle.values import AtLeast, compared, items_fit, text_fits, threshold
from tests.evaluate.oracle.walks import walked

GROWTH = ("grew_at_least", "fell_at_least")
COMPARISONS = (
    *("at_least", "more_than", "at_most", "less_than", "is", "is_not", "is_one_of", "is_not_one_of", "contains"),
    *("starts_with", "exists", "before", "after", "older_than", "newer_than", "between", "among_top"),
    *GROWTH,
)


@dataclass
class Oracle:
    """Everything that is stored and every definition, seen from one moment."""

    events: list[Row]
    changes: list[Row]
    facts: dict[str, Definition]
    cohorts: dict[str, Definition]
    zone: ZoneInfo
    as_of: datetime
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    late: timedelta = timedelta(days=2)
    first_pulls: dict[str, datetime] = field(default_factory=dict)
    plans: Definition | None = None
    triggers: dict[str, Definition] = field(default_factory=dict)  # those that may be referred to, by name
    real: frozenset[str] | None = None  # see Stored

    def __post_init__(self) -> None:
        seen = (self.zone, self.as_of, self.spans, self.late, self.first_pulls)
        self.stored = Stored(self.events, self.changes, *seen, self.real)
        self.counting = Counting(self.stored)
        self.known = Known(self.stored, self.counting, self.facts, self.plans)

    def accounts(self) -> set[str]:
        return self.stored.accounts()

    def users(self) -> set[Who]:
        return self.stored.users()

    # --- triggers -----------------------------------------------------------------------------------------------------

    def fires(self, trigger: Definition, account: str, user: str | None = None, at: At = NOW) -> str:
        """Whether a trigger's own conditions hold, for an account or one of its people."""
        who = Who(account, user)
        parts = [self.clause(clause, who, at) for clause in trigger["when"]]
        parts += [opposite(self.clause(clause, who, at)) for clause in trigger.get("unless", [])]
        if trigger.get("accounts"):
            parts.append(self.in_cohort(trigger["accounts"], who, at))
        return all_of(parts)

    def cleared(self, trigger: Definition, account: str, user: str | None = None) -> bool:
        """Certainly over: what keeps the episode open is a plain no."""
        who = Who(account, user)
        rest: list[str] = []
        keeps = clearing_lines(trigger["when"])
        if not keeps:
            keeps = [without_dwell(clause) for clause in trigger["when"]]
            rest = [opposite(self.clause(clause, who, NOW)) for clause in trigger.get("unless", [])]
        if trigger.get("accounts"):
            rest.append(self.in_cohort(trigger["accounts"], who, NOW))
        return all_of([*rest, *(self.clause(clause, who, NOW) for clause in keeps)]) == NO

    def clause(self, clause: Definition, who: Who, at: At) -> str:
        if "all_of" in clause:
            return all_of(self.clause(part, who, at) for part in clause["all_of"])
        if "any_of" in clause:
            return any_of(self.clause(part, who, at) for part in clause["any_of"])
        if "none_of" in clause:
            return opposite(any_of(self.clause(part, who, at) for part in clause["none_of"]))
        if "some_of" in clause:
            some = clause["some_of"]
            return some_of((self.clause(part, who, at) for part in some["of"]), some["need"])
        days = span_days(clause["for"]) if "for" in clause else 1
        return all_of(self.condition(clause, who, at.day_before(day)) for day in range(days))

    def in_cohort(self, name: str, who: Who, at: At) -> str:
        definition = self.cohorts[name]
        if "when" in definition:
            return all_of(self.clause(clause, who.together, at) for clause in definition["when"])
        if not self.stored.pulled(name, at):
            return CANNOT_TELL
        if self.stored.is_gone(definition["from"], f"@member {definition['name']}", at):
            return CANNOT_TELL
        member = self.stored.value(definition["from"], f"@member {definition['name']}", who.together, at)
        return said(member == "true")

    # --- conditions ---------------------------------------------------------------------------------------------------

    def condition(self, condition: Definition, who: Who, at: At) -> str:
        """A condition without its dwell."""
        if "cohort" in condition:
            return self.in_cohort(condition["cohort"], who, at)
        if "trigger" in condition:
            return self.fires(self.triggers[condition["trigger"]], who.account, at=at)
        if "sequence" in condition:
            return walked(self.counting, condition, who, at)
        if "first_within" in condition:
            return first_within(self.counting, condition, who, at)
        if "stopped_for" in condition:
            return self.stopped(condition, who, at)
        if "came_back_after" in condition:
            return came_back(self.counting, condition, who, at)
        if "in_at_least" in condition:
            return self.in_periods(condition, who, at)
        return self.asked(condition, who, at, at.earlier(condition["over"]) if "over" in condition else at)

    def stopped(self, condition: Definition, who: Who, at: At) -> str:
        """Silent now, and not before: what is asked of before ends where the silence begins."""
        silent = is_silent(self.counting, condition, who, at)
        if "over" not in condition:
            return all_of([silent, was_ever_there(self.counting, condition, who, at)])
        before = at.earlier(condition["stopped_for"])
        asks = any(word in condition for word in (*COMPARISONS, "by_at_least", "on_at_least"))
        return all_of([silent, self.asked(condition if asks else {**condition, "at_least": 1}, who, before, before)])

    def in_periods(self, condition: Definition, who: Who, at: At) -> str:
        """`3 of the last 4 weeks`: each week by itself, growth against the one before it."""
        need, _, _, _, count, unit = condition["in_at_least"].split()
        answers = []
        for number in range(int(count)):
            then = at.earlier(f"{number} {unit}")
            if "event" in condition:
                answers.append(
                    self.asked({**condition, "over": f"1 {unit}"}, who, then, at.earlier(f"{number + 1} {unit}"))
                )
            else:
                answers.append(self.asked(condition, who, then, then.earlier(condition.get("over", "0 days"))))
        return some_of(answers, int(need))

    def asked(self, condition: Definition, who: Who, at: At, before: At) -> str:
        """One comparison, and what else must hold of the same events; growth is against what was `before`."""
        answers = []
        same_events = {key: condition[key] for key in ("event", "where", "over") if key in condition}
        for word, what in (("by_at_least", "people"), ("on_at_least", "days")):
            if word in condition:
                counted = self.counting.count({**same_events, "count": what}, who, at)
                answers.append(compared(counted, "at_least", condition[word].split()[0]))
        word = next((word for word in COMPARISONS if word in condition), None)
        if word in GROWTH:
            answers.append(self.growth(condition, word, who, at, before))
        elif word == "among_top":
            answers.append(self.among_top(condition, who, at))
        elif word is not None:
            answers.append(self.comparison(condition, word, who, at))
        return all_of(answers)

    def number(self, condition: Definition, who: Who, at: At) -> Any:
        """What is compared: a count of events, or a fact."""
        if "event" in condition:
            return self.counting.count(condition, who, at)
        return self.known.fact(condition["fact"], who, at)

    def comparison(self, condition: Definition, word: str, who: Who, at: At) -> str:
        wanted = condition[word]
        if word == "exists":
            return self.exists(condition, wanted, who, at)
        if "latest" in condition:
            found, whole = self.counting.window(condition, who, at)
            value = newest(found, condition["latest"])
            if whole and isinstance(value, list):
                return said(items_fit(value, word, wanted))
            return self.compare_value(value, word, wanted) if whole else CANNOT_TELL
        return self.compare_value(self.number(condition, who, at), word, wanted)

    def exists(self, condition: Definition, wanted: bool, who: Who, at: At) -> str:
        """A value that is there is there; that there is none can only be told where somebody looked."""
        if "event" in condition:
            found, looked = self.counting.window(condition, who, at)
            value = newest(found, condition["latest"]) if "latest" in condition else self.number(condition, who, at)
            there = value is not None
            amount = next((condition[word] for word in ("sum", "average", "max") if word in condition), None)
            looked = looked and (amount is None or all_read(found, amount))
        else:
            there = self.known.fact(condition["fact"], who, at) is not None
            looked = self.known.nothing(condition["fact"], who, at)
        return said(there == wanted) if there or looked else CANNOT_TELL

    def growth(self, condition: Definition, word: str, who: Who, at: At, before: At) -> str:
        now, was = self.number(condition, who, at), self.number(condition, who, before)
        answers = [CANNOT_TELL]
        if isinstance(now, Fraction) and isinstance(was, Fraction) and was > 0:
            change = (now - was) / was
            share = threshold(condition[word])
            answers = [said(change >= share if word == "grew_at_least" else change <= -share)]
        if "from_at_least" in condition:
            answers.append(compared(was, "at_least", condition["from_at_least"]))
        return all_of(answers)

    # --- among others -------------------------------------------------------------------------------------------------

    def among_top(self, condition: Definition, who: Who, at: At) -> str:
        """Few enough of its peers have a larger number."""
        own = self.number(condition, who, at)
        answers = [CANNOT_TELL]
        if isinstance(own, Fraction) and (peers := self.peers(condition, who, at)) is not None:
            numbers = [self.number(condition, peer, at) for peer in peers]
            known = [number for number in numbers if isinstance(number, Fraction)]
            larger = [number for number in known if number > own]
            answers = [said(own > 0 and Fraction(len(larger), len(known)) < threshold(condition["among_top"]))]
        if "from_at_least" in condition:
            answers.append(compared(own, "at_least", condition["from_at_least"]))
        return all_of(answers)

    def peers(self, condition: Definition, who: Who, at: At) -> list[Who] | None:
        """Those it is ranked among; None where it cannot be told who they are."""
        of_people = who.user is not None and ("event" in condition or self._of_users(condition["fact"]))
        everyone = sorted(self.users()) if of_people else [Who(account) for account in sorted(self.accounts())]
        if "of" not in condition:
            return everyone
        same = self.known.fact(condition["of"], who, at)
        if same is None or isinstance(same, AtLeast):
            return None
        return [peer for peer in everyone if self.known.fact(condition["of"], peer, at) == same]

    def _of_users(self, fact: str) -> bool:
        return self.facts[fact].get("who") == "users"

    # --- values -------------------------------------------------------------------------------------------------------

    def compare_value(self, value: Any, word: str, wanted: Any) -> str:
        if value is None:
            return CANNOT_TELL
        if isinstance(value, Fraction | AtLeast):
            return compared(value, word, wanted)
        if isinstance(value, datetime):
            return said(self.date_fits(value, word, wanted))
        if isinstance(value, tuple):
            return said(str(wanted).lower() in [item.lower() for item in value])
        if isinstance(value, bool):
            return said((value is wanted) == (word == "is"))
        return said(text_fits(value, word, wanted))

    def date_fits(self, value: datetime, word: str, wanted: Any) -> bool:
        if word in ("older_than", "newer_than"):
            exact = is_exact(wanted)
            if exact:
                new = value > self.as_of - exactly(wanted)
            else:
                new = self.stored.local_day(value) > days_back(self.stored.today, wanted)
            return not new if word == "older_than" else new and value <= self.as_of
        day = self.stored.local_day(value)
        days = [date.fromisoformat(str(one)[:10]) for one in (wanted if isinstance(wanted, list) else [wanted])]
        return {
            "before": day < days[0],
            "after": day > days[0],
            "is": day == days[0],
            "between": days[0] <= day <= days[-1],
        }[word]
