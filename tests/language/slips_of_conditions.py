"""The same, for conditions of more than one comparison, facts made of facts, and triggers about users."""

from __future__ import annotations

from tests.language.slips import Slip

_SEATS = "triggers/seat-limit.yaml"
_PAYWALL = "triggers/paywall-hits.yaml"
_TRIAL = "triggers/trial-path.yaml"
_HABIT = "triggers/habit.yaml"
_PLAYBOOK = "seat-expansion.yaml"
_FACTS = "shared/facts.yaml"
_POLICY = "shared/policy.yaml"
_CASES = "cases/seat-limit.yaml"

_BRANCH = "fact: arr, at_least: 100_000"
_COUNT = "    at_least: 3\n    over: 14 days\n    by_at_least: 2 people\n"
_WALK = "sequence: [Trial Started, Paywall Viewed]"
_STEPS = "sequence: [Trial Started, {event: [Invite Sent, Link Shared], where: {seats: {at_least: 2}}}, Paywall Viewed]"
_WITHIN = "    within: 14 days\n"
_PERIODS = "in_at_least: 3 of the last 4 weeks"
_PEERS = "    of: plan\n"
_FIRST = "first_within: 14 days"
_BACK = "came_back_after: 30 days"
_OVER = "        over: 7 days\n"
_RATIO = "{ratio: [seats_used, seats_bought]}"
_LIMIT = "{limit_of: seats}"
_PACE = "{days_to_limit: [seats_used, seat_limit], pace_over: 28 days}"


def _instead(*lines: str) -> str:
    """What an event condition says after its `where`."""
    return "".join(f"    {line}\n" for line in lines)


SEQUENCES: list[Slip] = [
    ("a sequence without an end", _TRIAL, _WITHIN, ""),
    ("a sequence of one", _TRIAL, _STEPS, "sequence: [Trial Started]"),
    ("a sequence of nine", _TRIAL, _STEPS, "sequence: [a, b, c, d, e, f, g, h, i]"),
    ("a sequence that is no list", _TRIAL, _STEPS, "sequence: Trial Started"),
    ("a sequence with a number", _TRIAL, _STEPS, "sequence: [Trial Started, 3]"),
    ("a step that is a list", _TRIAL, _STEPS, "sequence: [Trial Started, [Invite Sent, Link Shared]]"),
    ("a step without its event", _TRIAL, _STEPS, "sequence: [Trial Started, {where: {seats: 3}}]"),
    ("a step that counts", _TRIAL, _STEPS, "sequence: [Trial Started, {event: Invite Sent, at_least: 3}]"),
    ("a step with a misspelt word", _TRIAL, _STEPS, "sequence: [Trial Started, {evnt: Invite Sent}]"),
    ("a step with a misspelt comparison", _TRIAL, "{at_least: 2}", "{at_lest: 2}"),
    ("a step against a word", _TRIAL, "{at_least: 2}", "{at_least: many}"),
    ("a sequence that is compared", _TRIAL, _WITHIN, f"{_WITHIN}    at_least: 3\n"),
    ("a sequence with a filter", _TRIAL, _WITHIN, f"{_WITHIN}    where: {{seats: 3}}\n"),
    ("a sequence in a shorter window", _TRIAL, _WITHIN, f"{_WITHIN}    over: 7 days\n"),
    ("a sequence in hours in a shorter window", _TRIAL, _WITHIN, "    within: 2 hours\n    over: 90 minutes\n"),
    ("no event between of nothing", _TRIAL, "not_between: Plan Upgraded", "not_between: []"),
    ("no event between with a filter", _TRIAL, "not_between: Plan Upgraded", "not_between: {where: {seats: 3}}"),
    ("people who may share a walk", _SEATS, _BRANCH, f"{_WALK}, within: 3 days, by_at_least: 2 people"),
    ("an event with steps", _PAYWALL, _COUNT, _instead("at_least: 3", "within: 14 days")),
    ("a fact and one person", _SEATS, _BRANCH, f"{_BRANCH}, same_user: true"),
]

