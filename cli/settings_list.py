"""Every setting with where to find its value, from the models that read them: for `.env.example` and the docs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

if TYPE_CHECKING:
    from integrations.kit.declare import Integration, Right


@dataclass(frozen=True)
class Setting:
    """One environment variable."""

    name: str
    needed: bool
    secret: bool
    default: str  # as it would be written in `.env`; empty where there is none
    description: str


@dataclass(frozen=True)
class SettingsOf:
    """The settings of one system."""

    title: str
    settings: tuple[Setting, ...]


def every_setting() -> list[SettingsOf]:
    """The systems in the order of the list of all, then the product's own."""
    import integrations
    from integrations.kit.settings import SECRETS_DIR
    from jobs.settings import Settings

    every = [integrations.integration(name) for name in integrations.NAMES]
    found = [SettingsOf(one.title, tuple(_settings(one))) for one in every]
    listed = {setting.name for one in found for setting in one.settings}
    own = [setting for setting in settings_of(Settings) if setting.name not in listed]  # the engine is the warehouse's
    return [
        *(one for one in found if one.settings),
        SettingsOf("Expansion", (*own, Setting(SECRETS_DIR, False, False, "", _SECRETS))),
    ]


def _settings(one: Integration) -> Iterator[Setting]:
    """Of a system and of its doors in `expansion serve`, each once."""
    every = {setting.name: setting for model in one.models for setting in settings_of(model)}
    yield from every.values()


_SECRETS = "A folder of mounted secrets, one a file named as the setting is: `/run/secrets` for its `slack_bot_token`."


def settings_of(model: type[BaseModel]) -> Iterator[Setting]:
    """The environment variables that a settings model reads."""
    prefix = str(model.model_config.get("env_prefix", ""))
    for name, field in model.model_fields.items():
        secret = SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
        text = field.description or ""
        yield Setting(f"{prefix}{name}".upper(), field.is_required(), secret, _default(field), text)


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    return "" if field.is_required() or value is None else str(value)


def env_example() -> str:
    """`.env.example`: every setting, switched off, with where to find it. No secret has a value."""
    return "\n\n".join([_HEAD, *(_section(one) for one in every_setting())]) + "\n"


_HEAD = """\
# Copy this file to .env and fill in the systems that your playbooks name: remove the # before a name to switch it on.
# Then `expansion doctor` asks each system whether that is enough. Keep .env out of git: it holds secrets."""


def _section(one: SettingsOf) -> str:
    lines = [f"# --- {one.title} ---"]
    for setting in one.settings:
        lines += ["", f"# {'Needed. ' if setting.needed else ''}{setting.description}", f"# {_assigned(setting)}"]
    return "\n".join(lines)


def _assigned(setting: Setting) -> str:
    return f"{setting.name}={'' if setting.secret else setting.default}"


def markdown_table(one: SettingsOf) -> str:
    """The settings of one system as a table for the docs."""
    rows = [f"| `{s.name}` | {_need(s)} | {_cell(s.description)} |" for s in one.settings]
    return "\n".join(["| setting | | where to find it |", "|---|---|---|", *rows])


def _need(setting: Setting) -> str:
    if setting.default and not setting.secret and not setting.needed:
        return f"`{setting.default}`"
    return ("needed" if setting.needed else "optional") + (", secret" if setting.secret else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def rights_table(rights: Sequence[Right]) -> str:
    """The least rights of one system as a table for the docs."""
    rows = [f"| {_cell(right.name)} | {_cell(right.why)}{_only(right)} |" for right in rights]
    return "\n".join(["| right | needed for |", "|---|---|", *rows])


def _only(right: Right) -> str:
    return f" (only for `{right.only_for}`)" if right.only_for else ""


_TABLE = re.compile(r"(<!-- settings of (?P<title>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """A page with the table of each `<!-- settings of TITLE -->` written anew."""
    tables = {one.title: markdown_table(one) for one in every_setting()}
    return _TABLE.sub(lambda found: f"{found[1]}{tables[found['title']]}\n{found[3]}", text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(with_tables(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
