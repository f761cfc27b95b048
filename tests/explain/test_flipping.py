"""What an explanation says would turn an answer does turn it, by the oracle's word, and less of it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from expansion.evaluate import logic
from expansion.evaluate.engine import Engine
from expansion.evaluate.measures import FactMeasure
from expansion.evaluate.subjects import account_of, user_of
from expansion.evaluate.tree import Group, Line, Member, Node
from expansion.explain.evaluator import evaluator
from expansion.explain.turns.ahead import Ahead
from expansion.explain.turns.find import Flipping
from expansion.explain.turns.kinds import CANNOT_TELL, NO, YES, Flip
from expansion.explain.turns.nearest import places_of
from expansion.explain.turns.trigger import Whole
from expansion.language.model.conditions import Condition
from tests.evaluate.drawing import a_condition, seeds
from tests.evaluate.harness import somewhere
from tests.evaluate.oracle.stored import NOW as AT_THE_CHECK
from tests.evaluate.oracle.stored import Who
from tests.evaluate.trying import examples
from tests.evaluate.words import FACTS, Definition, change, event, trigger, vocabulary
from tests.evaluate.worlds import World, a_world, fill
from tests.explain.turning import Asked, NotTried, amounts, fewer, with_more, with_steps, with_value
from tests.usage.builders import utc

_DAY = timedelta(days=1)
_VALID = {
    "number": "10",
    "money": "10",
    "percent": "10%",
    "text": "Team",
    "yes_no": "yes",
    "date": "2026-03-01",
    "list": "EU",
}
Found = tuple[Asked, Line, str, tuple[Flip, ...]]


def lines_of(world: World, written: list[Definition]) -> Iterator[Found]:
    """Every line of these conditions, of everybody, with its answer and what would turn it."""
    with somewhere() as folder:
        asked = evaluator(world.quick_store(folder), world.vocabulary, world.as_of)
        for who in ("accounts", "users"):
            mine = [one for one in written if (one.get("who") == "users") == (who == "users")]
            engine = asked.everyone if who == "accounts" else asked.people_engine(asked.everyone)
            for clause in mine:
                yield from _of(world, engine, {key: value for key, value in clause.items() if key != "who"}, who)


def _of(world: World, engine: Engine, clause: Definition, who: str) -> Iterator[Found]:
    compiled = engine.compiled(trigger(who=who, when=[clause]))
    node: Any = compiled.fires.parts[0].parts[0]  # type: ignore[union-attr]
    if "cohort" in clause or "trigger" in clause or (engine.of_accounts and engine.is_of_accounts(node)):
        return
    engine.measure(compiled.nodes())
    for index, subject in enumerate(engine.subjects.ids):
        person = Who(account_of(subject), user_of(subject) or None)
        found = Flipping(engine, index, Ahead.of(engine, index, compiled.fires)).of(node)
        answer = ("no", "cannot tell", "yes")[int(engine.answer(node)[index])]
        yield Asked(world, clause, person), node, answer, found


# --- what is checked of each kind -------------------------------------------------------------------------------------


def turns(asked: Asked, line: Line, answer: str, flip: Flip) -> None:
    """What is said turns the answer, and less of it does not."""
    other = {"yes": "no", "no": "yes", "cannot tell": "yes"}[answer]
    _KINDS[flip.kind](asked, line, other, flip)


def _more(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    if not flip.name:
        raise NotTried(flip.unit)
    if "stopped_for" in asked.clause:
        return _stops(asked, other, flip)
    wanted = _counted(asked.clause)
    asked_for = amounts(flip)
    if flip.amount < 0:
        days_ago = (asked.today - flip.on).days if isinstance(flip.on, date) else 0
        changed, less = (fewer(asked, wanted, flip.name, -flip.amount - n, days_ago) for n in (0, 1))
    else:
        changed = with_more(asked, wanted, asked_for)
        less = with_more(asked, wanted, {**asked_for, flip.name: flip.amount - 1})
    if flip.until:
        return _today(asked, line, other, flip, changed, less)
    if flip.said != "at least":
        assert asked.answer(changed) == other
    if not flip.also and line.points == 1:
        assert asked.answer(less) != other
    return None


def _counted(clause: Definition) -> Definition:
    if "sequence" in clause or "fact" in clause:
        raise NotTried("events")
    over = clause.get("over") or clause.get("first_within") or f"1 {clause['in_at_least'].split()[-1].rstrip('s')}s"
    return {**{key: value for key, value in clause.items() if key in ("event", "where", "distinct")}, "over": over}


def _stops(asked: Asked, other: str, flip: Flip) -> None:
    """More of it before the silence, or an event that breaks it."""
    if flip.until or flip.amount < 0 or any(one.name == "days" for one in (flip, *flip.also)):
        raise NotTried("several days")
    before = flip.unit.endswith("before it stopped")
    oracle = asked.world.oracle()
    at = oracle.stored.moment(AT_THE_CHECK.earlier(asked.clause["stopped_for"])) if before else asked.world.as_of
    wanted = {key: asked.clause[key] for key in ("event", "where") if key in asked.clause}
    people = amounts(flip).get("people", 0)
    for count, turns_it in ((flip.amount, True), (flip.amount - 1, False)):
        made = [asked.one(wanted, at, f"new{n}" if n < people else "", f"added{n}") for n in range(count)]
        if turns_it or not flip.also:
            assert (asked.answer(asked.with_events(made)) == other) == turns_it


def _today(asked: Asked, line: Line, other: str, flip: Flip, changed: World, less: World) -> None:
    """With dwell: today is as it should be."""
    today = replace(asked, clause={key: value for key, value in asked.clause.items() if key != "for"})
    assert today.answer(changed) == other
    if not flip.also:
        assert today.answer(less) != other


def _instead(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    if flip.name == "before" or "limit" in flip.name:
        raise NotTried("what was, and what a plan includes")
    is_counted = "from" not in FACTS.get(flip.name, {"from": ""})
    if is_counted and ("over" in asked.clause or flip.name != asked.clause["fact"]):
        raise NotTried("windows that overlap, and facts that are made of the same events")
    if flip.also or "or more" in flip.said:
        raise NotTried("several changes, and what was seen in part")
    value, nearer = flip.value, None
    if isinstance(value, bool) and "exists" in asked.clause:
        if "from" not in FACTS.get(flip.name, {}):
            raise NotTried("whether something made of others is there")
        value = _VALID[FACTS[flip.name]["kind"]] if value else None
    elif value is None:
        value = "Q"
    elif isinstance(value, Fraction):
        nearer = value + _step(flip)
    elif isinstance(value, date) and abs(value - flip.was) > _DAY:
        nearer = value + (_DAY if value < flip.was else -_DAY)
    if is_counted and line.points > 1:
        nearer = None  # what is taken away today was there yesterday
    changed = with_value(asked, flip.name, value, flip.was)
    today = {key: value for key, value in asked.clause.items() if key != "for"} if flip.until else asked.clause
    asked_today = replace(asked, clause=today)
    assert asked_today.answer(changed) == other
    if nearer is not None:
        assert asked_today.answer(with_value(asked, flip.name, nearer, flip.was)) != other
    if (
        flip.until
        and "from" in FACTS.get(flip.name, {})
        and "over" not in asked.clause
        and not _is_relative(asked.clause)
    ):
        assert asked.answer(asked.later(flip.until, changed)) == "yes"
        assert asked.answer(asked.later(flip.until - _DAY, changed)) != "yes"


def _step(flip: Flip) -> Fraction:
    """One step back to what it is."""
    kind = FACTS.get(flip.name, {}).get("kind", "number")
    places = {"money": 2, "percent": places_of(flip.was * 100) + 2}.get(kind, places_of(flip.was))
    step = Fraction(1, 10**places)
    if flip.value.denominator > 10**places:
        step = abs(flip.value - flip.was) / 2  # no step meets it
    return step if flip.value < flip.was else -step


def _is_relative(clause: Definition) -> bool:
    return "older_than" in clause or "newer_than" in clause


def _by_itself(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    assert flip.on is not None
    before = flip.on - (timedelta(microseconds=1) if isinstance(flip.on, datetime) else _DAY)
    assert asked.answer(asked.later(flip.on)) == flip.value
    if before != asked.today:
        assert asked.answer(asked.later(before)) == flip.was


def _if_it_stays(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    assert isinstance(flip.on, date)
    if (
        "fact" not in asked.clause
        or "over" in asked.clause
        or not _is_sourced(asked.clause["fact"])
        or "among_top" in asked.clause
    ):
        raise NotTried("what changes as time passes")
    if _is_relative(asked.clause):
        raise NotTried("what changes as time passes")
    assert asked.answer(asked.later(flip.on)) == "yes"
    if flip.on - _DAY > asked.today:
        assert asked.answer(asked.later(flip.on - _DAY)) != "yes"


def _is_sourced(fact: str) -> bool:
    definition = FACTS[fact]
    if "from" in definition:
        return True
    parts = next((definition[word] for word in ("ratio", "difference", "headroom") if word in definition), None)
    return parts is not None and all(map(_is_sourced, parts))


def _next(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    if "came_back_after" in asked.clause:
        return _comes_back(asked, flip)
    soon = asked.world.as_of + timedelta(microseconds=1)
    if isinstance(flip.on, datetime) and flip.on - soon < timedelta(seconds=1):
        raise NotTried("within a second")
    if "not_between" in asked.clause and "any event" in str(asked.clause["not_between"]) and flip.value == 0:
        raise NotTried("steps that are excluded themselves")
    today = (
        replace(asked, clause={key: value for key, value in asked.clause.items() if key != "for"})
        if flip.until
        else asked
    )
    assert today.answer(with_steps(asked, flip, asked.today)) == "yes"
    if isinstance(flip.on, date) and not isinstance(flip.on, datetime) and not flip.until:
        for day, wanted in ((flip.on, True), (flip.on + _DAY, False)):
            later = with_steps(asked, flip, day, asked.later(day))
            assert (asked.answer(later) == "yes") == wanted
    return None


def _comes_back(asked: Asked, flip: Flip) -> None:
    if not isinstance(flip.value, date):
        raise NotTried("twice")
    wanted = {key: asked.clause[key] for key in ("event", "where") if key in asked.clause}
    if "for" in asked.clause:
        raise NotTried("dwell")
    for day, comes in ((flip.value, True), (flip.value - _DAY, False)):
        world = asked.later(day)
        if day > asked.today:
            back = asked.one(wanted, world.as_of, "ana", "added")
            assert (asked.answer(asked.with_events([back], world)) == "yes") == comes


def _known(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    if flip.said == "once all events of its time are known":
        if asked.clause.keys() & {"sum", "average", "max", "latest", "grew_at_least", "fell_at_least"}:
            raise NotTried("what may not be there")
        ever = asked.world.as_of - timedelta(days=4_000), asked.world.as_of
        assert asked.answer(replace(asked.world, spans=[ever])) != "cannot tell"
        return
    facts = [name for name in flip.value if FACTS.get(name, {}).get("from")]
    if (
        not facts
        or len(facts) < len(flip.value)
        or line.points > 1
        or "over" in asked.clause
        or "in_at_least" in asked.clause
    ):
        raise NotTried("what is no fact")
    if flip.said.count(" and ") or "number" in flip.said or "days_to" in asked.clause.get("fact", ""):
        raise NotTried("more than facts")
    world = asked.world
    for name in facts:
        world = asked.with_fact(name, "30" if name == "seats_bought" else _VALID[FACTS[name]["kind"]], world)
    assert asked.answer(world) != "cannot tell" or "`" in flip.said.replace(f"`{facts[0]}`", "")


def _never(asked: Asked, line: Line, other: str, flip: Flip) -> None:
    for days in (1, 9, 100):
        assert asked.answer(asked.later(asked.today + _DAY * days)) != "yes"


_KINDS: dict[str, Callable[[Asked, Line, str, Flip], None]] = {
    "more": _more,
    "instead": _instead,
    "by_itself": _by_itself,
    "if_it_stays": _if_it_stays,
    "next": _next,
    "known": _known,
    "never": _never,
}


def tried(seed: int, count: Counter[str]) -> None:
    rnd = Random(seed)
    world = a_world(rnd)
    of_users = rnd.random() < 0.3
    written = [{**a_condition(rnd, of_users), **({"who": "users"} if of_users else {})} for _ in range(4)]
    for asked, line, answer, flips in lines_of(world, written):
        if asked.who.account not in ("acme", "globex", "o'hara"):
            continue
        for flip in flips:
            try:
                turns(asked, line, answer, flip)
                count[flip.kind] += 1
            except NotTried as reason:
                count[f"{flip.kind}: not tried: {reason}"] += 1
            except AssertionError as error:
                raise AssertionError(
                    f"{asked.who} {answer}: {asked.clause}\n{flip}\n{flip.sentence}\nseed {seed}"
                ) from error
        count[f"{answer}: {'something' if flips else 'nothing'}"] += 1


@examples(24)
@given(seed=seeds())
def test_what_is_said_turns_the_answer_and_less_does_not(seed: int) -> None:
    tried(seed, Counter())


# --- by hand ----------------------------------------------------------------------------------------------------------

NOW = utc(2026, 3, 3, 9)


def ago(days: float, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def said(root: Path, clause: Definition, events: list[Definition] = [], changes: list[Definition] = []) -> str | None:  # noqa: B006
    """What would turn a line of acme, of which this is all that is known."""
    store = fill(root, [events] if events else [], changes, [(ago(400), NOW)])
    return evaluator(store, vocabulary(), NOW).explain(trigger(when=[clause]), "acme", flips=True).lines[0].flips


def exports(*days: float, **more: Any) -> list[Definition]:
    return [event("acme", "export", ago(day), more.get("user", ""), key=f"e{n}") for n, day in enumerate(days)]


AT_LEAST_3 = {"event": "export", "over": "7 days", "at_least": 3}


def test_one_more_is_needed_and_nothing_happens_by_itself(tmp_path: Path) -> None:
    assert said(tmp_path, AT_LEAST_3, exports(1, 2)) == "1 more export"


def test_a_yes_ends_on_the_day_on_which_enough_have_left_the_window(tmp_path: Path) -> None:
    # Of the days 1, 2, 3 and 5 before the check the last one leaves on the second day after it, the next on the fourth.
    flips = said(tmp_path, AT_LEAST_3, exports(1, 2, 3, 5))
    assert flips == "2 fewer export, or on 2026-03-07 if nothing new happens"


def test_a_no_of_too_many_ends_by_itself_too(tmp_path: Path) -> None:
    flips = said(tmp_path, {"event": "export", "over": "7 days", "at_most": 1}, exports(0.1, 3))
    assert flips == "1 fewer export, or on 2026-03-07 if nothing new happens"


def test_of_hours_the_moment_is_told(tmp_path: Path) -> None:
    flips = said(tmp_path, {"event": "export", "over": "6 hours", "at_least": 1}, exports(0.125))
    assert flips == "1 fewer export, or at 2026-03-03 12:00 if nothing new happens"


def test_people_and_days_and_events_are_one_change(tmp_path: Path) -> None:
    clause = {**AT_LEAST_3, "by_at_least": "2 people", "on_at_least": "3 days"}
    assert said(tmp_path, clause, exports(1, user="ana")) == "2 more export, by 1 more person, on 2 more days"


def test_three_more_people_take_three_more_events(tmp_path: Path) -> None:
    clause = {**AT_LEAST_3, "by_at_least": "3 people"}
    assert said(tmp_path, clause, exports(1, 2)) == "3 more export, by 3 more people"


def test_what_contradicts_itself_cannot_be_turned(tmp_path: Path) -> None:
    assert said(tmp_path, {"event": "export", "over": "7 days", "is": 1, "by_at_least": "2 people"}, exports(1)) is None


SEATS = [change("acme", "seats_bought", "55", ago(90))]


def test_of_a_share_the_nearest_numerator(tmp_path: Path) -> None:
    used = change("acme", "seats_used", "43", ago(90))
    flips = said(tmp_path, {"fact": "seat_usage", "at_least": "80%"}, changes=[*SEATS, used])
    assert flips == "44 of 55 instead of 43"


def test_or_the_denominator_where_that_is_nearer(tmp_path: Path) -> None:
    changes = [change("acme", "seats_bought", "10", ago(90)), change("acme", "seats_used", "45", ago(90))]
    flips = said(tmp_path, {"fact": "seat_usage", "at_least": "500%"}, changes=changes)
    assert flips == "45 of 9 instead of 10"


@pytest.mark.parametrize(
    ("clause", "flips"),
    [
        ({"fact": "days_to_full", "at_least": 30}, "seats_bought 104 instead of no limit"),
        ({"fact": "seat_usage", "at_least": "80%"}, "45 of 56 instead of no limit"),
        ({"fact": "seats_bought", "more_than": 100}, "100 instead of no limit"),
    ],
)
def test_where_there_is_no_limit_only_a_limit_would_turn_it(tmp_path: Path, clause: Definition, flips: str) -> None:
    changes = [change("acme", "seats_bought", "-1", ago(90)), change("acme", "seats_used", "31", ago(90))]
    changes.append(change("acme", "seats_used", "45", ago(3)))
    assert said(tmp_path, clause, changes=changes) == flips


def test_dwell_tells_the_day_if_it_stays_so(tmp_path: Path) -> None:
    used = [change("acme", "seats_used", "40", ago(90)), change("acme", "seats_used", "50", ago(3))]
    clause = {"fact": "seats_used", "at_least": 50, "for": "7 days"}
    assert said(tmp_path, clause, changes=used) == "on 2026-03-06 if it stays so"


def test_dwell_that_has_not_begun_takes_another_value_and_its_days(tmp_path: Path) -> None:
    used = [change("acme", "seats_used", "40", ago(90))]
    clause = {"fact": "seats_used", "at_least": 50, "for": "7 days"}
    assert said(tmp_path, clause, changes=used) == "50 instead of 40, and so until 2026-03-09"


def test_growth_tells_the_number_now(tmp_path: Path) -> None:
    used = [change("acme", "seats_used", "40", ago(90)), change("acme", "seats_used", "45", ago(3))]
    clause = {"fact": "seats_used", "grew_at_least": "15%", "over": "28 days"}
    assert said(tmp_path, clause, changes=used) == "46 instead of 45"


def test_growth_from_too_little_tells_both_numbers(tmp_path: Path) -> None:
    used = [change("acme", "seats_used", "4", ago(90)), change("acme", "seats_used", "9", ago(3))]
    clause = {"fact": "seats_used", "grew_at_least": "15%", "over": "28 days", "from_at_least": 10}
    wanted = (
        "10 instead of 4 in the time before, and 12 instead of 9 now, or cannot be told on 2026-06-01 if nothing new"
    )
    assert str(said(tmp_path, clause, changes=used)).startswith(wanted.split(", or")[0])


def test_money_moves_in_cents(tmp_path: Path) -> None:
    arr = change("acme", "arr", "1000", ago(90))
    assert said(tmp_path, {"fact": "arr", "at_least": 1000}, changes=[arr]) == "$999.99 instead of $1,000"


def test_text_names_the_values_that_fit(tmp_path: Path) -> None:
    plan = change("acme", "plan", "Free", ago(90))
    clause = {"fact": "plan", "is_one_of": ["Team", "Pro"]}
    assert said(tmp_path, clause, changes=[plan]) == "Team or Pro instead of Free"


def test_a_date_ahead_of_newer_than_comes_by_itself(tmp_path: Path) -> None:
    renews = change("acme", "renews_on", "2026-03-29", ago(90))
    flips = said(tmp_path, {"fact": "renews_on", "newer_than": "28 days"}, changes=[renews])
    assert flips == "2026-03-03 instead of 2026-03-29, or on 2026-03-29 if nothing new happens"


def test_the_step_that_is_left_counts_up_to_the_same_time_of_a_day(tmp_path: Path) -> None:
    clause = {"sequence": ["export", "paywall"], "within": "7 days", "same_user": True}
    assert said(tmp_path, clause, exports(2, user="ana")) == "paywall by ana, before 2026-03-08 09:00"


def test_what_is_seen_in_part_says_how_many_more_would_do_in_any_case(tmp_path: Path) -> None:
    clause = {"event": "export", "over": "500 days", "at_least": 3}
    assert str(said(tmp_path, clause, exports(1))).startswith("once all events of its time are known, or 2 more export")


# --- the whole --------------------------------------------------------------------------------------------------------


def a_tree(rnd: Random, depth: int = 0) -> Node:
    """Groups of lines; a line is known by its number of points."""
    if depth == 3 or (depth and rnd.random() < 0.4):
        return Member(Condition(cohort="vip"), FactMeasure("plan"), str(rnd.random()))
    parts = tuple(a_tree(rnd, depth + 1) for _ in range(rnd.randint(1, 3)))
    return Group(rnd.choice(["all_of", "any_of", "none_of", "some_of"]), parts, rnd.randint(1, len(parts)))


def leaves(node: Node) -> list[Node]:
    return [leaf for part in node.parts for leaf in leaves(part)] if isinstance(node, Group) else [node]


def answered(node: Node, answers: dict[int, Any], count: int = 1) -> Any:
    """The answers to the whole, from those to its lines: of each line one, or `count` of them."""
    if not isinstance(node, Group):
        return np.broadcast_to(np.asarray(answers[id(node)], dtype=np.int8), count)
    parts = [answered(part, answers, count) for part in node.parts]
    match node.word:
        case "all_of":
            return logic.all_of(parts, count)
        case "any_of":
            return logic.any_of(parts, count)
        case "none_of":
            return logic.negate(logic.any_of(parts, count))
    return logic.some_of(parts, node.need, count)


@examples(150)
@given(seed=seeds())
def test_the_lines_that_are_named_turn_the_whole_and_fewer_do_not(seed: int) -> None:
    rnd = Random(seed)
    tree = a_tree(rnd)
    answers = {id(leaf): rnd.choice([NO, CANNOT_TELL, YES]) for leaf in leaves(tree)}
    [now] = answered(tree, answers)
    wanted = NO if now == YES else YES
    by_line = lambda node: int(answered(node, answers)[0])  # noqa: E731
    needed = Whole(by_line, by_line, {}).needed(tree, wanted)
    assert needed is not None
    assert answered(tree, answers | {id(line): answer for line, answer in needed}) == [wanted]
    turned = np.array([*product([NO, YES], repeat=len(needed) - 1)], dtype=np.int8)
    for fewer_lines in combinations(leaves(tree), len(needed) - 1):
        changed = answers | dict(zip(map(id, fewer_lines), turned.T, strict=True))
        assert (answered(tree, changed, len(turned)) != wanted).all()
