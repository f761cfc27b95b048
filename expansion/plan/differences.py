"""What differs between two definitions of one thing, in the words of the YAML: `seat_usage at_least 80% -> 75%`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from expansion.plan.said import Said, in_line
from expansion.text.shorten import shorten

# By which of its words an entry of a list is known again, the first that it has.
_KNOWN_BY = ("id", "reason", "fact", "event", "cohort", "trigger", "playbook", "from", "coming_up")
# Lists whose order means nothing: all, any or none of them.
_ANY_ORDER = frozenset({"when", "unless", "all_of", "any_of", "none_of", "some_of", "only_if"})
_LONGEST = 100  # of one value: more of it is in the diff of the files


def differences(before: Said, after: Said) -> list[str]:
    """Each difference as a line; none where both mean the same."""
    return [f"{path}{what}" for path, what in _between("", before, after)]


def _between(path: str, before: Said, after: Said) -> Iterator[tuple[str, str]]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_tables(path, before, after)
    elif isinstance(before, tuple) and isinstance(after, tuple) and _has_tables(before, after):
        yield from _of_lists(path, before, after)
    else:
        yield path, f" {_value(before)} -> {_value(after)}"


def _of_tables(path: str, before: Mapping[str, Said], after: Mapping[str, Said]) -> Iterator[tuple[str, str]]:
    for key in dict.fromkeys((*before, *after)):
        here = f"{path}, {key}" if path else key
        if key not in after:
            yield here, f" {_value(before[key])} is gone"
        elif key not in before:
            yield here, f" {_value(after[key])} is new"
        else:
            yield from _between(here, before[key], after[key])


def _of_lists(path: str, before: Sequence[Said], after: Sequence[Said]) -> Iterator[tuple[str, str]]:
    """Entries that stayed are left out; the others are paired by what they are known by."""
    left, came = _without(before, after), _without(after, before)
    if not left and not came:
        if path.rpartition(", ")[2] not in _ANY_ORDER:
            yield path, ": the same in another order"
        return
    for one in left:
        other = next((each for each in came if _name(each) == _name(one) != ""), None)
        if other is None:
            yield path, f": {_value(one)} is gone"
        else:
            came.remove(other)
            yield from _between(f"{path}, {_name(one)}", one, other)
    yield from ((path, f": {_value(one)} is new") for one in came)


def _has_tables(*lists: Sequence[Said]) -> bool:
    return any(isinstance(one, Mapping) for some in lists for one in some)


def _without(some: Sequence[Said], others: Sequence[Said]) -> list[Said]:
    """Those that the others lack, each counted as often as it stands there."""
    rest, kept = list(others), []
    for one in some:
        if one in rest:
            rest.remove(one)
        else:
            kept.append(one)
    return kept


def _name(entry: Said) -> str:
    if not isinstance(entry, Mapping):
        return ""
    named = next((entry[word] for word in _KNOWN_BY if word in entry), "")
    return in_line(named)


def _value(value: Said) -> str:
    return shorten(in_line(value), _LONGEST)
