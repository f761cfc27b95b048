"""Which words belong at a place: read from the models, so that hints never differ from what is accepted."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

# What people of this field write out of habit, from other tools.
HABITS = {
    "budget": "attention",
    "budgets": "attention",
    "attention_budget": "attention",
    "attention_budgets": "attention",
    "approvals": "approval",
    "approve": "approval",
    "is_at_least": "at_least",
    "at_minimum": "at_least",
    "greater_than_or_equal": "at_least",
    "is_more_than": "more_than",
    "is_at_most": "at_most",
    "less_than_or_equal": "at_most",
    "is_less_than": "less_than",
    "not_equals": "is_not",
    "not_equal": "is_not",
    "ne": "is_not",
    "neq": "is_not",
    "not_in": "is_not_one_of",
    "is_in": "is_one_of",
    "is_not_in": "is_not_one_of",
    "begins_with": "starts_with",
    "startswith": "starts_with",
    "includes": "contains",
    "increased_by": "grew_at_least",
    "grew_by": "grew_at_least",
    "increased_at_least": "grew_at_least",
    "decreased_by": "fell_at_least",
    "dropped_by": "fell_at_least",
    "fell_by": "fell_at_least",
    "users_at_least": "by_at_least",
    "people_at_least": "by_at_least",
    "days_at_least": "on_at_least",
    "equals": "is",
    "equal": "is",
    "eq": "is",
    "not": "is_not",
    "in": "is_one_of",
    "any": "any_of",
    "or": "any_of",
    "all": "all_of",
    "and": "all_of",
    "gte": "at_least",
    "min": "at_least",
    "minimum": "at_least",
    "gt": "more_than",
    "above": "more_than",
    "greater_than": "more_than",
    "lte": "at_most",
    "max": "at_most",
    "maximum": "at_most",
    "lt": "less_than",
    "below": "less_than",
    "under": "less_than",
    "avg": "average",
    "mean": "average",
    "top": "among_top",
    "rank": "among_top",
    "peers": "of",
    "window": "over",
    "during": "over",
    "last": "over",
    "period": "over",
    "funnel": "sequence",
    "followed_by": "sequence",
    "same_person": "same_user",
    "excluding": "not_between",
    "inactive_for": "stopped_for",
    "silent_for": "stopped_for",
    "returned_after": "came_back_after",
    "first_time": "first_within",
    "trigger_state": "trigger",
    "filter": "where",
    "properties": "where",
    "cooldown": "quiet_for",
    "name": "title",
    "if": "when",
    "conditions": "when",
    "except": "unless",
    "cohort": "accounts",
    "segment": "accounts",
    "level": "who",
    "subject": "who",
    "minus": "difference",
    "remaining": "headroom",
    "limit": "limit_of",
    "tier": "leads_to",
    "action": "do",
    "inputs": "with",
    "params": "with",
    "wait": "after",
    "delay": "after",
    "timezone": "time_zone",
    "tz": "time_zone",
}


def words_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The model's fields by the words that authors write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model that a pydantic location leads to, union branches included."""
    here: Any = model
    for step in loc:
        here = _inside(here, step)
        if here is None:
            return None
    return _as_model(here)


def markers(annotation: Any) -> Iterator[object]:
    """The markers of a type, such as `Filled('plain')`, through `| None` and unions."""
    if isinstance(annotation, FieldInfo):
        yield from annotation.metadata
        yield from markers(annotation.annotation)
    elif get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        yield from extra
        yield from markers(inner)
    elif _is_union(annotation):
        for branch in get_args(annotation):
            yield from markers(branch)


def inner_type(annotation: Any, step: str | int) -> Any:
    """The type one step inside: of a field, an item, or a value; None where there is none."""
    return _inside(annotation, step)


def _inside(annotation: Any, step: str | int) -> Any:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = words_of(annotation).get(str(step))
        return found if found is not None else None
    if _is_union(annotation):
        return _branch(annotation, step)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list and arguments:
        return arguments[0]
    return arguments[1] if origin is dict and len(arguments) == 2 else None


def _branch(union: Any, step: str | int) -> Any:
    branches = [branch for branch in get_args(union) if branch is not type(None)]
    for branch in branches:
        tags = [extra.tag for extra in get_args(branch)[1:] if isinstance(extra, Tag)] if _annotated(branch) else []
        if step in tags:
            return branch
    inside = (_inside(branch, step) for branch in branches)
    return next((one for one in inside if one is not None), None)


def _as_model(annotation: Any) -> type[BaseModel] | None:
    annotation = _bare(annotation)
    if _is_union(annotation):
        models = (_as_model(branch) for branch in get_args(annotation))
        return next((one for one in models if one is not None), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _bare(annotation: Any) -> Any:
    if isinstance(annotation, FieldInfo):
        annotation = annotation.annotation
    while _annotated(annotation):
        annotation = get_args(annotation)[0]
    return annotation


def _annotated(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)
