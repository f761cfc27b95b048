"""Words that people try and the language does not have: each leads to what says it, or to the answer that nothing does.

None of these may lead to a word that means something else: a hint is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_AHEAD = (
    "how far a date lies ahead cannot be asked in a condition; `newer_than` and `older_than` look back. To leave "
    "accounts alone before a date, policy.yaml has `suppress: [{coming_up: FACT, within: 30 days}]`"
)
_NORMAL = (
    "what is usual, or the highest ever, cannot be asked; `grew_at_least` with `over` compares with the time before, "
    "`among_top` with other accounts"
)
_WAS = "what was before is a condition of its own, such as  {fact: health, is: red, in_at_least: 1 of the last 60 days}"
_POINTS = "conditions have no points; `some_of: {need: 2, of: […]}` asks how many of them are true"
_CHILDREN = "nothing adds up the children of an account; use a roll-up field of the CRM as a fact"
_PATTERN = "patterns cannot be written; use `contains`, `starts_with` or `is_one_of`"
_SINCE = "a window ends at the check and has a length:  over: 28 days ; of a date fact ask `after: 2026-03-01`"
_EMPTY = "ask  exists: false"
_COMPARED = (
    "facts are not compared with each other in a condition; make one of both in facts.yaml with `ratio` or "
    "`difference`, and compare that with a number"
)
_TOP_USER = (
    "people are compared with all people, not inside their account; `who: users` with `among_top` asks each of them"
)


def _table(*rows: tuple[str, str]) -> dict[str, str]:
    return {word: hint for words, hint in rows for word in words.split()}


# In a condition or a property of `where`.
IN_CONDITIONS = _table(
    (
        "coming_up due_within due_in days_until days_to days_left renews_within renews_in expires_within expires_in",
        _AHEAD,
    ),
    ("ends_within ahead ahead_of in_the_next in_next next within_next starts_within until", _AHEAD),
    ("new_high all_time_high highest_ever highest record at_record peak spike anomaly unusual usual", _NORMAL),
    ("above_normal above_usual above_average normal baseline against seasonal z_score deviation deviates", _NORMAL),
    ("compared_to compared_with compare_to versus vs relative_to", _COMPARED),
    ("percent_of share_of of_fact", _COMPARED),
    ("was was_not changed changed_from changed_to changed_by became becomes previously before_that from_value", _WAS),
    ("turned turned_from turned_to went_from moved_from", _WAS),
    ("score points weight weights worth_points scoring", _POINTS),
    ("sum_over sum_children sum_of_children children roll_up rollup sum_up parents parent", _CHILDREN),
    ("matches match matching regex regexp re like pattern glob not_matches not_like", _PATTERN),
    ("ends_with endswith not_ends_with", "how a text ends cannot be asked; `contains` and `starts_with` can"),
    (
        "not_contains does_not_contain doesnt_contain contains_not contains_none excludes",
        "put it under `none_of`:  none_of: [{…, contains: TEXT}]",
    ),
    ("not_starts_with does_not_start_with", "put it under `none_of`:  none_of: [{…, starts_with: TEXT}]"),
    ("contains_any contains_one_of", "give each a condition of its own under `any_of`"),
    ("contains_all", "give each a condition of its own"),
    ("since from_date starting_from as_of start_date", _SINCE),
    ("not_exists exists_not does_not_exist is_empty empty is_null null is_blank missing is_missing unset", _EMPTY),
    ("is_not_empty not_empty is_set is_known not_null", "ask  exists: true"),
    ("among_bottom bottom", "only the largest can be asked, with `among_top`; for a fixed border use `at_most`"),
    ("grew_at_most grew_less_than", "put `grew_at_least` under `none_of` or `unless`"),
    ("fell_at_most fell_less_than", "put `fell_at_least` under `none_of` or `unless`"),
    ("top_user champion power_user top_users most_active", _TOP_USER),
    ("twice once", "write how often it happened:  at_least: 2"),
)

# Where a fact is made.
IN_FACTS = _table(
    ("days_until days_to days_ahead days_since age", _AHEAD),
    (
        "formula expression calculate sql value equals",
        "facts are made with `ratio`, `difference`, `headroom` and `days_to_limit`, of two facts each",
    ),
    (
        "sum add plus total product times_by multiply",
        "facts cannot be added up; use a field of the source that holds the sum",
    ),
    (
        "average avg mean min minimum maximum max median latest distinct",
        "a fact counts `times`, `people` or `days` of events",
    ),
    ("sum_over children rollup roll_up", _CHILDREN),
    ("score points weight weights", _POINTS),
)

_NEGATIVE = re.compile(r"(?:^|_)(?:not|no|non|never|without|isnt|doesnt|un)(?:_|$)|^(?:in|un)active")
_OPPOSITES = (
    ("least", "most"),
    ("more", "less"),
    ("before", "after"),
    ("top", "bottom"),
    ("older", "newer"),
    ("grew", "fell"),
    ("start", "end"),
    ("above", "below"),
)


def turns_round(word: str, meant: str) -> bool:
    """Whether a word near another says the opposite of it: `grew_at_most` is no slip of the pen for `grew_at_least`."""
    word, meant = (re.sub(r"[^a-z]+", "_", one.lower()) for one in (word, meant))
    if bool(_NEGATIVE.search(word)) != bool(_NEGATIVE.search(meant)):
        return True
    return any(_holds(word, meant, *pair) or _holds(meant, word, *pair) for pair in _OPPOSITES)


def _holds(word: str, meant: str, one: str, other: str) -> bool:
    return one in word and other in meant and other not in word


def never_turned(word: str, near: Iterable[str]) -> str | None:
    """The first of the near words that does not say the opposite."""
    return next((one for one in near if not turns_round(word, one)), None)
