"""A plan as people read it: sections of sentences and tables, the same on a terminal and in a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC

from expansion.calendar.spans import day_text
from expansion.explain.cases import SAID, CaseResult
from expansion.plan.effect import Effect, OfTrigger, happens
from expansion.plan.inside import Inside
from expansion.records.firing import NewFiring, called
from expansion.records.ledger import FiringRecord
from expansion.text.many import many
from expansion.text.money import money_text
from jobs.plan import Plan
from jobs.plan_past_told import past_section
from jobs.plan_section import SHOWN, Section
from jobs.worth import ACTED_ON, Total

NOBODY = "for nobody anything would be different in the next run"


def headline(plan: Plan) -> str:
    """`3 accounts newly fire, 1 stops; 8 more steps; acted on: $12,000 -> $15,840 a year`."""
    found = plan.effect
    if not plan.changes:
        return "the definitions mean the same"
    if not found.triggers:
        return NOBODY
    parts = [_counted(found), _more_steps(found.steps_added), _worth(plan)]
    return "; ".join(part for part in parts if part) or NOBODY


def sections(plan: Plan) -> list[Section]:
    """In the order in which a reader asks: what was edited, does it pass, for whom, how much work, what is held."""
    every = [
        _changed(plan),
        _accounts(plan.effect),
        _steps(plan.effect),
        _held(plan.effect),
        _inside(plan.inside),
        past_section(plan.past),
    ]
    return [one for one in every if one.lines or one.rows]


def compared(plan: Plan) -> str:
    """`The folder as it is, against the last commit (1a2b3c), on the data of 2 March 2026, 09:00 UTC`."""
    after = f"{plan.after}"
    at = plan.as_of.astimezone(UTC)
    moment = f"{day_text(at.date())}, {at:%H:%M} UTC"
    return f"{after[:1].upper()}{after[1:]}, against {plan.before}, on the data of {moment}"


def cases_said(cases: Sequence[CaseResult]) -> list[str]:
    """How many pass, and each that does not."""
    failed = [one for one in cases if not one.passed]
    if not cases:
        return ["there is no case, so nothing shows what the triggers are meant to do"]
    said = [f"{len(cases) - len(failed):,} of {many(len(cases), 'case')} pass"]
    return said + [f"{_where(one)}: expected `{one.case.expect}`, came out `{SAID[one.answer]}`" for one in failed]


def _where(one: CaseResult) -> str:
    return f"{one.case.file}:{one.case.line}, {one.case.title}"


def _counted(found: Effect) -> str:
    fires = _people(one.fires for one in found.triggers)
    stops = _people(one.stops for one in found.triggers)
    other = len({each.after.account_id for one in found.triggers for each in one.differs})
    ends = sum(len(one.ends) for one in found.triggers)
    said = [f"{many(fires, 'account')} newly {'fires' if fires == 1 else 'fire'}"] if fires else []
    said += [f"{many(stops, 'account')} no longer {'does' if stops == 1 else 'do'}"] if stops else []
    said += [f"{many(other, 'account')} {'is' if other == 1 else 'are'} treated otherwise"] if other else []
    said += [f"{many(ends, 'open episode')} {'ends' if ends == 1 else 'end'}"] if ends else []
    return ", ".join(said)


def _people(lists: Iterable[Sequence[NewFiring]]) -> int:
    return len({firing.account_id for some in lists for firing in some})


def _more_steps(added: int) -> str:
    if not added:
        return ""
    return f"{many(abs(added), 'step')} {'more' if added > 0 else 'fewer'} than before"


def _worth(plan: Plan) -> str:
    was, now = _acted(plan.worth_before), _acted(plan.worth_after)
    return f"acted on: {was} -> {now}" if was != now else ""


def _acted(found: Iterable[Total]) -> str:
    acted = next((one for one in found if one.group == ACTED_ON), None)
    if acted is None:
        return "nothing"
    return f"{many(acted.firings, 'firing')} worth {acted.money()} a year" if acted.worth else acted.amount()


def _changed(plan: Plan) -> Section:
    lines = []
    for change in plan.changes:
        lines += [change.title, *(f"  {line}" for line in change.lines)]
    return Section("What changed", tuple(lines))


def _accounts(found: Effect) -> Section:
    rows = [row for one in found.triggers for row in _rows(one)]
    left = len(rows) - SHOWN
    more = [f"and {many(left, 'more account')}: `expansion plan --json` has all"] if left > 0 else []
    return Section(
        "Who would be treated otherwise by the next run",
        tuple(_true_for(one) for one in found.triggers),
        tuple(rows[:SHOWN]),
        tuple(more),
    )


def _true_for(one: OfTrigger) -> str:
    """`seat-limit: true for 9 accounts -> 12, cannot be told for 2 -> 3`."""
    if one.true_before is None:
        return f"{one.trigger}: was not asked; true for {many(one.true_after or 0, 'account')} now"
    if one.true_after is None:
        return f"{one.trigger}: was true for {many(one.true_before, 'account')}; is not asked any more"
    said = f"{one.trigger}: true for {many(one.true_before, 'account')}"
    said += f" -> {one.true_after:,}" if one.true_after != one.true_before else ", as before"
    untold = f"cannot be told for {one.untold_before:,} -> {one.untold_after:,}"
    return f"{said}; {untold}" if one.untold_before != one.untold_after else said


def _rows(one: OfTrigger) -> Iterator[Mapping[str, str]]:
    for firing in one.fires:
        yield _row(firing, f"newly fires: {happens(firing)}")
    for firing in one.stops:
        yield _row(firing, f"no longer fires: was {happens(firing)}")
    for each in one.differs:
        yield _row(each.after, "; ".join(each.what))


def _row(firing: NewFiring, change: str) -> Mapping[str, str]:
    return {
        "account": called(firing.account_name, firing.user_name),
        "trigger": firing.trigger,
        "worth": money_text(firing.worth, firing.currency),
        "owner": firing.owner,
        "what changes": change,
    }


def _steps(found: Effect) -> Section:
    rows = [
        {"action": one.action, "goes to": one.owner, "before": f"{one.before:,}", "after": f"{one.after:,}"}
        for one in found.steps
    ]
    return Section("How much goes to whom", rows=tuple(rows))


def _held(found: Effect) -> Section:
    rows = [{"what holds it": one.reason, "before": f"{one.before:,}", "after": f"{one.after:,}"} for one in found.held]
    return Section("What is not acted on, in firings", rows=tuple(rows))


def _inside(found: Sequence[Inside]) -> Section:
    return Section("Accounts that are inside a playbook already", tuple(line for one in found for line in _told(one)))


def _told(one: Inside) -> Iterator[str]:
    if one.is_left and one.open:
        yield (
            f"{one.trigger}: nobody asks any more whether its {many(one.open, 'open episode')} "
            f"{'is' if one.open == 1 else 'are'} over; {_steps_wait(one.waiting)}"
        )
    if one.ends:
        yield f"{one.trigger}: {many(len(one.ends), 'open episode')} {_end(len(one.ends))} ({_names(one.ends)})"
        yield f"  {_steps_wait(one.skipped, 'is not sent', 'are not sent')}"
        if one.taken_up:
            yield f"  {many(one.taken_up, 'step')} that {_was(one.taken_up)} done: closed, noted or taken back"
    for name in one.keeps:
        yield f"{one.trigger}: what is open keeps the steps of {name} as they were planned; the edit is for new firings"


def _end(count: int) -> str:
    return "ends: its trigger is no longer true" if count == 1 else "end: their trigger is no longer true"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _steps_wait(count: int, one: str = "is still sent", some: str = "are still sent") -> str:
    if not count:
        return "none of its steps waits"
    return f"{many(count, 'step')} that {'waits' if count == 1 else 'wait'} {one if count == 1 else some}"


def _names(firings: Sequence[FiringRecord]) -> str:
    names = [called(one.account_name, one.user_name) for one in firings[:5]]
    return ", ".join([*names, *(["…"] if len(firings) > 5 else [])])
