"""One value of a YAML file written anew, where it stands: every other character stays as its author wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import unified_diff

from expansion.language.yaml.files import InMemory
from expansion.language.yaml.reading import read
from expansion.language.yaml.source import Source, Steps
from expansion.text.for_people import ForPeople

# A quoted value, or a plain one up to what ends it inside brackets, before a comment, or at the end of the line.
_VALUE = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s,\]}#](?:[^,\]}\n\r#]|(?<!\s)#)*?(?=\s*(?:[,\]}\n\r]|\s#|$))'
)
_BREAKS = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


class NotPatched(ForPeople):
    """A value that cannot be written anew by itself."""


@dataclass(frozen=True)
class Patch:
    """A file before and after."""

    path: str
    before: str
    after: str

    def diff(self) -> str:
        """As `git apply` and `patch` take it."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(unified_diff(before, after, fromfile=f"a/{self.path}", tofile=f"b/{self.path}"))


def patched(path: str, text: str, source: Source, at: Steps, value: str) -> Patch:
    """The file with another value at one place. It is read again, and nothing else may have changed."""
    spot = source.spots[at]
    lines = _BREAKS.split(text)
    line, column = lines[spot.line - 1], spot.column - 1
    found = _VALUE.match(line, column)
    if found is None:
        raise NotPatched(_by_hand(source, spot.line, value))
    written = _as_written(found[0], value)
    lines[spot.line - 1] = f"{line[:column]}{written}{line[found.end() :]}"
    patch = Patch(path, text, "".join(lines))
    if not _is_alone(patch, source, at, written):
        raise NotPatched(_by_hand(source, spot.line, value))
    return patch


def _as_written(was: str, value: str) -> str:
    """In the same quotes; a long number with `_` between its thousands, where it had them."""
    if was[0] in "\"'":
        return f"{was[0]}{value}{was[0]}"
    return f"{int(value):_}" if "_" in was and value.isdecimal() else value


def _is_alone(patch: Patch, source: Source, at: Steps, written: str) -> bool:
    """Whether the value is there now, and every other is what it was."""
    again = read(InMemory({patch.path: patch.after}), patch.path)
    wanted = read(InMemory({"value": f"value: {written}"}), "value").values["value"]
    places = [steps for steps in source.spots if not isinstance(source.value_at(steps), dict | list)]
    same = (again.value_at(steps) == (wanted if steps == at else source.value_at(steps)) for steps in places)
    return set(again.spots) == set(source.spots) and all(same)


def _by_hand(source: Source, line: int, value: str) -> str:
    return f"{source.file}, line {line}: this value cannot be replaced by itself\n\nhint: write {value} there by hand"
