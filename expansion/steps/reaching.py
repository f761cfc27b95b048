"""Whom of the customer's people a playbook reaches: by the steps whose action takes people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from expansion.contract import Catalog
from expansion.evaluate.results import Evaluator
from expansion.fields import PeopleRef
from expansion.language.model.models import Playbook, Step


def people_fields(model: type[BaseModel]) -> list[str]:
    """The inputs of an action that name people of the customer."""
    fields = model.model_fields.items()
    return [name for name, field in fields if any(isinstance(mark, PeopleRef) for mark in field.metadata)]


def reached(
    playbook: Playbook, catalog: Catalog, account_id: str, involved: Sequence[str], evaluator: Evaluator
) -> tuple[str, ...]:
    """The user ids, as the groups stand now. `involved` are the people behind the firing."""
    found = (
        user
        for step in playbook.steps
        for group in _groups(step, catalog)
        for user in _members(group, account_id, involved, evaluator)
    )
    return tuple(dict.fromkeys(found))


def _groups(step: Step, catalog: Catalog) -> Iterator[Any]:
    words = catalog.actions.get(step.do)
    for name in people_fields(words.input_model) if words else ():
        if (given := step.with_.get(name)) is not None:
            yield given


def _members(group: Any, account_id: str, involved: Sequence[str], evaluator: Evaluator) -> Iterator[str]:
    if group == "involved":
        known = evaluator.profiles(account_id, involved) if involved else []
        yield from (user for person in known if (user := person["user_id"]))
    elif isinstance(group, str):
        yield from (user for person in evaluator.people(group, account_id) if (user := person["user_id"]))
    else:
        yield from (str(person["user_id"]) for person in group if isinstance(person, Mapping))
