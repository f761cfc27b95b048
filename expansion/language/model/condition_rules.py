"""Which words of a condition belong together; each refusal is `what is wrong; what to do`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from expansion.language.model.comparing import COMPARISONS, GROWTH
from expansion.language.model.condition_words import OF_PROPERTY, PATTERNS, SUBJECTS, ConditionWords
from expansion.language.model.mistakes import together
from expansion.language.model.not_words import IN_CONDITIONS
from expansion.language.model.values import Percent

Rule = Callable[[ConditionWords], str | None]

_COUNTING = ("by_at_least", "on_at_least")
_ONLY_EVENTS = frozenset({"where", "count", *OF_PROPERTY, *_COUNTING, *PATTERNS})
_ONLY_SEQUENCES = frozenset({"within", "same_user", "not_between"})

_GROUPS = ("all_of", "any_of", "none_of", "some_of")

# What may stand beside a subject that is not compared.
_BESIDE = {
    "cohort": frozenset({"cohort", "for"}),
    "trigger": frozenset({"trigger", "for"}),
    "sequence": frozenset({"sequence", "over", "by_at_least", "for"}) | _ONLY_SEQUENCES,
}


def beside_subject(written: Any, words: list[str]) -> list[str]:
    """Of these words those that may stand beside the subject of a condition; all of them where there is none yet."""
    subject = next((word for word in SUBJECTS if isinstance(written, dict) and word in written), None)
    if subject is None:
        return words
    if subject in _BESIDE:
        return [word for word in words if word in _BESIDE[subject]]
    refused = {*SUBJECTS, *_GROUPS, *_ONLY_SEQUENCES, *(_ONLY_EVENTS if subject == "fact" else ())}
    if any(word in written for word in COMPARISONS):
        refused |= set(COMPARISONS)
    return [word for word in words if word not in refused]


class Refused(ValueError):
    """Words that do not go together, each with what to do."""

    def __init__(self, every: tuple[str, ...]) -> None:
        super().__init__(every[0])
        self.every = every


def refusals(condition: ConditionWords) -> tuple[str, ...]:
    """Why the words of a condition do not go together: without a subject nothing else is known."""
    if said := _one_subject(condition) or _stands_alone(condition):
        return (said,)
    first = (next((said for rule in rules if (said := rule(condition))), None) for rules in _RULES)
    return tuple(dict.fromkeys(said for said in first if said))


# --- subjects ---------------------------------------------------------------------------------------------------------


def _one_subject(condition: ConditionWords) -> str | None:
    if len(condition.subjects) == 1:
        return None
    return (
        "a condition has exactly one subject; write `fact: NAME`, `event: NAME`, `cohort: NAME`, "
        "`sequence: [A, B]` or `trigger: NAME`"
    )


def _stands_alone(condition: ConditionWords) -> str | None:
    subject = condition.subject
    if subject not in _BESIDE:
        return None
    extra = sorted(condition.words - _BESIDE[subject])
    if not extra:
        return None
    what = f"`{extra[0]}` does not belong to `{subject}`"
    if subject != "sequence":
        return f"{what}; a {subject} stands alone, or with `for`"
    if extra[0] == "where":
        return f"{what}; say which events inside the step:  {{event: NAME, where: {{property: value}}}}"
    return f"{what}; beside it stand `within`, `over`, `same_user`, `not_between`, `by_at_least` and `for`"


def _one_comparison(condition: ConditionWords) -> str | None:
    used = condition.compared()
    if len(used) < 2:
        return None
    return f"`{used[1][0]}` is a second comparison beside `{used[0][0]}`; give each a condition of its own"


def _some_comparison(condition: ConditionWords) -> str | None:
    if condition.has_comparison or condition.subject in _BESIDE:
        return None
    if condition.subject == "event" and condition.words & {*_COUNTING, *PATTERNS}:
        return None
    return "a comparison is missing; write one, such as  at_least: 3"


def _events_alone(condition: ConditionWords) -> str | None:
    wrong = sorted(condition.words & _ONLY_EVENTS)
    if condition.subject != "fact" or not wrong:
        return None
    return f"`{wrong[0]}` belongs to events, not to facts; remove it, or write `event:` instead of `fact:`"


def _sequences_alone(condition: ConditionWords) -> str | None:
    wrong = sorted(condition.words & _ONLY_SEQUENCES)
    if condition.subject == "sequence" or not wrong:
        return None
    if wrong[0] == "within" and condition.subject == "fact":
        return f"`within` belongs to a sequence; {IN_CONDITIONS['due_within']}"
    if wrong[0] == "within":
        return "`within` belongs to a sequence; the window of an event is  over: 14 days"
    return f"`{wrong[0]}` belongs to a sequence; remove it, or write `sequence: [A, B]`"


# --- sequences --------------------------------------------------------------------------------------------------------


def _sequence_within(condition: ConditionWords) -> str | None:
    if condition.subject != "sequence" or condition.within is not None:
        return None
    return "a `sequence` is walked within a time; add  within: 14 days"


def _sequence_over(condition: ConditionWords) -> str | None:
    within, over = condition.within, condition.over
    if within is None or over is None or not over.shorter_than(within):
        return None
    return f"`over` is shorter than `within: {within}`; remove it, or write a longer one"


def _people_walk(condition: ConditionWords) -> str | None:
    if condition.subject != "sequence" or condition.by_at_least is None or condition.same_user:
        return None
    return "`by_at_least` counts people who take every step; add  same_user: true"


# --- patterns of events -----------------------------------------------------------------------------------------------


def _one_pattern(condition: ConditionWords) -> str | None:
    used = [word for word in PATTERNS if word in condition.words]
    if len(used) < 2:
        return None
    return f"`{used[1]}` cannot stand beside `{used[0]}`; give each a condition of its own"


def _pattern_counts(condition: ConditionWords) -> str | None:
    if not condition.pattern:
        return None
    refused = {*OF_PROPERTY, *GROWTH, "among_top", "of", "from_at_least", "in_at_least", "clears_below"}
    if not condition.has_comparison:
        refused.add("count")
    wrong = sorted(condition.words & refused)
    return f"`{wrong[0]}` does not belong beside `{condition.pattern[0]}`; remove it" if wrong else None


def _pattern_alone(condition: ConditionWords) -> str | None:
    word, _ = condition.pattern or ("", None)
    refused = {
        "first_within": {*COMPARISONS, *_COUNTING, "over"},
        "came_back_after": {*COMPARISONS, *_COUNTING},
    }.get(word, set())
    wrong = sorted(condition.words & refused)
    return f"`{wrong[0]}` does not belong beside `{word}`, which asks for one event; remove it" if wrong else None


def _pattern_window(condition: ConditionWords) -> str | None:
    word, _ = condition.pattern or ("", None)
    if word == "came_back_after" and condition.over is None:
        return "`came_back_after` needs a window to come back in; add  over: 7 days"
    if word == "came_back_after" and condition.over and condition.over.exact is not None:
        return "`over` counts days beside `came_back_after`; write it in days, weeks or months"
    if word == "stopped_for" and condition.over is None:
        wanted = sorted(condition.words & {*COMPARISONS, *_COUNTING})
        if wanted:
            return f"`{wanted[0]}` is asked of the time before it stopped; add  over: 28 days"
    return None


# --- what narrows -----------------------------------------------------------------------------------------------------


def _window(condition: ConditionWords) -> str | None:
    if condition.subject != "event" or condition.over or condition.pattern or condition.in_at_least:
        return None
    return "an `event` is counted over a window; add  over: 28 days"


def _growth_window(condition: ConditionWords) -> str | None:
    if condition.subject != "fact" or condition.grows == (condition.over is not None):
        return None
    if condition.grows:
        return f"`{condition.comparison()[0]}` needs a window; add  over: 28 days"
    return "`over` on a fact belongs to growth; remove it, or compare with `grew_at_least`"


def _periods(condition: ConditionWords) -> str | None:
    if condition.in_at_least is None:
        return None
    if condition.subject == "event" and condition.over is not None:
        each = condition.in_at_least.each.unit[:-1]
        return f"`over` has no place beside `in_at_least`: each {each} is a window; remove it"
    wrong = sorted(condition.words & {"among_top", "clears_below", "for"})
    return f"`{wrong[0]}` does not belong beside `in_at_least`; remove one of the two" if wrong else None


def _base(condition: ConditionWords) -> str | None:
    if condition.from_at_least is None or condition.grows or condition.among_top:
        return None
    return f"`from_at_least` belongs to {together([*GROWTH, 'among_top'])}; remove it"


def _peers(condition: ConditionWords) -> str | None:
    if condition.of is None or condition.among_top is not None:
        return None
    if any(isinstance(wanted, Percent) for _, wanted in condition.compared()):
        made = f"{{ratio: [{condition.fact or 'FACT'}, {condition.of}]}}"
        return f"`of` belongs to `among_top`; a share of another fact is a fact of its own, in facts.yaml:  {made}"
    return "`of` belongs to `among_top`, and names who is compared; remove it"


def _share(condition: ConditionWords) -> str | None:
    top = condition.among_top
    if top is None or 0 < top.value < 1:
        return None
    return f"`among_top` cannot be {top}; write a share between 0% and 100%, such as  among_top: 10%"


def _clearing(condition: ConditionWords) -> str | None:
    if condition.clears_below is None or condition.words & {"at_least", "more_than"}:
        return None
    return "`clears_below` belongs to `at_least` and `more_than`; remove it"


def _one_count(condition: ConditionWords) -> str | None:
    counted = ["count"] if condition.count != "times" else []
    counted += [word for word in OF_PROPERTY if word in condition.words]
    if len(counted) < 2:
        return None
    return f"`{counted[-1]}` is a second thing to count; keep one of {together(['count', *OF_PROPERTY])}"


# Of each line the first that is broken is said, and the others may be its consequences.
_RULES: tuple[tuple[Rule, ...], ...] = (
    (_one_comparison,),
    (_events_alone, _sequences_alone, _some_comparison),
    (_sequence_within, _sequence_over),
    (_people_walk,),
    (_one_pattern, _pattern_counts, _pattern_alone, _periods),
    (_events_alone, _sequences_alone, _pattern_window, _window, _growth_window),
    (_base,),
    (_peers,),
    (_share,),
    (_clearing,),
    (_one_count,),
)
