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

from sandbox.kit.server import InboxItem, StandIn

_FOLDER = Path(__file__).parent / "templates"
_NAMES = {"slack": "Slack", "salesforce": "Salesforce", "hubspot": "HubSpot", "intercom": "Intercom"}
# Addresses of this machine stand in texts as text; nothing else is made a link here.
_ADDRESS = re.compile(r"(?<![\w\"'=/>])http://127\.0\.0\.1:\d{1,5}/[\w/.#?=%-]*[\w/]")
_LINK = r'<a href="\g<0>">\g<0></a>'
_ENDED = r'<span class="ended">\g<0></span> (ended with the demo)'
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
    cards: tuple[Card, ...]


def render_inbox(items: Sequence[InboxItem], *, note: str = "", up: bool = True) -> str:
    """A whole HTML page that needs nothing beside it. `up`: whether the stand-ins will answer whoever reads it."""
    systems = _systems(items, up)
    cards = [card for system in systems for card in system.cards]
    style, script = _part("inbox.css"), _part("inbox.js")
    return (
        _environment()
        .get_template("inbox.html")
        .render(
            systems=systems,
            total=len(cards),
            accounts=sorted({name for card in cards for name in card.accounts}, key=str.casefold),
            owners=sorted({to for card in cards if card.item.system != "intercom" for to in card.to}, key=str.casefold),
            style=style,
            script=script,
            policy=_policy(style, script),
            note=note,
        )
    )


def inbox_routes(stand_ins: Sequence[StandIn]) -> list[BaseRoute]:
    """`/inbox`, and the way there from `/`."""

    async def page(request: Request) -> Response:
        html = render_inbox([item for stand_in in stand_ins for item in stand_in.inbox()])
        policy = _policy(_part("inbox.css"), _part("inbox.js"))
        headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'", "Cache-Control": "no-store"}
        return HTMLResponse(html, headers={**headers, "X-Content-Type-Options": "nosniff"})

    async def root(request: Request) -> Response:
        return RedirectResponse("/inbox")

    return [Route("/inbox", page), Route("/", root)]


def anchor(system: str, key: str | None) -> str:
    """The id of an item on the page, for links to it."""
    return re.sub(r"[^A-Za-z0-9]+", "-", f"{system}-{key or ''}")


def _systems(items: Sequence[InboxItem], up: bool) -> list[System]:
    """The known systems in the order people look at them, then any other."""
    order = [*_NAMES, *sorted({item.system for item in items} - set(_NAMES))]
    mine = {name: [item for item in items if item.system == name] for name in order}
    return [System(name, _NAMES.get(name, name.capitalize()), _cards(mine[name], up)) for name in order if mine[name]]


def _cards(items: Sequence[InboxItem], up: bool) -> tuple[Card, ...]:
    groups: dict[object, list[InboxItem]] = {}
    for item in sorted(items, key=lambda one: one.at, reverse=True):
        groups.setdefault(_same(item), []).append(item)
    return tuple(_card(group, up) for group in groups.values())


def _same(item: InboxItem) -> object:
    """People of one account who became eligible for the same thing share a card; all else stands alone."""
    return (item.what, item.title, item.account, item.html) if item.system == "intercom" else id(item)


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


def _policy(style: str, script: str) -> str:
    def allowed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {allowed(style)}; script-src {allowed(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
