"""What would turn a whole trigger: the fewest lines that would have to be otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from expansion.evaluate.tree import Group, Node
from expansion.explain.turns.kinds import NO, YES, Flip

_NEVER_BY_ITSELF = date.max
_NAMED = 5  # lines that are named
Needed = tuple[tuple[Node, int], ...]  # lines, each with the answer that it would have to have


@dataclass(frozen=True)
class Whole:
    """The fewest lines of a tree. `answer` gives what each node is answered, `today` the same without its dwell, and
    `flips` what would turn it."""

    answer: Callable[[Node], int]
    today: Callable[[Node], int]
    flips: Mapping[int, Sequence[Flip]]

    def needed(self, node: Node, wanted: int) -> Needed | None:
        """The fewest lines below a node that would have to be otherwise for an answer, each with the answer it would
        have to have; None where one cannot."""
        answer = self.answer(node)
        if answer == wanted:
            return ()
        if not isinstance(node, Group):
            return None if any(flip.kind == "never" for flip in self._of(node)) else ((node, wanted),)
        if node.points > 1 and self.today(node) == wanted:
            return ((node, wanted),)  # it was otherwise on an earlier day
        if node.word == "none_of":
            return self._of_any(node, NO if wanted == YES else YES)
        if node.word == "some_of":
            return self._of_some(node, wanted)
        return self._of_all(node, wanted) if node.word == "all_of" else self._of_any(node, wanted)

    def _of_all(self, group: Group, wanted: int) -> Needed | None:
        return self._every(group, wanted) if wanted == YES else self._cheapest(group, wanted, 1)

    def _of_any(self, group: Group, wanted: int) -> Needed | None:
        return self._cheapest(group, wanted, 1) if wanted == YES else self._every(group, wanted)

    def _of_some(self, group: Group, wanted: int) -> Needed | None:
        answers = [self.answer(part) for part in group.parts]
        if wanted == YES:
            return self._cheapest(group, wanted, group.need - answers.count(YES))
        return self._cheapest(group, wanted, len(answers) - answers.count(NO) - group.need + 1)

    def _every(self, group: Group, wanted: int) -> Needed | None:
        found = [self.needed(part, wanted) for part in group.parts]
        return None if None in found else tuple(line for lines in found if lines is not None for line in lines)

    def _cheapest(self, group: Group, wanted: int, count: int) -> Needed | None:
        """Of the parts that are otherwise as many as it takes, those with the fewest lines; the first to turn by itself
        of several."""
        parts = [self.needed(part, wanted) for part in group.parts if self.answer(part) != wanted]
        possible = sorted(
            (lines for lines in parts if lines is not None), key=lambda lines: (len(lines), self._on(lines))
        )
        if len(possible) < count:
            return None
        return tuple(line for lines in possible[:count] for line in lines)

    def blocking(self, node: Node, wanted: int) -> Node:
        """A line that stands in the way where an answer cannot be had."""
        if not isinstance(node, Group):
            return node
        of_parts = wanted if node.word != "none_of" else NO if wanted == YES else YES
        parts = (part for part in node.parts if self.needed(part, of_parts) is None)
        return self.blocking(next(parts), of_parts)

    def _on(self, lines: Needed) -> date:
        """The day on which all of these have turned by themselves."""
        days = [min((_day(flip) for flip in self._of(line)), default=_NEVER_BY_ITSELF) for line, _ in lines]
        return max(days, default=_NEVER_BY_ITSELF)

    def _of(self, node: Node) -> Sequence[Flip]:
        return self.flips.get(id(node), ())


def _day(flip: Flip) -> date:
    if flip.kind != "by_itself" or flip.on is None:
        return _NEVER_BY_ITSELF
    return flip.on.date() if isinstance(flip.on, datetime) else flip.on


def said_of(is_yes: bool, needed: Needed, told: Callable[[Node, int], str], itself: Flip | None) -> str:
    """`It would fire if this line were otherwise: export at least 3 times over 7 days (yes: 2 more export)`."""
    named = dict.fromkeys(told(line, wanted) for line, wanted in needed[:_NAMED])
    more = f"; and {len(needed) - _NAMED} more" if len(needed) > _NAMED else ""
    few = "this line" if len(needed) == 1 else f"these {len(needed)} lines"
    text = f"It would {'not ' if is_yes else ''}fire if {few} were otherwise: {'; '.join(named)}{more}"
    turns = itself is not None and (is_yes or itself.value == "yes")
    return f"{text}; or by itself {itself.sentence}" if itself and turns else text
