"""An action's inputs for one account: templates filled, references resolved, and all of it validated once more."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as given
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from expansion.evaluate.results import Evaluator
from expansion.fields import DueRef, Filled, ForMachines, OwnerRef, PeopleRef
from expansion.language.model.models import Policy
from expansion.language.model.template import alone, render
from expansion.steps.due import due_date
from expansion.text.escapes import no_formula
from expansion.text.shorten import shorten

_MARKERS = (Filled, OwnerRef, DueRef, PeopleRef)


class Unresolved(Exception):
    """A value that the step needs is not to be had. One sentence for people."""


@dataclass(frozen=True)
class Filling:
    """What the values of one step are made of."""

    account_id: str
    context: Mapping[str, Any]
    owner: str
    people: tuple[str, ...]  # user ids behind the firing
    start: date  # due dates count from here
    policy: Policy
    evaluator: Evaluator
    values: Mapping[str, Any] = given(default_factory=dict)  # what a name is to a machine: `facts.seats` is 1500


class _NotKnown:
    """Stands where a value for a machine is not known: it is left out, so that nothing there is written over."""


_NOT_KNOWN = _NotKnown()


def fill(model: type[BaseModel], raw: Mapping[str, Any], filling: Filling) -> dict[str, Any]:
    """The step's input as plain JSON. Raises Unresolved where something is missing or no longer fits."""
    try:
        return model.model_validate(_model(model, raw, filling)).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unresolved(f"`{where}` does not fit once filled in: {first['msg']}") from error


def _model(model: type[BaseModel], raw: Mapping[str, Any], filling: Filling) -> dict[str, Any]:
    """Also the defaults: `assign_to` may be left out, and then means the account's owner."""
    filled = dict(raw)
    for name, field in model.model_fields.items():
        key = field.alias if field.alias and field.alias in raw else name
        value = raw.get(key, None if field.is_required() else field.default)
        if value is not None and (key in raw or _has_marker(field.annotation, field.metadata)):
            filled[key] = _value(field.annotation, field.metadata, value, filling)
    return {key: value for key, value in filled.items() if value is not _NOT_KNOWN}


def _value(kind: Any, metadata: Sequence[Any], value: Any, filling: Filling) -> Any:
    """Walk the type and the value together; only what the type marks is touched."""
    if marker := next((each for each in metadata if isinstance(each, _MARKERS)), None):
        return _resolve(marker, value, _longest(metadata), filling)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(arguments[0], arguments[1:], value, filling)
    if origin in (Union, types.UnionType):
        arm = next((each for each in arguments if _fits(each, value)), None)
        is_plain = not isinstance(value, str) and type(value) in arguments  # true stays a yes, not the text "True"
        return value if arm is None or is_plain else _value(arm, (), value, filling)
    if isinstance(value, Mapping):
        return _mapping(kind, arguments, value, filling)
    if isinstance(value, list | tuple) and arguments:
        return [found for each in value if (found := _value(arguments[0], (), each, filling)) is not _NOT_KNOWN]
    return value


def _mapping(kind: Any, arguments: Sequence[Any], value: Mapping[str, Any], filling: Filling) -> dict[str, Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _model(kind, value, filling)
    if len(arguments) != 2:
        return dict(value)
    found = {key: _value(arguments[1], (), each, filling) for key, each in value.items()}
    known = {key: each for key, each in found.items() if each is not _NOT_KNOWN}
    if found and not known:
        named = ", ".join(f"`{each}`" for each in value.values())
        raise Unresolved(f"there is nothing to set: {named} {'is' if len(found) == 1 else 'are'} not known")
    return known


def _fits(kind: Any, value: Any) -> bool:
    """Whether this arm of a union is the one for the value, by its shape."""
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    shape = get_origin(plain) or plain
    holds = shape if isinstance(shape, type) else object
    if isinstance(value, Mapping):
        return issubclass(holds, Mapping | BaseModel)
    if isinstance(value, list | tuple):
        return issubclass(holds, list | tuple)
    return not issubclass(holds, Mapping | BaseModel | list | tuple) and _has_marker(kind)


def _has_marker(kind: Any, metadata: Sequence[Any] = ()) -> bool:
    return any(isinstance(each, _MARKERS) or _has_marker(each) for each in (*metadata, *get_args(kind)))


def _longest(metadata: Sequence[Any]) -> int | None:
    """The `max_length` of a text, given on the field or inside its type."""
    flat = [part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else (each,))]
    limits = [limit for each in flat if (limit := getattr(each, "max_length", None)) is not None]
    return min(limits, default=None)


def _resolve(marker: Any, value: Any, longest: int | None, filling: Filling) -> Any:
    match marker:
        case ForMachines():
            return _for_machines(value, longest, filling)
        case Filled(escape=escape):
            text = render(str(value), filling.context, escape)
            if escape == "plain" and str(value).lstrip().startswith("{{"):
                text = no_formula(text)
            return text if longest is None else shorten(text, longest, markup=escape != "plain")
        case OwnerRef():
            return filling.owner if str(value).strip() == "account owner" else value
        case DueRef():
            return _due(value, filling)
        case _:
            return _people(value, filling)


def _for_machines(value: Any, longest: int | None, filling: Filling) -> Any:
    """What stands alone is the value itself; the rest is text."""
    if isinstance(value, list | tuple):
        return [one for each in value if (one := _for_machines(each, longest, filling)) is not _NOT_KNOWN]
    if not isinstance(value, str):
        return value
    one = alone(value)
    if one is not None and one.name in filling.values:
        known = filling.values[one.name]
        if known is None:
            return _NOT_KNOWN if one.default is None else one.default
        return known
    return _resolve(Filled("plain"), value, longest, filling)


def _due(value: Any, filling: Filling) -> str:
    try:
        return due_date(str(value).strip(), filling.start, filling.policy.working_hours).isoformat()
    except ValueError as error:
        raise Unresolved(str(error)) from error


def _people(value: Any, filling: Filling) -> list[dict[str, Any]]:
    if not isinstance(value, str):
        return list(value)
    found = _group(value, filling)
    if not found:
        raise Unresolved(f"no people in `{value}` are known for this account")
    return [{key: person.get(key) for key in ("user_id", "email", "name")} for person in found]


def _group(name: str, filling: Filling) -> list[Mapping[str, str | None]]:
    if name == "involved":
        return filling.evaluator.profiles(filling.account_id, filling.people) if filling.people else []
    try:
        return filling.evaluator.people(name, filling.account_id)
    except KeyError as error:  # a step that waited while facts.yaml changed
        raise Unresolved(f"facts.yaml no longer has people called `{name}`") from error
