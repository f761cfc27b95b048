"""Why a trigger answers as it does: a line per condition, its numbers, and the events behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from expansion.evaluate.causes import Causes
from expansion.evaluate.compiled import CompiledTrigger
from expansion.evaluate.engine import Engine
from expansion.evaluate.logic import MEANING
from expansion.evaluate.logic import Answers as AnswerArray
from expansion.evaluate.results import Answer, Evidence, Line
from expansion.evaluate.subjects import Subject, account_of, user_of
from expansion.evaluate.tree import Group, Leaf, Node, Repeated
from expansion.evaluate.tree import Line as TreeLine
from expansion.explain.evidence import Behind
from expansion.explain.seen import Seeing
from expansion.explain.turns.ahead import Ahead
from expansion.explain.turns.find import Flipping
from expansion.explain.turns.kinds import NO, YES, Flip, sentence
from expansion.explain.turns.trigger import Whole, said_of
from expansion.language.model.conditions import COMPARISONS
from expansion.language.model.models import Trigger, Who
from expansion.language.prose import GROUPS, comparison_text, describe, kind_of, titled

# Comparisons whose words say more than the value: `not Free`, `Team or Pro`, `between 5 and 10`.
_SAID_WHOLE = ("is", "is_not", "is_one_of", "is_not_one_of", "between", "exists")


@dataclass(frozen=True)
class _Place:
    """Where a line stands; `behind`: everything above it holds, so that it is part of why the answer is yes; `denied`:
    so does a `none_of`."""

    section: str
    depth: int = 0
    behind: bool = True
    denied: bool = False

    def inside(self, word: str, *, holds: bool) -> _Place:
        none = word == "none_of"
        denied = (self.denied and not none) or (self.behind and holds and none)
        return _Place(self.section, self.depth + 1, self.behind and holds and not none, denied)


@dataclass(frozen=True)
class Explainer:
    """Explains the answers of an engine that was made for (at least) this subject. `flips`: also what would turn each
    line, which takes longer."""

    engine: Engine
    flips: bool = False

    def explain(self, trigger: Trigger, subject: Subject) -> Evidence:
        compiled = self.engine.compiled(trigger)
        self.engine.measure(compiled.nodes())
        account, user = account_of(subject), user_of(subject) or None
        index = self.engine.subjects.index.get(subject)
        if index is None:  # an account in which nobody is known
            return Evidence(trigger.trigger, account, self.engine.as_of, Answer.NO, ())
        answer = MEANING[int(self.engine.answer(compiled.fires)[index])]
        ahead = Ahead.of(self.engine, index, compiled.fires) if self.flips else None
        telling = _Telling.of(self.engine, index, compiled.fires, ahead)
        lines = tuple(telling.sections(trigger, compiled))
        flips = telling.whole(compiled.fires) if self.flips else None
        return Evidence(trigger.trigger, account, self.engine.as_of, answer, lines, user, flips)


@dataclass(frozen=True)
class _Telling:
    """Tells of one subject, line by line; of what is asked about a person's account, `of_account` tells."""

    engine: Engine
    index: int
    behind: Behind
    of_account: _Telling | None = None
    flipping: Flipping | None = None
    flips: dict[int, tuple[Flip, ...]] = field(default_factory=dict)  # by the id of their node

    @classmethod
    def of(cls, engine: Engine, index: int, node: Node, ahead: Ahead | None) -> _Telling:
        flipping = Flipping(engine, index, ahead, of_account=ahead.engine is not engine) if ahead else None
        own, theirs = _shared(engine, node)
        of_account = None
        if engine.of_accounts is not None and theirs:
            of_account = cls.of(engine.of_accounts, engine.account_place(index), Group("all_of", tuple(theirs)), ahead)
        return cls(engine, index, Behind(engine, index, own), of_account, flipping)

    def sections(self, trigger: Trigger, compiled: CompiledTrigger) -> Iterator[Line]:
        parts = list(compiled.fires.parts)
        if trigger.accounts:
            yield from self._lines(parts.pop(0), _Place("accounts"))
        for part in _children(parts[0]):
            yield from self._lines(part, _Place("when"))
        for part in _children(parts[1]) if len(parts) > 1 else ():
            yield from self._lines(part, _Place("unless"))

    def _lines(self, node: Node, place: _Place) -> Iterator[Line]:
        if self.of_account is not None and self.engine.is_of_accounts(node):
            yield from (replace(line, of_account=True) for line in self.of_account._lines(node, place))
            return
        answer = MEANING[int(self.engine.answer(node)[self.index])]
        if isinstance(node, Group):
            flips, title = self._flips(node), self._title(node)
            yield Line(title, answer, depth=place.depth, section=place.section, behind=place.behind, flips=flips)
            inside = place.inside(node.word, holds=answer is Answer.YES)
            for part in node.parts:
                yield from self._lines(part, inside)
        else:
            yield self._line(node, answer, place)

    def _line(self, line: TreeLine, answer: Answer, place: _Place) -> Line:
        point = self._telling_point(line, answer)
        return Line(
            self._describe(line),
            answer,
            Seeing(self.engine, self.index).seen(line, point, answer),
            self._wanted(line),
            Causes(self.engine, ahead=True).of_line(line, self.index, point) if answer is Answer.CANNOT_TELL else None,
            place.depth,
            place.section,
            self.behind.events(line),
            self.behind.people(line),
            place.behind,
            place.denied,
            titled(line.condition, self.engine.vocabulary.facts, self._currency),
            flips=self._flips(line),
        )

    # --- what would turn it -------------------------------------------------------------------------------------------

    def _flips(self, node: Node) -> str | None:
        if self.flipping is None:
            return None
        self.flips[id(node)] = self.flipping.of(node)
        return sentence(self.flips[id(node)])

    def whole(self, fires: Group) -> str | None:
        """What would turn the whole trigger: the fewest lines, and by when it turns by itself."""
        assert self.flipping is not None, "asked for what would turn it"
        answer = int(self.engine.answer(fires)[self.index])
        theirs = self.of_account.flips if self.of_account else {}
        today = partial(self.engine.at, point=0)
        whole = Whole(self._answered(self.engine.answer), self._answered(today), {**self.flips, **theirs})
        needed = whole.needed(fires, NO if answer == YES else YES)
        if needed is None:
            return f"It cannot fire from now on: {self._told(whole.blocking(fires, YES), YES)}"
        return said_of(answer == YES, needed, self._told, self.flipping.by_itself(fires, answer))

    def _answered(self, answers: Callable[[Node], AnswerArray]) -> Callable[[Node], int]:
        return lambda node: int(answers(node)[self.index])

    def _told(self, node: Node, wanted: int) -> str:
        """`plan is Team (yes: Team instead of Free)`: a line with the first of what would turn it."""
        if self.of_account is not None and id(node) in self.of_account.flips:
            return self.of_account._told(node, wanted)
        text = self._title(node) if isinstance(node, Group) else self._describe(node)
        first = next(iter(self.flips.get(id(node), ())), None)
        if first is None or first.kind == "never":
            return f"{text} ({first.said})" if first else text
        return f"{text} ({'yes' if wanted == YES else 'no'}: {first.sentence})"

    def _title(self, group: Group) -> str:
        if group.about is None:
            return GROUPS[group.word].format(need=group.need)
        return describe(group.about, self.engine.vocabulary.facts, self._currency, self._who)

    def _describe(self, line: TreeLine) -> str:
        return describe(line.condition, self.engine.vocabulary.facts, self._currency, self._who)

    @property
    def _who(self) -> Who:
        return "accounts" if self.engine.of_accounts is None else "users"

    @property
    def _currency(self) -> str:
        return self.engine.vocabulary.policy.currency

    def _telling_point(self, line: TreeLine, answer: Answer) -> int:
        """The day that decides: with dwell the newest one that is not yes, otherwise the check itself."""
        if answer is Answer.YES:
            return 0
        points = range(line.points)
        return next((p for p in points if MEANING[int(self.engine.at(line, p)[self.index])] is answer), 0)

    def _wanted(self, line: TreeLine) -> str | None:
        if not isinstance(line, Leaf | Repeated) or not line.condition.has_comparison:
            return None
        word, wanted = line.condition.comparison()
        fact = line.condition.fact
        kind = kind_of(fact, self.engine.vocabulary.facts) if fact else "number"
        text = comparison_text(word, wanted, kind, self._currency)
        if word == "among_top":
            return text.removeprefix("among ")
        return text.removeprefix("is ") if word in _SAID_WHOLE else text.removeprefix(COMPARISONS[word]).strip()


def _children(node: Node) -> Iterable[Node]:
    return node.parts if isinstance(node, Group) else (node,)


def _shared(engine: Engine, node: Node) -> tuple[list[TreeLine], list[Node]]:
    """The lines that an engine answers itself, and what it leaves to that of the accounts."""
    if engine.is_of_accounts(node):
        return [], [node]
    if not isinstance(node, Group):
        return [node], []
    parts = [_shared(engine, part) for part in node.parts]
    return [line for own, _ in parts for line in own], [other for _, theirs in parts for other in theirs]
