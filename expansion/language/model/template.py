"""Fills `{{ … }}` in texts: a fixed set of names, and everything put in made harmless for where the text goes.

Templates only fill text: no blocks, no loops, no arithmetic. What may be named is known before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from expansion.language.model.filters import FILTERS
from expansion.language.model.mistakes import brief, did_you_mean, listed
from expansion.text.escapes import FORMATS, Bullets, Escape, Links

# Each name with its parts; `facts` has those of facts.yaml.
NAMES: dict[str, tuple[str, ...]] = {
    "account": ("id", "name", "value", "owner"),
    "trigger": ("name", "title"),
    "tier": ("name", "title"),
    "playbook": ("title",),
    "worth": (),
    "likely": (),
    "expected": (),
    "priority": (),
    "reasons": (),
    "people": (),
    "people_count": (),
    "people_in_words": (),
    "owner": (),
    "links": (),
    "fired_on": (),
}

# What each name is, for the page about the language; of a name with parts, for each part.
MEANINGS: dict[str, str] = {
    "account.id": "The account's id, as events and facts give it.",
    "account.name": "Its name, from the fact that `account: name` of policy.yaml names; else its id.",
    "account.value": "What it pays a year, from `account: value` of policy.yaml, as it is when the text is filled.",
    "account.owner": "The same as `owner`.",
    "trigger.name": "The trigger's name, such as `seat-limit`.",
    "trigger.title": "The trigger's title.",
    "tier.name": "The tier that it leads to, such as `seat_upgrade`.",
    "tier.title": "The tier's title.",
    "playbook.title": "The playbook's title.",
    "worth": "What a yes is worth a year, by the price book of policy.yaml, with the currency.",
    "likely": "How many such conversations end in a yes, as `likely` of the tier says: a percentage.",
    "expected": "`worth` times `likely`.",
    "priority": "The number that conversations are ordered by.",
    "reasons": "A list: each condition that holds, with its number.",
    "people": "A list: the names of those behind it, the most active first, ten at most.",
    "people_count": "How many people are behind it in all.",
    "people_in_words": "Who is behind it, as a phrase, ten by name at most: "
    "`Ana Lima, Ben Roth, … and 4 more (14 people, …)`.",
    "owner": "Who gets the work.",
    "links": "A list: links to the account where a system has a page about it.",
    "fired_on": "The day on which it fired.",
    "facts.NAME": "A fact of facts.yaml as it is when the text is filled; `unknown` where it is not known.",
}

_SINGLE = re.compile(rf"(?<!\{{)\{{ ?((?:facts|{'|'.join(NAMES)})(?:\.[\w-]+)?) ?\}}(?!\}})")
_PART = re.compile(r"\{\{.*?\}\}", re.DOTALL)


class TemplateError(ValueError):
    """A text that cannot be filled. One sentence for people."""


@dataclass(frozen=True)
class TemplateProblem:
    """What is wrong with a template: to be pointed at `offset` characters into `text`, a part of the template."""

    message: str
    hint: str | None
    text: str
    offset: int = 0


_UNREADABLE = ("this template cannot be read", "write  {{ account.name }}, with two braces on each side")


def check_names(text: str, fact_names: Collection[str]) -> list[TemplateProblem]:
    """What would go wrong when this text is filled, without filling it."""
    for opening in ("{%", "{#"):
        if opening in text:
            hint = "only `{{ name }}` is filled in; what depends on the account goes in `only_if` or `choose`"
            return [TemplateProblem("templates only fill text", hint, opening)]
    if single := _SINGLE.search(text):
        hint = f"write  {{{{ {single[1]} }}}}, with two braces on each side"
        return [TemplateProblem(f"`{single[0]}` is not filled in", hint, single[0])]
    found = [problem for part in _PART.findall(text) for problem in _of_part(part, fact_names)]
    if "{{" in (rest := _PART.sub("", text)):
        found.append(TemplateProblem(*_UNREADABLE, rest[rest.index("{{") :][:20].splitlines()[0]))
    return list(dict.fromkeys(found))


def _of_part(part: str, facts: Collection[str]) -> Iterator[TemplateProblem]:
    """The problems of one `{{ … }}`."""
    try:
        tree = _environment("plain").parse(part)
    except (jinja2.TemplateSyntaxError, RecursionError, ValueError):  # ValueError: a number of thousands of digits
        yield TemplateProblem(*_UNREADABLE, part)
        return
    for problem in _problems(tree, facts):
        yield replace(problem, text=part, offset=max(0, part.find(problem.text)))


def render(text: str, context: Mapping[str, Any], escape: Escape) -> str:
    """The text, filled; raises TemplateError. Values come as text, `reasons` and `people` as lists."""
    if "{" not in text:
        return text
    try:
        return _compiled(text, escape).render({name: _wrapped(name, value) for name, value in context.items()})
    except jinja2.TemplateError as error:
        raise TemplateError(f"`{brief(text)}` cannot be filled: {error.message}") from error


def template_names(fact_names: Collection[str]) -> list[str]:
    """Everything a template may name, as it is written."""
    names = [f"{name}.{part}" for name, parts in NAMES.items() for part in parts]
    return [*names, *(name for name, parts in NAMES.items() if not parts), *(f"facts.{fact}" for fact in fact_names)]


@lru_cache(maxsize=3)
def _environment(escape: Escape) -> SandboxedEnvironment:
    put_in: Callable[[Any], str] = FORMATS[escape].put_in
    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, finalize=put_in, keep_trailing_newline=True
    )
    environment.globals.clear()
    environment.filters = {name: one.run for name, one in FILTERS.items()}
    return environment


@lru_cache(maxsize=1024)
def _compiled(text: str, escape: Escape) -> jinja2.Template:
    return _environment(escape).from_string(text)


def _wrapped(name: str, value: Any) -> Any:
    match name:
        case "reasons":
            return Bullets(value.splitlines() if isinstance(value, str) else value)
        case "links" if isinstance(value, Mapping):
            return Links(value)
        case _ if isinstance(value, Mapping):
            # Not the mapping itself: a fact called `items` or `values` would be the method of that name.
            return SimpleNamespace(**value)
    return value


@dataclass(frozen=True)
class Alone:
    """A text that is one name and nothing else, and what stands in for it where it is not known."""

    name: str  # `facts.seats`
    default: str | None = None


def alone(text: str) -> Alone | None:
    """`{{ facts.seats }}`, perhaps with a `default`; None for any other text, which is for people."""
    if not text.strip().startswith("{{"):
        return None
    body = _environment("plain").parse(text.strip()).body
    inside = body[0].nodes if len(body) == 1 and isinstance(body[0], nodes.Output) else []
    node, default = inside[0] if len(inside) == 1 else None, None
    if isinstance(node, nodes.Filter) and node.name == "default" and node.node is not None:
        given = node.args[0] if node.args else None
        node, default = node.node, str(given.value) if isinstance(given, nodes.Const) else ""
    parts = _dotted(node) if isinstance(node, nodes.Node) else None
    return Alone(".".join(parts), default) if parts else None


def _problems(template: nodes.Template, facts: Collection[str]) -> Iterator[TemplateProblem]:
    for output in template.body:
        for node in output.iter_child_nodes():
            if not isinstance(node, nodes.TemplateData):
                yield from _expression(node, facts)


def _expression(node: nodes.Node, facts: Collection[str]) -> Iterator[TemplateProblem]:
    if isinstance(node, nodes.Filter) and node.node is not None:
        yield from _filter(node)
        yield from _expression(node.node, facts)
    elif (dotted := _dotted(node)) is not None:
        yield from _name(dotted, facts)
    elif not isinstance(node, nodes.Const):
        hint = "a template is one name, such as  {{ account.name }}"
        if isinstance(node, nodes.Sub):
            hint = 'a fact with a dash is written  {{ facts["seat-usage"] }}'
        yield TemplateProblem("templates only fill text: no sums, comparisons or calls", hint, "{{")


def _dotted(node: nodes.Node) -> tuple[str, ...] | None:
    """`account.name` as its parts; None where it is something else."""
    match node:
        case nodes.Name():
            return (node.name,)
        case nodes.Getattr():
            part = node.attr
        case nodes.Getitem(arg=nodes.Const(value=str() as key)):
            part = key
        case _:
            return None
    before = _dotted(node.node)
    return None if before is None else (*before, part)


def _name(parts: tuple[str, ...], facts: Collection[str]) -> Iterator[TemplateProblem]:
    written, root = ".".join(parts), parts[0]
    known = facts if root == "facts" else NAMES.get(root)
    if known is None:
        yield TemplateProblem(f"`{brief(written)}` is not a name that templates know", _nearest(parts, facts), root)
    elif root != "facts" and not known:
        if len(parts) > 1:
            yield TemplateProblem(f"`{root}` has no parts", f"write  {{{{ {root} }}}}", written)
    elif len(parts) == 1:
        yield TemplateProblem(
            f"`{root}` has several parts", f"name one: {listed([f'{root}.{one}' for one in known])}", root
        )
    elif len(parts) > 2 or parts[1] not in known:
        yield TemplateProblem(f"`{brief(written)}` is not a name that templates know", _nearest(parts, facts), parts[1])


def _nearest(parts: tuple[str, ...], facts: Collection[str]) -> str:
    names = template_names(facts)
    same_end = [name for name in names if name.endswith(f".{parts[-1]}")]
    if near := (same_end[0] if len(same_end) == 1 else did_you_mean(".".join(parts), names)):
        return f"did you mean `{near}`?"
    return f"it is one of: {listed(names)}"


def _filter(node: nodes.Filter) -> Iterator[TemplateProblem]:
    known = FILTERS.get(node.name)
    if known is None:
        near = did_you_mean(node.name, FILTERS)
        hint = f"did you mean `{near}`?" if near else f"it is one of: {listed(list(FILTERS))}"
        yield TemplateProblem(f"`{brief(node.name)}` is not a filter that templates know", hint, node.name)
    elif len(node.args) > (known.takes is not None) or node.kwargs or not all(_fits(a, known.takes) for a in node.args):
        yield TemplateProblem(f"`{node.name}` is not used like that", f"write  {known.example}", node.name)


def _fits(argument: nodes.Node, kind: type | None) -> bool:
    return kind is not None and isinstance(argument, nodes.Const) and type(argument.value) is kind


def facts_named(text: str) -> frozenset[str]:
    """The facts that a template names, as `facts.arr` or `facts["seat-usage"]`."""
    if "{{" not in text:
        return frozenset()
    paths = map(_dotted, _environment("plain").parse(text).find_all((nodes.Getattr, nodes.Getitem)))
    return frozenset(path[1] for path in paths if path and path[0] == "facts" and len(path) == 2)
