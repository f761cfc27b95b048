"""Reads one integration's settings, and says which are missing and where to find them.

A value is taken from the first that has it: the environment, what was given to this process (`give`: Prefect blocks),
the file `.env`, a file of its own in EXPANSION_SECRETS_DIR, as containers mount secrets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import BaseSettings

from expansion.contract import NoAccess
from expansion.text.addresses import secrets_in_address
from expansion.text.redact import know

S = TypeVar("S", bound=BaseSettings)

SECRETS_DIR = "EXPANSION_SECRETS_DIR"
_given: dict[str, SecretStr] = {}  # by the name of the environment variable
_looked_in: dict[str, str] = {}  # where else a variable was looked for, such as `the Prefect block …`


def read(model: type[S]) -> S:
    """The settings; NoAccess that names every one missing or wrong. Their secrets are hidden in logs from then on."""
    try:
        given: dict[str, Any] = {**_handed_over(model), "_secrets_dir": _folder()}
        settings = model(**given)
    except ValidationError as error:
        lines = [_line(model, ".".join(str(p) for p in e["loc"]), e["type"], e["msg"]) for e in error.errors()]
        what = "\n".join(lines)
        # `from None`: the validation error's text holds the values that were given, and those may be secrets.
        raise NoAccess(f"settings are not complete; set them in the environment or in .env:\n{what}") from None
    return hidden(settings)


def hidden(settings: S) -> S:
    """The same settings; what they hold of secrets is hidden in logs and errors from now on."""
    for secret in secrets_of(settings):
        know(secret)
    return settings


def give(values: Mapping[str, str], looked_in: Mapping[str, str] | None = None) -> None:
    """Values from elsewhere, by the name of the environment variable; the environment itself comes first.

    `looked_in`: where each variable was looked for, found or not. What was given before and is not there any more is
    forgotten.
    """
    _looked_in.update(looked_in or {})
    for name in looked_in or {}:
        _given.pop(name, None)
    _given.update({name: SecretStr(value) for name, value in values.items()})


def secret_names(model: type[BaseModel]) -> Iterator[str]:
    """The environment variables of a model that hold secrets."""
    for name, field in model.model_fields.items():
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ())):
            yield _variable(model, name)


def secrets_of(settings: BaseModel) -> Iterator[str]:
    """The secrets of a settings model, and the passwords inside addresses."""
    for value in _values(settings):
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
            yield from secrets_in_address(value.get_secret_value())
        elif isinstance(value, str):  # a base URL, which may be that of a proxy
            yield from secrets_in_address(value)


def _values(settings: BaseModel) -> Iterator[object]:
    """Each value, and each of those that one setting holds by name."""
    for value in vars(settings).values():
        yield from value.values() if isinstance(value, dict) else (value,)


def _folder() -> Path | None:
    named = os.environ.get(SECRETS_DIR) or dotenv_values(".env").get(SECRETS_DIR)
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise NoAccess(f"{SECRETS_DIR} names {folder}, and there is no such folder; mount it, or leave the setting out")
    return folder


def _handed_over(model: type[BaseSettings]) -> dict[str, SecretStr]:
    names = {name: _variable(model, name) for name in model.model_fields}
    return {
        name: _given[variable]
        for name, variable in names.items()
        if variable in _given and variable not in map(str.upper, os.environ)
    }


def _variable(model: type[BaseModel], field: str) -> str:
    return f"{model.model_config.get('env_prefix', '')}{field}".upper()


def _line(model: type[BaseSettings], field: str, kind: str, message: str) -> str:
    info = model.model_fields.get(field)
    where = f" {info.description}" if info and info.description else ""
    variable = _variable(model, field)
    if kind != "missing":
        return f"  {variable}: {message}.{where}"
    also = f", also as {_looked_in[variable]}" if variable in _looked_in else ""
    return f"  {variable}: missing{also}.{where}"