PATTERNS: list[Slip] = [
    ("for the first time, compared", _HABIT, _FIRST, f"{_FIRST}\n        at_least: 3"),
    ("for the first time, in a window", _HABIT, _FIRST, f"{_FIRST}\n        over: 28 days"),
    ("for the first time, by people", _HABIT, _FIRST, f"{_FIRST}\n        by_at_least: 2 people"),
    ("for the first time, in hours", _HABIT, _FIRST, "first_within: 14 hours"),
    ("for the first time, of people", _HABIT, _FIRST, f"{_FIRST}\n        count: people"),
    ("for the first time, and again", _HABIT, _FIRST, f"{_FIRST}\n        stopped_for: 7 days"),
    ("for the first time, of a fact", _SEATS, _BRANCH, "fact: arr, first_within: 14 days"),
    ("use that came back, no time said", _HABIT, f"\n{_OVER}", "\n"),
    ("use that came back, in hours", _HABIT, f"\n{_OVER}", "\n        over: 7 hours\n"),
    ("use that came back, counted", _HABIT, _BACK, f"{_BACK}\n        at_least: 3"),
    ("use that came back, on days", _HABIT, _BACK, f"{_BACK}\n        on_at_least: 3 days"),
    ("use that stopped, no time before", _PAYWALL, "over: 14 days", "stopped_for: 14 days"),
    (
        "use that stopped, added up",
        _PAYWALL,
        _COUNT,
        _instead("stopped_for: 14 days", "sum: seats", "at_least: 3", "over: 9 days"),
    ),
    ("use that stopped, of people", _PAYWALL, _COUNT, _instead("stopped_for: 14 days", "count: people")),
    (
        "use that stopped, grown",
        _PAYWALL,
        _COUNT,
        _instead("stopped_for: 14 days", "grew_at_least: 5%", "over: 9 days"),
    ),
    ("use that stopped, in most weeks", _PAYWALL, _COUNT, _instead("stopped_for: 14 days", _PERIODS)),
    (
        "use that stopped, with an end",
        _PAYWALL,
        "over: 14 days",
        "over: 9 days\n    stopped_for: 7 days\n    clears_below: 2",
    ),
    (
        "use that stopped, and a rank",
        _PAYWALL,
        _COUNT,
        _instead("stopped_for: 14 days", "among_top: 5%", "over: 9 days"),
    ),
]

PERIODS: list[Slip] = [
    ("more weeks than there are", _HABIT, _PERIODS, "in_at_least: 5 of the last 4 weeks"),
    ("no weeks at all", _HABIT, _PERIODS, "in_at_least: 0 of the last 4 weeks"),
    ("weeks cut short", _HABIT, _PERIODS, "in_at_least: 3 of 4 weeks"),
    ("weeks of one number", _HABIT, _PERIODS, "in_at_least: 3 weeks"),
    ("hours instead of weeks", _HABIT, _PERIODS, "in_at_least: 3 of the last 4 hours"),
    ("weeks of a century", _HABIT, _PERIODS, "in_at_least: 3 of the last 9999 weeks"),
    ("weeks in a window", _HABIT, _PERIODS, f"{_PERIODS}\n    over: 28 days"),
    ("weeks and dwell", _HABIT, _PERIODS, f"{_PERIODS}\n    for: 3 days"),
    ("weeks and an end", _HABIT, _PERIODS, f"{_PERIODS}\n    clears_below: 2"),
    ("weeks and a rank", _SEATS, _BRANCH, f"fact: arr, among_top: 10%, {_PERIODS}"),
    ("weeks without a comparison", _SEATS, _BRANCH, f"fact: arr, {_PERIODS}"),
    ("weeks of a cohort", _SEATS, _BRANCH, f"cohort: champions, {_PERIODS}"),
]

RANKS: list[Slip] = [
    ("among all", _HABIT, "among_top: 10%", "among_top: 100%"),
    ("among none", _HABIT, "among_top: 10%", "among_top: 0%"),
    ("among the top ten", _HABIT, "among_top: 10%", "among_top: 10"),
    ("among the top, and at least", _HABIT, "among_top: 10%", "among_top: 10%\n    at_least: 3"),
    ("among the top of a text", _SEATS, _BRANCH, "fact: plan, among_top: 10%, from_at_least: 3"),
    ("among the top of the latest value", _HABIT, "    max: rows\n", "    latest: rows\n"),
    ("among the top, with an end", _SEATS, _BRANCH, "fact: arr, among_top: 10%, clears_below: 3"),
    ("peers without a rank", _SEATS, _BRANCH, f"{_BRANCH}, of: plan"),
    ("peers by a list", _HABIT, _PEERS, "    of: tags\n"),
    ("peers by a misspelt fact", _HABIT, _PEERS, "    of: plam\n"),
    ("peers by a fact about people", _HABIT, _PEERS, "    of: role\n"),
]

AGGREGATES: list[Slip] = [
    ("an average as a count", _PAYWALL, _COUNT, _instead("count: average", "at_least: 3", "over: 9 days")),
    (
        "an average and a largest value",
        _PAYWALL,
        _COUNT,
        _instead("average: a", "max: a", "at_least: 3", "over: 9 days"),
    ),
    ("an average of people", _PAYWALL, _COUNT, _instead("average: a", "count: people", "at_least: 3", "over: 9 days")),
    ("an average against a share", _PAYWALL, _COUNT, _instead("average: a", "at_least: 30%", "over: 9 days")),
    ("an average against a text", _PAYWALL, _COUNT, _instead("average: a", "contains: x", "over: 9 days")),
    ("a largest value of nothing", _PAYWALL, _COUNT, _instead("max: a", "over: 9 days")),
    ("a habit of another tool", _PAYWALL, _COUNT, _instead("avg: a", "at_least: 3", "over: 9 days")),
]

