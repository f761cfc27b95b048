"""The names that a folder's own files use, for the schemas: editors complete them beside the words of the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from expansion.language.check.opened import Known

Schema = dict[str, Any]

# Where a name may stand: definition ("" is the file itself) and word. A wrong one is underlined, as `check` refuses it.
_FACTS = (
    *(("Condition", word) for word in ("fact", "of")),
    *(("AccountWords", word) for word in ("name", "value", "owner", "parent", "time_zone")),
    *(("Suppression", "coming_up"), ("Worth", "of"), ("Plans", "fact"), ("OutcomeFact", "fact")),
)
_COHORTS = (("Condition", "cohort"), ("", "accounts"))
_TIERS = (
    *(("", "leads_to"), ("Approval", "tiers")),
    *((outcome, "tier") for outcome in ("OutcomeEvent", "OutcomeFact", "OutcomeFrom")),
)
_PLAYBOOKS = (("Then", "playbook"), ("Choice", "playbook"))
# Names that may be new: an event that was not seen yet, a fact that is being written. They are only proposed.
_PARTS = tuple((name, word) for name, word in (
    ("RatioFact", "ratio"), ("DifferenceFact", "difference"), ("HeadroomFact", "headroom"),
    ("PaceFact", "days_to_limit"),
))  # fmt: skip
_EVENTS = (
    *(("Condition", word) for word in ("event", "sequence", "not_between")),
    *(("CountedFact", word) for word in ("times", "people", "days")),
    *(("SequenceStep", "event"), ("OutcomeEvent", "event")),
)
_TRIGGERS = (("Condition", "trigger"),)
_IN_CONDITIONS = frozenset({"event", "sequence", "not_between"})
_IN_FACTS = _IN_CONDITIONS | {"times", "people", "days"}
MARK = "With the names of this folder's own files; `expansion check` and `expansion init --schemas-only` renew them."


@dataclass(frozen=True)
class OwnNames:
    """By kind, in the order in which an editor should show them. `said`: what a fact is, in a few words."""

    facts: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    playbooks: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def and_events(self, seen: Iterable[str]) -> OwnNames:
        """With the events that a store has, too."""
        return replace(self, events=tuple(sorted({*self.events, *seen}, key=str.casefold)))


def own_names(known: Known) -> OwnNames:
    """The names that stand in the files, also where other things in them are wrong."""
    others = (known.policy, *known.triggers.values(), *known.playbooks.values())
    sources = [source for one in others if (source := getattr(one, "source", None))]
    events = {name for source in sources for name in _events(source.values, _IN_CONDITIONS)}
    if known.facts.source:
        events |= set(_events(known.facts.source.values, _IN_FACTS))
    return OwnNames(
        facts=tuple(sorted(known.names("facts") or ())),
        cohorts=tuple(sorted(known.names("cohorts") or ())),
        tiers=tuple(sorted(known.tiers() or ())),
        playbooks=tuple(sorted(known.playbooks)),
        triggers=tuple(sorted(known.triggers)),
        events=tuple(sorted(events, key=str.casefold)),
    )


def _events(value: Any, words: frozenset[str], *, named: bool = False) -> Iterator[str]:
    """Texts below the words that name events."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _events(inner, words, named=key in words)
        case list():
            for inner in value:
                yield from _events(inner, words, named=named)
        case str() if named and value.strip():
            yield value


def with_names(schemas: dict[str, Schema], names: OwnNames) -> dict[str, Schema]:
    """The schemas, with these names proposed wherever one of their kind may stand; changed in place."""
    for kind, schema in schemas.items():
        if names != OwnNames():
            schema["$comment"] = MARK
        is_strict = kind != "facts"  # there, the names are being made
        for places, known, strict in (
            (_FACTS, names.facts, is_strict), (_COHORTS, names.cohorts, is_strict), (_TIERS, names.tiers, is_strict),
            (_PLAYBOOKS, names.playbooks, is_strict), (_PARTS, names.facts, False), (_EVENTS, names.events, False),
            (_TRIGGERS, names.triggers, False),
        ):  # fmt: skip
            for definition, word in places if known else ():
                if found := _property(schema, definition, word):
                    _propose(found, known, strict=strict)
    if names.triggers:
        _propose(schemas["cases"]["properties"]["trigger"], names.triggers, strict=False)
    return schemas


def _property(schema: Schema, definition: str, word: str) -> Schema | None:
    within = schema if not definition else schema.get("$defs", {}).get(definition, {})
    found: Schema | None = within.get("properties", {}).get(word)
    return found


def _propose(found: Schema, names: tuple[str, ...], *, strict: bool) -> None:
    """In the text itself, and in the texts of a list."""
    for part in _texts(found):
        part.pop("examples", None)
        part |= {"enum": list(names)} if strict else {"examples": list(names)}
    if "examples" in found and found not in _texts(found):
        del found["examples"]


def _texts(found: Schema) -> list[Schema]:
    inner = [found.get("items"), *found.get("oneOf", ()), *found.get("anyOf", ())]
    below = [text for one in inner if isinstance(one, dict) for text in _texts(one)]
    return [found] if found.get("type") == "string" else below
