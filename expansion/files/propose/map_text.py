"""A proposed map as YAML: each line with what rows say there, and doubts in words above it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from expansion.files.propose.proposals import Proposal, Word
from expansion.text.harmless import visible

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./-]*|\d+ days", re.ASCII)
_NO_TEXT = re.compile(r"(?i)true|false|yes|no|on|off|null|y|n|.* ")
_LONGEST = 28  # of a sample
_COMMENT_AT = 44  # where comments begin, if a line is not longer
_FACTS = "facts.yaml"


def map_text(proposal: Proposal, *, facts_apart: bool = False) -> str:
    """The map, and behind it what facts.yaml says: as comments, or with `facts_apart` as a second document."""
    lines = [*_comments(proposal.notes), f"{proposal.kind}:"]
    for word in proposal.words:
        lines += _word(word)
    for word in proposal.left_out:
        lines += _left_out(word)
    if facts := facts_text(proposal).splitlines():
        if facts_apart:
            lines += ["---", f"# for playbooks/shared/{_FACTS}", *facts]
        else:
            lines += ["", f"# for playbooks/shared/{_FACTS}:", *(f"#   {line}" for line in facts)]
    return "\n".join(lines) + "\n"


def facts_text(proposal: Proposal) -> str:
    """What facts.yaml says of this table; empty where it says nothing."""
    return "\n".join(_vocabulary(proposal.vocabulary or {}))


def _word(word: Word) -> Iterator[str]:
    yield from _comments(word.doubts, "  ")
    if not word.parts:
        yield _with_comment(f"  {word.word}: {in_yaml(word.value)}", word)
        return
    yield _with_comment(f"  {word.word}:", word)
    for part in word.parts:
        line = f"    - {in_yaml(part.value)}" if isinstance(word.value, list) else _named(part)
        yield _with_comment(line, part)


def _named(part: Word) -> str:
    return f"    {in_yaml(part.word)}: {in_yaml(part.value)}"


def _left_out(word: Word) -> Iterator[str]:
    yield f"  # {word.word}: {word.said if word.value is None else f'{in_yaml(word.value)}  # {word.said}'}"
    for part in word.parts:
        yield _with_comment(f"  #   {in_yaml(part.value)}", part)


def _with_comment(line: str, word: Word) -> str:
    samples = ", ".join(map(_sample, word.samples))
    comment = "; ".join(text for text in (samples, word.said) if text)
    return f"{line.ljust(_COMMENT_AT)}  # {comment}" if comment else line


def _sample(text: str) -> str:
    one_line = " ".join(visible(text).split())
    return one_line if len(one_line) <= _LONGEST else one_line[: _LONGEST - 1] + "…"


def _comments(lines: Iterable[str], indent: str = "") -> Iterator[str]:
    for line in lines:
        yield f"{indent}# {' '.join(visible(line).split())}"


def _vocabulary(said: Mapping[str, Any]) -> Iterator[str]:
    for word, content in said.items():
        yield f"{word}:"
        if isinstance(content, list):
            yield from (f"  - {in_yaml(one)}" for one in content)
        else:
            yield from (f"  {name}: {in_yaml(one)}" for name, one in content.items())


def in_yaml(value: Any) -> str:
    """Plain data on one line of YAML."""
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{" + ", ".join(f"{in_yaml(name)}: {in_yaml(one)}" for name, one in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(in_yaml, value)) + "]"
        case str() if _PLAIN.fullmatch(value) and not _NO_TEXT.fullmatch(value):
            return value
        case str():
            return visible(json.dumps(value, ensure_ascii=False))
    return str(value)