TRIGGERS_OF_TRIGGERS: list[Slip] = [
    ("a misspelt trigger in a condition", _HABIT, "trigger: seat-limit", "trigger: seats-limit"),
    ("a trigger that is compared", _HABIT, "trigger: seat-limit", "trigger: seat-limit\n    is: true"),
    ("a trigger of itself", _HABIT, "trigger: seat-limit", "trigger: habit"),
    ("a trigger about users, asked of an account", _HABIT, "trigger: seat-limit", "trigger: trial-path"),
]

MADE: list[Slip] = [
    ("a difference of text", _FACTS, _RATIO, "{difference: [seats_used, plan]}"),
    ("a difference of one", _FACTS, _RATIO, "{difference: [seats_used]}"),
    ("a difference that is no list", _FACTS, _RATIO, "{difference: seats_used}"),
    ("a difference of itself", _FACTS, _RATIO, "{difference: [seats_left, seat_usage]}"),
    ("a misspelt difference", _FACTS, _RATIO, "{diference: [seats_used, seats_bought]}"),
    ("headroom of one", _FACTS, _RATIO, "{headroom: [seats_used]}"),
    ("headroom of a misspelt fact", _FACTS, _RATIO, "{headroom: [seats_used, seat_bought]}"),
    ("headroom of a fact about people", _FACTS, _RATIO, "{headroom: [seats_used, role]}"),
    ("a pace without its time", _FACTS, _PACE, "{days_to_limit: [seats_used, seat_limit]}"),
    ("a pace without its limit", _FACTS, _PACE, "{pace_over: 28 days}"),
    ("a pace in hours", _FACTS, "pace_over: 28 days", "pace_over: 28 hours"),
    ("a circle by way of a pace", _FACTS, _PACE, "{days_to_limit: [days_left, seat_limit], pace_over: 28 days}"),
    ("a misspelt limit", _FACTS, _LIMIT, "{limit_of: seat}"),
    ("a limit nobody knows", _FACTS, _LIMIT, "{limit_of: zzz}"),
    ("a limit by another word", _FACTS, _LIMIT, "{limit: seats}"),
    ("a plan that is no text", _POLICY, "  fact: plan\n", "  fact: arr\n"),
    ("a plan of a misspelt fact", _POLICY, "  fact: plan\n", "  fact: plam\n"),
    ("a plan that is a number", _POLICY, "Pro: {seats: 200}", "Pro: 200"),
    ("a limit in words", _POLICY, "Pro: {seats: 200}", "Pro: {seats: many}"),
    ("a limit below zero", _POLICY, "Pro: {seats: 200}", "Pro: {seats: -1}"),
    ("no limit, in other words", _POLICY, "Pro: {seats: 200}", "Pro: {seats: none}"),
    ("no limit of a text", _FACTS, "field: Plan__c, kind: text", "field: Plan__c, kind: text, unlimited: -1"),
    ("a limit with a percentage", _POLICY, "Pro: {seats: 200}", "Pro: {seats: 20%}"),
    ("a headroom given", _CASES, "seats_bought: 50", "seat_headroom: 50%"),
    ("a limit given", _CASES, "seats_bought: 50", "seat_limit: 50"),
]

USERS: list[Slip] = [
    ("users by another word", _SEATS, "accounts: paying-accounts", "who: people"),
    (
        "people counted in a trigger about users",
        _TRIAL,
        "    stopped_for: 7 days",
        "    over: 9 days\n    by_at_least: 2 people",
    ),
    (
        "a number of people in a trigger about users",
        _TRIAL,
        "    stopped_for: 7 days",
        "    over: 9 days\n    count: people\n    at_least: 2",
    ),
    ("one person in a trigger about users", _TRIAL, _WITHIN, f"{_WITHIN}    same_user: true\n"),
    ("a fact about people in a trigger about accounts", _SEATS, _BRANCH, "fact: role, is: admin"),
    ("a fact about people in a text", _PLAYBOOK, "{{ reasons }}", "{{ facts.role }}"),
    ("a fact about people as a name", _POLICY, "name: account_name", "name: role"),
    (
        "a fact about people from a source of accounts",
        _FACTS,
        "from: mixpanel.profiles, field: role",
        "from: salesforce.account, field: role",
    ),
    ("a fact about people given to nobody", _CASES, "seats_bought: 50", "role: admin"),
    ("a fact about people given wrongly", _CASES, "seats_bought: 50", "role: {ana: 7}"),
]

ALL = [*SEQUENCES, *PATTERNS, *PERIODS, *RANKS, *AGGREGATES, *TRIGGERS_OF_TRIGGERS, *MADE, *USERS]
