"""Makes what is put into a text harmless for where the text goes: plain fields, Slack's mrkdwn, HTML."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Escape = Literal["plain", "mrkdwn", "html"]

_WEB = re.compile(r"https?://[^\s<>|\"']+")
_LONGEST_NUMBER = 60
_NUMBER = re.compile(r"[+-]?[^\w\s+@=|!(-]?[\d.,\s]*\d[\d.,]*\s?[%€$£]?")
# Invisible characters that turn the direction of text round: a name could show something else than it is.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
# Slack formats with these; look-alikes keep the text readable and a name like *Acme* from ending somebody's bold.
_LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})


class Bullets(list[str]):
    """Lines that become a list."""


class Links(dict[str, str]):
    """What a link is called, and where it goes."""


@dataclass(frozen=True)
class Format:
    """How one kind of text takes values, lists and links."""

    escape: Callable[[str], str]
    bullets: Callable[[list[str]], str]
    link: Callable[[str, str], str]
    line_break: str

    def put_in(self, value: Any) -> str:
        """What a value looks like inside a text of this kind."""
        match value:
            case Bullets():
                return self.bullets([self.escape(str(one)) for one in value])
            case Links():
                return self.line_break.join(self._link(name, str(to)) for name, to in value.items())
            case list() | tuple():
                return ", ".join(self.escape(str(one)) for one in value)
        return self.escape(str(value))

    def _link(self, name: str, to: str) -> str:
        if _WEB.fullmatch(to):
            return self.link(self.escape(name), to)
        return f"{self.escape(name)}: {self.escape(to)}"


def one_line(text: str) -> str:
    """A value from outside on one line, without characters that steer: a `>` at the start of a line is a quote."""
    shown = "".join(
        " " if unicodedata.category(ch) in ("Cc", "Cs", "Zl", "Zp") else ch for ch in text.translate(_TURNS)
    )
    return " ".join(shown.split())


def no_formula(text: str) -> str:
    """A text that begins with a value from outside, so that no spreadsheet takes it for a formula.

    Sellers export lists of tasks and open them: `=HYPERLINK(…)` as the name of an account would run there. What is only
    a number stays one. https://owasp.org/www-community/attacks/CSV_Injection
    """
    is_number = len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and not is_number else text


def _mrkdwn(text: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text: these three are escaped, and only these; with them go
    # `<!channel>`, `<@U…>` and links.
    safe = html.escape(one_line(text), quote=False).translate(_LOOKALIKES)
    return re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", safe)


def _html(text: str) -> str:
    return html.escape(one_line(text))


def _dots(lines: list[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)


def _items(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if lines else ""


FORMATS: Mapping[Escape, Format] = {
    "plain": Format(one_line, _dots, lambda name, to: f"{name}: {to}", "\n"),
    "mrkdwn": Format(_mrkdwn, _dots, lambda name, to: f"<{html.escape(to, quote=False)}|{name}>", "\n"),
    "html": Format(_html, _items, lambda name, to: f'<a href="{html.escape(to)}">{name}</a>', "<br>"),
}
