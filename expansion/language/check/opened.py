"""Everything that was read of a folder, right or wrong, so that one bad file does not make ten others look bad."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from expansion.contract import Catalog
from expansion.language.check.case_parser import CaseFile
from expansion.language.check.kinds import Misfit
from expansion.language.model.mistakes import Mistake, brief, did_you_mean, suggest
from expansion.language.model.models import DifferenceFact, Facts, Playbook, Policy, Trigger
from expansion.language.model.not_words import IN_FACTS
from expansion.language.model.values import Percent
from expansion.language.yaml.source import Source, Steps

M = TypeVar("M", bound=BaseModel)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class Opened(Generic[M]):
    """One file: what stands in it, where it could be read; and its model, where it is right but for what was told.

    `written` is the file as it is, `source` as it may have been meant: see mending.py.
    """

    name: str
    source: Source | None
    model: M | None
    written: Source | None = None

    def is_written(self, at: Steps) -> bool:
        """Whether this does not stand in for what is wrong."""
        return self.source is not None and not self.source.is_made_up(at)


@dataclass(frozen=True)
class Known:
    """All files together, and what integrations offer."""

    catalog: Catalog
    facts: Opened[Facts]
    policy: Opened[Policy]
    triggers: Mapping[str, Opened[Trigger]]
    playbooks: Mapping[str, Opened[Playbook]]
    cases: Sequence[Opened[CaseFile]]

    def names(self, word: str) -> list[str] | None:
        """The names under `facts`, `cohorts` or `people` of facts.yaml; None where the file cannot be read."""
        return _names(self.facts, word)

    def tiers(self) -> list[str] | None:
        """The tiers of policy.yaml; None where the file cannot be read."""
        return _names(self.policy, "tiers")

    def kind(self, fact: str) -> str | None:
        """The kind of a fact; None where its definition is wrong or missing."""
        if not self.facts.model or not self._is_sound(fact, ()):
            return None
        return self.facts.model.kind(fact)

    def fact_meant(self, name: str) -> str:
        """The fact that a name stands for; of a misspelt one the fact that is near it."""
        names = self.names("facts") or []
        return name if name in names else did_you_mean(name, names) or name

    def _is_sound(self, fact: str, made: tuple[str, ...]) -> bool:
        """Whether the words that make the kind of a fact are as they were written, and of all that it is made of."""
        definition = self.facts.model.facts.get(fact) if self.facts.model else None
        parts = definition.parts if isinstance(definition, DifferenceFact) else ()
        if not all(self.facts.is_written(("facts", fact, *word)) for word in ((), ("kind",), ("difference",))):
            return False
        if not _same_words(self.facts, fact):
            return False
        return all(self._is_sound(part, (*made, fact)) for part in parts if part not in made)

    def of_users(self, fact: str) -> bool:
        """Whether a fact is about a person, not about an account."""
        return bool(
            self.facts.model and self.facts.model.of_users(fact) and self.facts.is_written(("facts", fact, "who"))
        )


def _same_words(facts: Opened[Facts], fact: str) -> bool:
    """Whether no word of a fact's definition was misspelt."""
    if facts.written is None or facts.source is None or facts.written is facts.source:
        return True
    written, meant = (source.values.get("facts", {}).get(fact, {}) for source in (facts.written, facts.source))
    if not isinstance(written, dict) or not isinstance(meant, dict):
        return False
    return written.keys() >= meant.keys() and not written.keys() & IN_FACTS.keys()


def _names(opened: Opened[M], word: str) -> list[str] | None:
    sections = [source.values.get(word, {}) for source in (opened.written, opened.source) if source is not None]
    if not sections or not isinstance(sections[0], dict):
        return None
    return list(
        dict.fromkeys(good for names in sections if isinstance(names, dict) for one in names for good in _good(one))
    )


def _good(name: str) -> set[str]:
    """The name; for one that is refused what it may become, so that its users are not refused as well."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        return {name}
    return {re.sub(r"[^a-z0-9]+", join, name.lower()).strip(join) for join in "-_"}


def unknown(
    source: Source, at: Steps, name: str, names: Iterable[str] | None, what: str, where: str
) -> Iterator[Mistake]:
    """A mistake where `name` is not among the names; none where the names themselves could not be read."""
    if names is None or name in (known := list(names)):
        return
    hint = suggest(name, known, "what there is") or f"{where} names none yet"
    yield source.mistake(at, f"`{brief(name)}` is not {what}", hint)


def not_of_account(known: Known, source: Source, at: Steps, fact: str) -> Iterator[Mistake]:
    """A mistake where a fact about a person stands in a place that is about an account."""
    if known.of_users(fact):
        hint = "ask it in `when` or `unless` of a trigger with `who: users`"
        yield source.mistake(at, f"`{fact}` is about a person, and here an account is asked about", hint)


def not_email(source: Source, at: Steps, value: str) -> Iterator[Mistake]:
    """A mistake where a value should be an e-mail address and is none."""
    if not _EMAIL.fullmatch(value):
        yield source.mistake(at, f"`{brief(value)}` is not an e-mail address", "write one like dana@acme.example")


def misnamed(opened: Opened[M], word: str, name: str) -> Iterator[Mistake]:
    """A mistake where a file is not named after what it holds."""
    if opened.source and name != opened.name:
        message = f"this file is called {opened.name}.yaml, and its {word} `{brief(name)}`"
        hint = f"write  {word}: {opened.name}  or rename the file to {brief(name)}.yaml"
        yield opened.source.mistake((word,), message, hint)


def at_words(source: Source, at: Steps, found: Iterator[Misfit]) -> Iterator[Mistake]:
    """Misfits of a condition as mistakes at their words."""
    for one in found:
        key = one.message.startswith((f"`{one.word}`", "a count"))
        yield source.mistake((*at, one.word), one.message, one.hint, key=key)


def not_share(source: Source, at: Steps, share: Percent) -> Iterator[Mistake]:
    """A mistake where a percentage should lie between nothing and all."""
    if not 0 <= share.value <= 1:
        yield source.mistake(at, f"`{share}` is not a share of all", "write 0% to 100%")
