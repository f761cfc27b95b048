"""JSON Schemas of the files, from the same models that check them: editors complete words and underline mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from expansion.contract import ActionWords, Catalog
from expansion.language.check.case_parser import CaseFile
from expansion.language.model.models import Facts, Playbook, Policy, Trigger
from expansion.language.own_names import OwnNames, with_names

_FILES: dict[str, type[BaseModel]] = {
    "trigger": Trigger,
    "playbook": Playbook,
    "facts": Facts,
    "policy": Policy,
    "cases": CaseFile,
}
_REFS = "#/$defs/"
_AGO = r"^\d+ (minute|hour|day|week|month)s? ago$"
_MOMENT = {
    "description": "Facts as they became then, events such as `4 x Paywall Viewed by ana`, or a list of both.",
    "anyOf": [{"type": "object"}, {"type": "string"}, {"type": "array", "items": {"type": ["object", "string"]}}],
}


def json_schemas(catalog: Catalog | None = None) -> dict[str, dict[str, Any]]:
    """A schema for each kind of file. With a catalog, a playbook's `do` and `with` are known, too."""
    schemas = {name: _schema(model) for name, model in _FILES.items()}
    entry = schemas["cases"]["$defs"]["CaseEntry"]
    entry["properties"]["now"] = _MOMENT
    entry["patternProperties"] = {_AGO: _MOMENT}
    entry["additionalProperties"] = False
    if catalog:
        _name_actions(schemas["playbook"], catalog.for_playbooks)
        _name_sources(schemas, catalog)
    return schemas


def write_schemas(folder: Path, catalog: Catalog, names: OwnNames = OwnNames()) -> list[Path]:  # noqa: B008  frozen
    """Write `trigger.json`, `playbook.json` and so on; a file is touched only when it changes.

    `names`: what the folder's own files name, for editors to complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in with_names(json_schemas(catalog), names).items():
        path = folder / f"{name}.json"
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = _without_null(model.model_json_schema(by_alias=True))
    for part in (schema, *schema.get("$defs", {}).values()):
        _readable(part)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _readable(part: dict[str, Any]) -> None:
    """As an editor shows it: what a condition is about before its comparisons, words as they are written, no regex."""
    words = part.get("properties", {})
    if words.keys() >= {"fact", "event"}:
        first = [word for word in _SUBJECTS if word in words]
        part["properties"] = {word: words[word] for word in (*first, *(word for word in words if word not in first))}
    for word, schema in words.items():
        if schema.get("title"):
            schema["title"] = word
        _explain_patterns(word, schema, schema.get("examples", ()))


_SUBJECTS = ("fact", "event", "cohort", "sequence", "trigger")


def _explain_patterns(word: str, schema: dict[str, Any], examples: Sequence[Any]) -> None:
    """Wherever a pattern stands, what to write instead: an editor would show the pattern."""
    if "pattern" in schema:
        schema["patternErrorMessage"] = _said(word, schema.get("examples", examples))
    for inner in (schema.get("items"), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if isinstance(inner, dict):
            _explain_patterns(word, inner, inner.get("examples", examples))


def _said(word: str, examples: Sequence[Any]) -> str:
    shown = " or ".join(f"`{one}`" for one in examples[:2] if isinstance(one, str | int))
    return f"`{word}` is not written like this" + (f"; write it like {shown}." if shown else ".")


def _without_null(value: Any) -> Any:
    """`word:` with nothing after it is a mistake here, so no schema offers null."""
    if isinstance(value, list):
        return [_without_null(one) for one in value if one != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    cleaned = {key: _without_null(one) for key, one in value.items() if (key, one) != ("default", None)}
    branches = cleaned.get("anyOf")
    if isinstance(branches, list) and len(branches) == 1:
        del cleaned["anyOf"]
        return {**branches[0], **cleaned}
    return cleaned


def _name_actions(schema: dict[str, Any], actions: Mapping[str, ActionWords]) -> None:
    step = schema["$defs"]["Step"]
    step["properties"]["do"]["enum"] = sorted(actions)
    step["properties"]["do"]["enumDescriptions"] = [actions[name].title for name in sorted(actions)]
    step["properties"]["with"] = {"type": "object", "description": step["properties"]["with"].get("description", "")}
    step["allOf"] = [_inputs(schema, name, action) for name, action in sorted(actions.items())]


def _inputs(schema: dict[str, Any], name: str, action: ActionWords) -> dict[str, Any]:
    # Definitions carry the action's name: two vendors may each have a model called Association.
    own = _without_null(action.input_model.model_json_schema(by_alias=True, ref_template=f"{_REFS}{name}.{{model}}"))
    for inner, definition in own.pop("$defs", {}).items():
        schema["$defs"][f"{name}.{inner}"] = definition
    needs = {"required": ["with"]} if own.get("required") else {}
    this = {"required": ["do"], "properties": {"do": {"const": name}}}
    return {"if": this, "then": {"properties": {"with": own}, **needs}}


def _name_sources(schemas: Mapping[str, dict[str, Any]], catalog: Catalog) -> None:
    given = {
        "facts": {"EventSource": {"events"}, "SourcedFact": {"facts", "people"}, "SourcedCohort": {"cohorts"}},
        "policy": {"OutcomeFrom": {"outcomes"}},
    }
    for kind, models in given.items():
        for model, gives in models.items():
            names = sorted(name for name, source in catalog.sources.items() if gives & source.gives)
            if names:
                schemas[kind]["$defs"][model]["properties"]["from"]["enum"] = names
