"""`expansion actions`: what playbooks may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args, get_origin

import click

from cli.completing import ACTION
from cli.output import as_json, echo

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@click.command("actions")
@click.argument("name", required=False, type=ACTION)
@click.option("--json", "json_", is_flag=True, help="As JSON, with the full schema of each input.")
def command(name: str | None, json_: bool) -> None:
    """The actions that a playbook's `do` may name, each with its inputs. NAME: only this one, or one system's."""
    import integrations
    from expansion.language.model.mistakes import suggest

    actions = integrations.catalog().for_playbooks
    chosen = {n: a for n, a in sorted(actions.items()) if name is None or n == name or n.startswith(f"{name}.")}
    if not chosen:
        raise click.UsageError(f"there is no action `{name}`\n\nhint: {suggest(str(name), actions, 'there are')}")
    if json_:
        told = (
            {
                "name": name,
                "title": one.title,
                "note": one.note or None,
                "input_schema": one.input_model.model_json_schema(),
            }
            for name, one in chosen.items()
        )
        as_json(list(told))
        return
    for action_name, action in chosen.items():
        echo(f"{action_name}\n  {action.title}")
        if action.note:
            echo(f"  {action.note}")
        for field_name, field in action.input_model.model_fields.items():
            echo(f"    {field.alias or field_name:<14} {_described(field)}")
        echo()


def _described(field: FieldInfo) -> str:
    parts = [_need(field)]
    if get_origin(field.annotation) is Literal:
        parts.append(f"One of {', '.join(map(str, get_args(field.annotation)))}.")
    if field.description:
        parts.append(field.description)
    return " ".join(parts)


def _need(field: FieldInfo) -> str:
    """Whether it may be left out, and what then holds, in YAML's words."""
    if field.is_required():
        return "Needed."
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}` if left out."
    return f"`{field.default}` if left out." if field.default else "Optional."
