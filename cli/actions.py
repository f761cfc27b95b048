"""`expansion actions`: what playbooks may do."""

from __future__ import annotations

from typing import Any

import click

from cli.showing import as_json


@click.command("actions")
@click.argument("name", required=False)
@click.option("--json", "json_", is_flag=True, help="As JSON, with the full schema of each input.")
def command(name: str | None, json_: bool) -> None:
    """The actions that a playbook's `do` may name, each with its inputs. NAME: only this one, or one system's."""
    import integrations

    actions = integrations.catalog().actions
    chosen = {n: a for n, a in sorted(actions.items()) if name is None or n == name or n.startswith(f"{name}.")}
    if not chosen:
        raise click.UsageError(f"there is no action `{name}`\n\nhint: there are {', '.join(sorted(actions))}")
    if json_:
        as_json({n: {"title": a.title, "input": a.input_model.model_json_schema()} for n, a in chosen.items()})
        return
    for action_name, action in chosen.items():
        click.echo(f"{action_name}\n  {action.title}")
        if action.note:
            click.echo(f"  {action.note}")
        for field_name, field in action.input_model.model_fields.items():
            click.echo(f"    {field.alias or field_name:<14} {_described(field)}")
        click.echo()


def _described(field: Any) -> str:
    default = "optional" if field.default in (None, "") else f"else `{field.default}`"
    need = "needed" if field.is_required() else default
    return f"{need}. {field.description}" if field.description else need
