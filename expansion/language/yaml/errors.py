"""What is wrong with a file that is not YAML, in words that help its author."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from expansion.language.model.comparing import COMPARISONS

_NOT_YAML = "this is not valid YAML"
ALIAS = ("`*name` repeats another place of the file", "write it out; or put quotes round text that starts with *")
TAG = ("`!` does not belong here", "put quotes round text that starts with !")
COMPLEX_KEY = ("a word is missing before the `:`", "each value has one word before it, such as  at_least: 80%")

_KEY = r"^\s*(?:- +)*(?P<key>[^\s#:'\"{\[-][^:#]*|[\"'][^\"']*[\"']):"


@dataclass(frozen=True)
class Found:
    """Where, what, and what to do about it. Line and column count from 1."""

    line: int
    column: int
    message: str
    hint: str


@dataclass(frozen=True)
class _Trouble:
    """The parser's view: its problem, the line it stumbled on, and where the broken thing began."""

    problem: str
    context: str
    line: int
    column: int
    context_line: int
    context_column: int
    lines: Sequence[str]

    def text(self, line: int) -> str:
        return self.lines[line - 1] if 1 <= line <= len(self.lines) else ""


def explain(lines: Sequence[str], error: MarkedYAMLError, text: str) -> Found:
    """The likeliest reason for a parser's complaint; `text` is the complaint itself."""
    mark = error.problem_mark or error.context_mark
    context = error.context_mark or mark
    if mark is None:
        return _unreadable_character(lines, text)
    trouble = _Trouble(
        error.problem or "",
        error.context or "",
        min(mark.line + 1, len(lines)),
        mark.column + 1,
        min(context.line + 1, len(lines)),
        context.column + 1,
        lines,
    )
    for reason in _REASONS:
        if found := reason(trouble):
            return found
    return Found(trouble.line, trouble.column, _NOT_YAML, "look at quotes, brackets and indentation just before this")


def braces(line: str) -> tuple[str, str]:
    """The sentence for text that starts with `{{` and has no quotes."""
    key = re.search(r"([\w-]+):\s+\{\{", line)
    name = key[1] if key else "title"
    return _NOT_YAML, f'put quotes round text that starts with {{{{, such as  {name}: "{{{{ account.name }}}} …"'


def _tab(it: _Trouble) -> Found | None:
    for line in (it.line, it.line - 1):
        indent = re.match(r"[ ]*\t", it.text(line))
        if indent:
            hint = "indent with spaces: two for each level"
            return Found(line, indent.end(), "this line is indented with a tab", hint)
    return None


def _braces(it: _Trouble) -> Found | None:
    # The parser stumbles at the end of the braces, or on the line after them.
    for line in range(it.line, max(it.context_line, it.line - 3) - 1, -1):
        found = re.search(_KEY + r"\s+(?P<value>\{\{)", it.text(line))
        if found:
            return Found(line, found.start("value") + 1, *braces(it.text(line)))
    return None


def _sign(it: _Trouble) -> Found | None:
    found = re.search(r":\s+(?P<sign>[<>]=?|==?)\s*(?P<value>[^\s#,}\]]+)", it.text(it.line))
    if not found:
        return None
    key = re.search(r"([\w-]+):\s+$", it.text(it.line)[: found.start("sign")])
    if key and key[1] in COMPARISONS:
        hint = f"the word says it, leave out the sign:  {key[1]}: {found['value']}"
        return Found(it.line, found.start("sign") + 1, _NOT_YAML, hint)
    word = {">=": "at_least", ">": "more_than", "<=": "at_most", "<": "less_than"}.get(found["sign"], "is")
    return Found(it.line, found.start("sign") + 1, _NOT_YAML, f"use words, not signs:  {word}: {found['value']}")


