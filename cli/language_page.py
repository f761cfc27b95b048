"""The tables of docs/language.md, from the models: every word with what it means and an example."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from expansion.language.check import case_parser
from expansion.language.check.kinds import FITS
from expansion.language.model import conditions, expects, following, models, policy, sequences
from expansion.language.model import facts as vocabulary
from expansion.language.model.filters import FILTERS
from expansion.language.model.template import MEANINGS, template_names
from expansion.language.model.words import words_of

MODELS: dict[str, type[BaseModel]] = {
    model.__name__: model
    for model in (
        *(models.Trigger, models.Then, models.Choice, models.Playbook, models.Step),
        *(following.Sla, following.Remind, following.Reassign, following.Escalate),
        *(conditions.Condition, sequences.SequenceStep),
        *(conditions.AllOf, conditions.AnyOf, conditions.NoneOf, conditions.SomeOf, conditions.Some),
        *(vocabulary.Facts, vocabulary.EventSource, expects.Expects, expects.ExpectsAnswers),
        vocabulary.PeopleGroup,
        *(vocabulary.SourcedFact, vocabulary.CountedFact, vocabulary.RatioFact, vocabulary.DifferenceFact),
        *(vocabulary.HeadroomFact, vocabulary.PaceFact, vocabulary.LimitFact),
        *(vocabulary.SourcedCohort, vocabulary.RuleCohort),
        *(policy.Policy, policy.WorkingHours, policy.AccountWords, policy.Owners, policy.Tier, policy.Worth),
        *(policy.Plans, policy.Suppression, policy.Friction, policy.Holdout, policy.Flood, policy.Freshness),
        *(policy.Attention, policy.Approval, policy.QuietHours),
        *(policy.OutcomeEvent, policy.OutcomeFact, policy.OutcomeFrom),
        *(case_parser.CaseFile, case_parser.CaseEntry),
    )
}

# Kinds that take the same comparisons stand in one column.
_COLUMNS = {
    "number, money, percent": ("number", "money", "percent"),
    "text": ("text",),
    "yes_no": ("yes_no",),
    "date": ("date",),
    "list": ("list",),
}


def with_tables(text: str) -> str:
    """The page with the table below each `<!-- words of MODEL -->` written anew, up to `<!-- end -->`."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{_lines(found['what'], found['of'])}\n{found[4]}", text)


_TABLE = re.compile(r"(<!-- (?P<what>words of|kinds|texts|filters)(?P<of>[^>]*) -->)\n.*?(<!-- end -->)", re.DOTALL)


def _lines(what: str, of: str) -> str:
    tables: dict[str, Callable[[str], Iterator[str]]] = {
        **{"words of": _words, "kinds": _kinds},
        **{"texts": _texts, "filters": _filters},
    }
    return "\n".join(tables[what](of))


def _words(of: str) -> Iterator[str]:
    """All words of a model, or those that are named after its name."""
    name, _, chosen = of.strip().partition(":")
    words = words_of(MODELS[name])
    yield "| word | what it means | example |"
    yield "|---|---|---|"
    for word in chosen.split() or words:
        field = words[word]
        needed = "**Needed.** " if field.is_required() else ""
        shown = "<br>".join(f"`{line}`" for line in examples_of(word, field))
        yield f"| `{word}` | {needed}{_cell(field.description or '')} | {_cell(shown)} |"


def examples_of(word: str, field: FieldInfo) -> list[str]:
    """The examples of a word, as an author writes them."""
    return [f"{word}: {as_yaml(example)}" for example in field.examples or ()]


def as_yaml(value: Any) -> str:
    """A value on one line, as an author writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:_}"
        case list():
            return f"[{', '.join(map(as_yaml, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {as_yaml(inner)}' for key, inner in value.items())}}}"
    text = str(value)
    return text if re.fullmatch(r"[A-Za-z][\w .@-]*|\d[\d-]* ?[%\w ]*", text) else json.dumps(text, ensure_ascii=False)


def _kinds(_: str) -> Iterator[str]:
    """Which comparison fits which kind of fact."""
    yield f"| comparison | {' | '.join(_COLUMNS)} |"
    yield f"|---|{'---|' * len(_COLUMNS)}"
    for word, fits in FITS.items():
        marks = ("yes" if kinds[0] in fits else "" for kinds in _COLUMNS.values())
        yield f"| `{word}` | {' | '.join(marks)} |"


def _texts(_: str) -> Iterator[str]:
    """What a text may name."""
    yield "| in a text | what stands there then |"
    yield "|---|---|"
    for name in template_names(["NAME"]):
        yield f"| `{{{{ {name} }}}}` | {_cell(MEANINGS[name])} |"


def _filters(_: str) -> Iterator[str]:
    """What may be done with it on the way."""
    yield "| filter | as it is written |"
    yield "|---|---|"
    for name, one in FILTERS.items():
        yield f"| `{name}` | {_cell(' or '.join(f'`{part}`' for part in one.example.split(' or ')))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(with_tables(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
