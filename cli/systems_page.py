"""docs/systems.md: every system with what it gives, does, costs and needs, from what it declares and its about.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import integrations
from cli.settings_list import SettingsOf, every_setting, markdown_table, rights_table
from expansion.limits import Limit
from integrations.kit.declare import ActionBase, Integration, SourceBase

HEAD = """\
# Systems

Every system that the product speaks with: what it gives, what it does, what it needs, and what is honest about it. \
This page is made from what the systems declare and from the `about.md` beside the code of each: `make docs`.

What holds for all of them, and where settings are read from, is in [connect.md](connect.md).
"""
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^```yaml (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UNITS = {"year": 31_536_000, "month": 2_592_000, "day": 86_400, "hour": 3600, "minute": 60, "second": 1}


@dataclass(frozen=True)
class Promises:
    """What a system is held to by the contracts: how many promises each action and source makes, and which not."""

    of_actions: int
    of_sources: int
    exempt: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # action or source -> promise -> reason


def about(system: str) -> str:
    """What stands in a system's about.md. Raises FileNotFoundError with where it is looked for."""
    spec = find_spec(integrations.NAMES[system])
    assert spec is not None, f"{system} is a package"
    assert spec.origin is not None, f"{system} is a package"
    return Path(spec.origin).with_name("about.md").read_text(encoding="utf-8")


def examples(text: str) -> list[tuple[str, str]]:
    """The examples of an about.md: in which file of a folder each stands, and what."""
    return _EXAMPLE.findall(text)


def page(systems: Sequence[Integration], promises: Promises) -> str:
    """The whole page."""
    settings = {one.title: one for one in every_setting()}
    parts = [HEAD, _overview(systems)]
    parts += ["\n\n".join(_system(one, settings.get(one.title), promises)) for one in systems]
    return "\n".join(parts).rstrip() + "\n"


def _overview(systems: Iterable[Integration]) -> str:
    rows = [
        f"| [{one.title}](#{_anchor(one.title)}) | "
        + " | ".join(map(_names, (one.sources, _made(one), one.inbound)))
        + " |"
        for one in systems
    ]
    return "\n".join(["| system | gives | does | sends by itself |", "|---|---|---|---|", *rows, ""])


def _names(declared: Iterable[str]) -> str:
    return ", ".join(f"`{name.partition('.')[2]}`" for name in declared)


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _made(one: Integration) -> dict[str, type[ActionBase]]:
    """The actions that a playbook can name."""
    return {name: action for name, action in one.actions.items() if not action.follows}


# --- one system -------------------------------------------------------------------------------------------------------


def _system(one: Integration, settings: SettingsOf | None, promises: Promises) -> Iterator[str]:
    intro, *sections = _SECTION.split(about(one.name).strip())
    written = dict(zip(sections[::2], (text.strip() for text in sections[1::2]), strict=True))
    yield f"## {one.title}"
    yield intro.strip()
    yield from _declared(one)
    for title, text in written.items():
        yield f"### {title}\n\n{_EXAMPLE.sub(_shown, text).strip()}"
        if title == "Set up":
            yield from _needed(one, settings)
    if "Set up" not in written:
        yield from _needed(one, settings)
    yield from _limits(one.limits)
    yield from _promised(one, promises)


def _shown(found: re.Match[str]) -> str:
    return f"`{found[1]}`:\n\n```yaml\n{found[2]}```\n"


def _declared(one: Integration) -> Iterator[str]:
    if one.sources:
        rows = [f"| `{name}` | {source.title} | {_gives(source)} |" for name, source in one.sources.items()]
        yield "\n".join(["| source | what | gives |", "|---|---|---|", *rows])
    if made := _made(one):
        rows = [
            f"| `{name}` | {_what(action)} | {_twice(action)} | {_cleared(action)} |" for name, action in made.items()
        ]
        yield "\n".join(
            ["| action | what | after a lost connection | when the reason is over |", "|---|---|---|---|", *rows]
        )
    if one.inbound:
        rows = [f"| `{name}` | {inbound.title} |" for name, inbound in one.inbound.items()]
        yield "\n".join(["| sends by itself | what |", "|---|---|", *rows])


def _gives(source: type[SourceBase]) -> str:
    return ", ".join(sorted(source.gives))


def _what(action: type[ActionBase]) -> str:
    return f"{action.title}. {action.note}" if action.note else action.title


def _twice(action: type[ActionBase]) -> str:
    """What keeps it from being done twice."""
    if action.repeatable:
        return "done again: twice is the same as once"
    if action.find is not ActionBase.find:
        return "looked up by our key, and done again only where it is not there"
    return "*unsure*, for a person: it cannot be looked up"


_CLEARED = {"close": "closed", "annotate": "a note is added", "take_back": "taken back"}


def _cleared(action: type[ActionBase]) -> str:
    return ", or ".join(words for offer, words in _CLEARED.items() if offer in action.offers) or "stays"


def _needed(one: Integration, settings: SettingsOf | None) -> Iterator[str]:
    if one.rights:
        yield rights_table(one.rights)
    if settings and settings.settings:
        yield markdown_table(settings)


def _limits(limits: Sequence[Limit]) -> Iterator[str]:
    if limits:
        rows = [f"| {limit.of} | {limit.calls:,} {_in(limit.seconds)} | {limit.source} |" for limit in limits]
        yield "\n".join(["### Limits", "", "| of | calls at most | as published in |", "|---|---|---|", *rows])


def _in(seconds: float) -> str:
    """`an hour`, `in 10 seconds`."""
    for unit, long in _UNITS.items():
        if seconds == long:
            return f"{'an' if unit == 'hour' else 'a'} {unit}"
        if seconds > long and seconds % long == 0:
            return f"in {seconds / long:.0f} {unit}s"
    return f"in {seconds:g} seconds"


def _promised(one: Integration, promises: Promises) -> Iterator[str]:
    kept = [f"the {promises.of_actions} promises that every action makes"] if one.actions else []
    noun = "" if kept else " promises"
    kept += [f"the {promises.of_sources}{noun} that every source makes"] if one.sources else []
    if not kept:
        return
    rows = [
        f"- `{name}` does not promise *{promise.removeprefix('test_').replace('_', ' ')}*: {reason}"
        for name in (*one.actions, *one.sources)
        for promise, reason in promises.exempt.get(name, {}).items()
    ]
    ends = "all of them but:" if rows else "all of them."
    yield "\n".join(
        ["### Promises", "", f"Its tests hold it to {' and '.join(kept)}: {ends}", *([""] if rows else []), *rows]
    )
