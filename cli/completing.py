"""Names that the shell completes: triggers, playbooks, accounts, actions, systems, sources.

Click asks `shell_complete` of a parameter's type while somebody presses Tab. File names are enough for what is in a
folder; accounts come from the ledger and the usage store. Whatever is wrong there, completing stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import click
from click.shell_completion import CompletionItem

_MOST = 50  # accounts that a shell is handed
Names = Iterable[tuple[str, str]]  # the name, and what it is


class Completed(click.ParamType[str]):
    """A text whose possible values are known when somebody asks for them."""

    def __init__(self, name: str, known: Callable[[str], Names]) -> None:
        self.name = name
        self._known = known

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            found = list(self._known(incomplete))
        except Exception:  # a shell that completes nothing says less than a traceback, and breaks no line
            return []
        return [CompletionItem(name, help=what or None) for name, what in found if name.startswith(incomplete)]

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)


def _things(kind: str, _begun: str) -> Names:
    from flows.opening import settings
    from jobs.pause import names_of

    return [(name, "") for name in names_of(settings().playbooks, kind)]  # type: ignore[arg-type]  # a kind


def _actions(_begun: str) -> Names:
    import integrations

    actions = integrations.catalog().for_playbooks
    systems = {name.partition(".")[0]: "" for name in actions}
    return [*systems.items(), *((name, actions[name].title) for name in sorted(actions))]


def _sources(_begun: str) -> Names:
    from flows.opening import open_place
    from jobs.pull import pulls

    return sorted({(pull.source, pull.what) for pull in pulls(open_place(looking=True))})


def _events(_begun: str) -> Names:
    from expansion.usage.storage.looking import seen_events
    from flows.opening import open_place

    place = open_place(looking=True)
    segments = place.stored.segments
    return [(one.event, f"{one.times:,} events") for one in seen_events(place.store, segments)] if segments else []


def _accounts(begun: str) -> Names:
    """By the id; or, where the beginning is that of a name, by the name."""
    from cli.accounts import stored_names
    from flows.opening import open_place

    place = open_place(looking=True)
    try:
        known = {**stored_names(place), **place.ledger.account_names()}
    finally:
        place.close()
    ids = [(id_, name or "") for id_, name in sorted(known.items()) if id_.startswith(begun)]
    names = sorted((name, id_) for id_, name in known.items() if begun and name and name.startswith(begun))
    return [*ids, *names][:_MOST]


TRIGGER = Completed("trigger", partial(_things, "trigger"))
PLAYBOOK = Completed("playbook", partial(_things, "playbook"))
ACTION = Completed("action", _actions)
SOURCE = Completed("source", _sources)
EVENT = Completed("event", _events)
ACCOUNT = Completed("account", _accounts)


def paused_name(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Of the kind that stands before it: `expansion pause trigger …`."""
    kind = ctx.params.get("kind")
    if kind is None:
        return []
    return Completed(kind, partial(_things, kind)).shell_complete(ctx, param, incomplete)
