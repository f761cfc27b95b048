"""What several commands take: moments, kinds of things that can be paused, who says so and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

KINDS = ("trigger", "playbook", "integration")


class Moment(click.ParamType[datetime]):
    """A moment as ISO 8601; a date is its first moment, a time without a zone is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"`{value}` is not a moment; write it like 2026-03-02 or 2026-03-02T09:00:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Kind(click.Choice[str]):
    """One of the kinds; a name in its place is answered with the kind that has it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value not in KINDS and ctx is not None:
            from flows.opening import settings
            from jobs.pause import names_of

            folder = settings().playbooks
            if kinds := [kind for kind in KINDS if value in names_of(folder, kind)]:  # type: ignore[arg-type]  # of KINDS
                said = " or ".join(f"`expansion {ctx.info_name} {kind} {value}`" for kind in kinds)
                raise click.UsageError(f"`{value}` is the name of a {kinds[0]}\n\nhint: write {said}", ctx)
        return super().convert(value, param, ctx)


MOMENT = Moment()
KIND = _Kind(KINDS)
by_option = click.option("--by", default=None, help="Who says so; left out: your name on this machine.")
note_option = click.option("--note", default="", help="Why, as people will read it.")