def _first_character(it: _Trouble) -> Found | None:
    character = re.search(r"found character '(.)' that cannot start", it.problem)
    if not character:
        return None
    key = re.match(_KEY, it.text(it.line))
    name = key["key"].strip() if key else ""
    hint = f"put quotes round text that starts with {character[1]}"
    if character[1] == "@" and name in ("owner", "fallback", "assign_to"):
        hint = f"use an e-mail address, such as  {name}: dana@acme.example"
    return Found(it.line, it.column, _NOT_YAML, hint)


def _star(it: _Trouble) -> Found | None:
    found = re.search(r"(?::|-)\s+(?P<star>\*)", it.text(it.line))
    if not found:
        return None
    return Found(it.line, found.start("star") + 1, _NOT_YAML, "put quotes round text that starts with *")


def _quote(it: _Trouble) -> Found | None:
    if "quoted scalar" not in it.context:
        return None
    if "escape" in it.problem:
        return Found(
            it.line, it.column, _NOT_YAML, "inside \"…\" write \\\\ for a backslash, or use '…' around the text"
        )
    return Found(it.context_line, it.context_column, _NOT_YAML, "this quote is opened and never closed")


def _after_quote(it: _Trouble) -> Found | None:
    found = re.search(r":\s+([\"']).*?\1\s*(?P<rest>[^\s#,}\]])", it.text(it.line))
    if not found or "expected <block end>" not in it.problem:
        return None
    return Found(it.line, found.start("rest") + 1, _NOT_YAML, "there is text after the closing quote: quote all of it")


_INSIDE = "inside {…} and […] put a comma between items, and quotes round text that holds a comma or a colon"


def _colon_inside(it: _Trouble) -> Found | None:
    if "found unexpected ':'" not in it.problem:
        return None
    return Found(it.line, it.column, _NOT_YAML, _INSIDE)


def _bracket(it: _Trouble) -> Found | None:
    if "flow sequence" not in it.context and "flow mapping" not in it.context:
        return None
    opened, closing = ("[", "]") if "sequence" in it.context else ("{", "}")
    if closing in it.text(it.line)[it.column - 1 :]:
        return Found(it.line, it.column, _NOT_YAML, _INSIDE)
    return Found(it.context_line, it.context_column, _NOT_YAML, f"this `{opened}` is never closed with `{closing}`")


def _two_colons(it: _Trouble) -> Found | None:
    if "mapping values are not allowed" not in it.problem:
        return None
    before = it.text(it.line)[: it.column - 1]
    if re.search(r":\s", before):
        hint = "put quotes round text that holds a colon and a space"
        return Found(it.line, it.column, _NOT_YAML, hint)
    return Found(it.line, it.column, _NOT_YAML, _INDENT)


def _no_space(it: _Trouble) -> Found | None:
    for line in (it.context_line, it.line, it.line - 1):
        found = re.match(r"^\s*(?:- +)*(?P<key>[\w-]+):(?P<value>[^\s/].*)$", it.text(line))
        if found:
            hint = f"put a space after the colon:  {found['key']}: {found['value']}"
            return Found(line, found.end("key") + 1, _NOT_YAML, hint)
    if "could not find expected ':'" not in it.problem:
        return None
    return Found(it.context_line, it.context_column, _NOT_YAML, "this line has no `:`; each word has a value after it")


_INDENT = "words of one level start in the same column: check the spaces before this line and the one above"


def _indentation(it: _Trouble) -> Found | None:
    if "expected <block end>" in it.problem:
        return Found(it.line, it.column, _NOT_YAML, _INDENT)
    return None


def _unreadable_character(lines: Sequence[str], text: str) -> Found:
    position = re.search(r"position (\d+)", text)
    before = "\n".join(lines)[: int(position[1])] if position else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Found(line, column, "there is a character here that cannot be shown", "delete it and type the text anew")


_REASONS: tuple[Callable[[_Trouble], Found | None], ...] = (
    _tab,
    _braces,
    _sign,
    _first_character,
    _star,
    _quote,
    _after_quote,
    _colon_inside,
    _bracket,
    _no_space,
    _two_colons,
    _indentation,
)
