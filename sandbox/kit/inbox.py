"""The inbox: one page that shows what people would have received, system by system.

The same page is served at `/inbox` and written to a file. It loads nothing: style and script stand in it, and its
Content-Security-Policy allows these two by their hashes and nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.kit.stand_in import InboxItem, StandIn

_FOLDER = Path(__file__).parent / "templates"
# Addresses of this machine stand in texts as text; nothing else is made a link here.
_ADDRESS = re.compile(r"(?<![\w\"'=/>])http://127\.0\.0\.1:\d{1,5}/[\w/.#?=%-]*[\w/]")
_LINK = r'<a href="\g<0>">\g<0></a>'
_ENDED = r'<span class="ended">\g<0></span> (ended with the demo)'
Kinds = tuple[type[StandIn], ...]
SEPARATOR = " · "  # between the accounts of an item that is about several


@dataclass(frozen=True)
class Card:
    """One card of the page: an item, or several people who received the same."""

    item: InboxItem
    to: tuple[str, ...]
    ids: tuple[str, ...]  # where links lead: every item put together here
    up: bool = True  # whether the stand-ins that its addresses lead to still answer

    @property
    def html(self) -> str:
        """The text, in which addresses of the stand-ins are links; crossed out where nobody answers there any more."""
        return _ADDRESS.sub(_LINK if self.up else _ENDED, self.item.html)

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(self.item.account.split(SEPARATOR)) if self.item.account else ()

    @property
    def when(self) -> str:
        return readable(self.item.at)


@dataclass(frozen=True)
class System:
    """One system's cards, newest first."""

    id: str
    name: str
    chats: bool
    groups_people: bool
    cards: tuple[Card, ...]

    @property
    def owners(self) -> set[str]:
        """Who may be asked for on the page: people that things were made for own nothing."""
        return set() if self.groups_people else {to for card in self.cards for to in card.to}


def render_inbox(items: Sequence[InboxItem], kinds: Kinds, *, note: str = "", up: bool = True) -> str:
    """A whole HTML page that needs nothing beside it. `up`: whether the stand-ins will answer whoever reads it."""
    systems = _systems(items, kinds, up)
    cards = [card for system in systems for card in system.cards]
    style, script = _style(kinds), _part("inbox.js")
    return (
        _environment()
        .get_template("inbox.html")
        .render(
            systems=systems,
            total=len(cards),
            accounts=sorted({name for card in cards for name in card.accounts}, key=str.casefold),
            owners=sorted({to for system in systems for to in system.owners}, key=str.casefold),
            style=style,
            script=script,
            policy=_policy(style, script),
            note=note,
        )
    )


def inbox_routes(stand_ins: Sequence[StandIn]) -> list[BaseRoute]:
    """`/inbox`, and the way there from `/`."""

    kinds = tuple(type(stand_in) for stand_in in stand_ins)

    async def page(request: Request) -> Response:
        html = render_inbox([item for stand_in in stand_ins for item in stand_in.inbox()], kinds)
        policy = _policy(_style(kinds), _part("inbox.js"))
        headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'", "Cache-Control": "no-store"}
        return HTMLResponse(html, headers={**headers, "X-Content-Type-Options": "nosniff"})

    async def root(request: Request) -> Response:
        return RedirectResponse("/inbox")

    return [Route("/inbox", page), Route("/", root)]


def anchor(system: str, key: str | None) -> str:
    """The id of an item on the page, for links to it."""
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{system}-{key or ''}")


def _systems(items: Sequence[InboxItem], kinds: Kinds, up: bool) -> list[System]:
    """What is said in channels first, then the other systems as they are listed, then any that is not known."""
    known = sorted((kind for kind in kinds if kind.colour), key=lambda kind: not kind.chats)
    others = sorted({item.system for item in items} - {kind.name for kind in known})
    looks = [(kind.name, kind.title, kind.chats, kind.groups_people) for kind in known]
    looks += [(name, name.capitalize(), False, False) for name in others]
    mine = {look[0]: [item for item in items if item.system == look[0]] for look in looks}
    return [System(*look, _cards(mine[look[0]], look[3], up)) for look in looks if mine[look[0]]]


def _cards(items: Sequence[InboxItem], groups_people: bool, up: bool) -> tuple[Card, ...]:
    groups: dict[object, list[InboxItem]] = {}
    for item in sorted(items, key=lambda one: one.at, reverse=True):
        groups.setdefault(_same(item) if groups_people else id(item), []).append(item)
    return tuple(_card(group, up) for group in groups.values())


def _same(item: InboxItem) -> object:
    """People of one account who received the same share a card."""
    return item.what, item.title, item.account, item.html


def _card(group: list[InboxItem], up: bool) -> Card:
    to = tuple(dict.fromkeys(item.to for item in group))
    return Card(group[0], to, tuple(dict.fromkeys(anchor(item.system, item.key) for item in group if item.key)), up)


def readable(text: str) -> str:
    """`2026-11-20` -> `20 Nov 2026`, with the time where there is one; anything else stays as it came."""
    try:
        at = datetime.fromisoformat(text if text[4:5] == "-" else "")  # 20260302 is a number here
    except ValueError:
        return text
    if len(text) == len("2026-11-20"):
        return f"{at:%d %b %Y}".lstrip("0")
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC".lstrip("0")


def initials(name: str) -> str:
    """`Dana Reyes` -> `DR`, `#expansion` -> `#`."""
    words = re.findall(r"\w+", name.split("@")[0])
    return "#" if name.startswith("#") else "".join(word[0] for word in words[:2]).upper() or "?"


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"initials": initials, "readable": readable}
    return environment


@cache
def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _style(kinds: Kinds) -> str:
    """The page's own, each system's colour, and what a system says of what its items hold."""
    colours = [f".is-{kind.name} {{ --own: {kind.colour}; }}" for kind in kinds if kind.colour]
    theirs = [kind.style.read_text(encoding="utf-8") for kind in kinds if kind.style]
    return "\n".join([_part("inbox.css"), *colours, *theirs])


def _policy(style: str, script: str) -> str:
    def allowed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {allowed(style)}; script-src {allowed(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
