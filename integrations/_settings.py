"""Reads one integration's settings, and says which are missing and where to find them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from expansion.contract import NoAccess

S = TypeVar("S", bound=BaseSettings)


def read(model: type[S]) -> S:
    """The settings from the environment or the file `.env`; NoAccess that names every one missing or wrong."""
    try:
        return model()
    except ValidationError as error:
        lines = [_line(model, ".".join(str(p) for p in e["loc"]), e["type"], e["msg"]) for e in error.errors()]
        what = "\n".join(lines)
        # `from None`: the validation error's text holds the values that were given, and those may be secrets.
        raise NoAccess(f"settings are not complete; set them in the environment or in .env:\n{what}") from None


def _line(model: type[BaseSettings], field: str, kind: str, message: str) -> str:
    name = f"{model.model_config.get('env_prefix', '')}{field}".upper()
    info = model.model_fields.get(field)
    where = f" {info.description}" if info and info.description else ""
    return f"  {name}: {'missing.' if kind == 'missing' else message + '.'}{where}"
