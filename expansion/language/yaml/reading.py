"""Reads a YAML file into plain values, and remembers where each key and value stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from expansion.language.model.mistakes import Mistake, Mistakes, brief, snippet
from expansion.language.yaml import errors as yaml_errors
from expansion.language.yaml.files import Files, NotReadable
from expansion.language.yaml.source import Source, Spot, Steps
from expansion.text.secret_shapes import covered, secrets_in

_LARGEST = 1_000_000  # bytes; a definition is a few kB, more is another kind of file
_DEEPEST = 40
_BREAK = re.compile(r"\r\n|\r|\n")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Decimal numbers only. `007`, `0x1F` and `1e3` are ids and plan codes here, and stay text.
_WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d{0,2}(?:_\d{3})+|[1-9]\d{0,17})", re.ASCII)
_BROKEN = re.compile(r"[-+]?(?:0|[1-9]\d{0,2}(?:_\d{3})+|[1-9]\d{0,14})\.\d{1,12}", re.ASCII)


def read(files: Files, path: str) -> Source:
    """The file's values and their places; raises Mistakes.

    A word that is written twice is told with the source: the rest can be read all the same.
    """
    shown = files.shown(path)
    text = _text(files, path, shown)
    lines = tuple(_BREAK.split(text.removesuffix("\n")))
    _no_secret(shown, lines)
    blank = Source(shown, lines, {}, {}, {})
    builder = _Builder(blank)
    try:
        builder.build(_events(text))
    except YAMLError as error:
        raise Mistakes([_not_yaml(blank, error)]) from error
    values = builder.result
    if builder.stopped or (builder.mistakes and not isinstance(values, dict)):
        raise Mistakes(builder.mistakes)
    if values is None:
        raise Mistakes([Mistake(shown, 1, 1, "this file is empty", hint="fill it, or remove it")])
    if not isinstance(values, dict):
        what = "a list" if isinstance(values, list) else "only text"
        hint = "a file here is made of words with values, such as  title: Nearly out of seats"
        raise Mistakes([blank.mistake_at(builder.spots[()], f"this file is {what}", hint)])
    return Source(shown, lines, values, builder.keys, builder.spots, told=tuple(builder.mistakes))


def _no_secret(shown: str, lines: tuple[str, ...]) -> None:
    """Playbooks are read by many, and kept by git for ever. Also in comments; and what is shown of it is covered."""
    found = [(number, secret) for number, line in enumerate(lines, 1) for secret in secrets_in(line)]
    if not found:
        return
    hidden = [covered(line) for line in lines]
    hint = (
        "take it out, and make a new one where it came from: this one has been seen. "
        "Settings go into the environment, a mounted file or a Prefect block; see docs/connect.md"
    )
    raise Mistakes(
        Mistake(
            shown,
            number,
            secret.start + 1,
            f"this looks like {secret.what}; no secret belongs in a definition",
            snippet(hidden, number, secret.start + 1),
            hint,
        )
        for number, secret in found
    )


def _text(files: Files, path: str, shown: str) -> str:
    try:
        raw = files.read(path, _LARGEST + 1)
    except NotReadable as error:
        raise Mistakes([Mistake(shown, 0, 0, f"this cannot be read: {error}")]) from error
    if len(raw) > _LARGEST:
        raise Mistakes([Mistake(shown, 0, 0, "this file is larger than 1 MB", hint="is it a definition at all?")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Mistakes([Mistake(shown, 0, 0, "this file is UTF-16", hint="save it as UTF-8 in your editor")])
    if b"\0" in raw:
        raise Mistakes([Mistake(shown, 0, 0, "this is not a text file", hint="only YAML files belong here")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        lines = _BREAK.split(raw.decode("utf-8", "replace"))
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        mistake = Mistake(
            shown, line, column, "this file is not UTF-8 text", snippet(lines, line, column),
            "save it as UTF-8 in your editor",
        )  # fmt: skip
        raise Mistakes([mistake]) from error


def _events(text: str) -> Iterator[Event]:
    # Events, not nodes: libyaml reads ten times faster than pure Python (0.2 against 2 ms for a trigger, measured),
    # but its composer recurses in C and crashes the process on deep nesting. Here nesting is counted.
    return YAML(typ="safe").parse(text)  # type: ignore[no-any-return]


def _not_yaml(source: Source, error: YAMLError) -> Mistake:
    # libyaml and the Python parser word their errors differently; one set of sentences needs one of them.
    try:
        for _ in YAML(typ="safe", pure=True).parse("\n".join(source.lines)):
            pass
    except YAMLError as same:
        error = same
    marked = error if isinstance(error, MarkedYAMLError) else MarkedYAMLError()
    found = yaml_errors.explain(source.lines, marked, str(error))
    return source.mistake_at(Spot(found.line, found.column), found.message, found.hint)


@dataclass
class _Frame:
    """A list or mapping being filled."""

    container: dict[str, Any] | list[Any]
    steps: Steps
    flow: bool
    spot: Spot
    key: str | None = None


@dataclass
class _Builder:
    source: Source
    keys: dict[Steps, Spot] = field(default_factory=dict)
    spots: dict[Steps, Spot] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    result: Any = None
    stopped: bool = False  # what follows was not read
    _stack: list[_Frame] = field(default_factory=list)
    _documents: int = 0

    def build(self, events: Iterable[Event]) -> None:
        for event in events:
            spot = Spot(event.start_mark.line + 1, event.start_mark.column + 1)
            match event:
                case DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        return self._stop(spot, "a second document starts here", "one file, one definition: no `---`")
                case AliasEvent():
                    return self._stop(spot, *yaml_errors.ALIAS)
                case ScalarEvent():
                    if not self._scalar(event, spot):
                        return None
                case SequenceStartEvent() | MappingStartEvent():
                    if not self._open(event, spot):
                        return None
                case SequenceEndEvent() | MappingEndEvent():
                    self._stack.pop()
        return None

    def _scalar(self, event: ScalarEvent, spot: Spot) -> bool:
        if event.tag is not None:
            self._stop(spot, *yaml_errors.TAG)
            return False
        frame = self._stack[-1] if self._stack else None
        if frame and isinstance(frame.container, dict) and frame.key is None:
            self._name(frame, str(event.value), spot)
        else:
            plain = event.implicit[0] and event.style in ("", None)
            self._put(_value(event.value) if plain else event.value, spot)
        return True

    def _name(self, frame: _Frame, key: str, spot: Spot) -> None:
        steps = (*frame.steps, key)
        if key in frame.container:
            first = self.keys[steps].line
            hint = f"it is already on line {first}: keep one of them"
            self.mistakes.append(self.source.mistake_at(spot, f"`{brief(key)}` is written twice", hint))
        frame.key = key
        self.keys[steps] = spot

    def _put(self, value: Any, spot: Spot) -> Steps:
        if not self._stack:
            self.result = value
            self.spots[()] = spot
            return ()
        frame = self._stack[-1]
        if isinstance(frame.container, list):
            steps = (*frame.steps, len(frame.container))
            frame.container.append(value)
        else:
            key = frame.key or ""
            steps, frame.key = (*frame.steps, key), None
            frame.container[key] = value
        self.spots[steps] = spot
        return steps

    def _open(self, event: SequenceStartEvent | MappingStartEvent, spot: Spot) -> bool:
        frame = self._stack[-1] if self._stack else None
        if event.tag is not None:
            self._stop(spot, *yaml_errors.TAG)
        elif frame and isinstance(frame.container, dict) and frame.key is None:
            braces = frame.flow and isinstance(event, MappingStartEvent)
            line = self.source.lines[spot.line - 1] if spot.line <= len(self.source.lines) else ""
            problem = yaml_errors.braces(line) if braces else yaml_errors.COMPLEX_KEY
            self._stop(frame.spot if braces else spot, *problem)
        elif len(self._stack) >= _DEEPEST:
            self._stop(spot, f"this is nested more than {_DEEPEST} deep", "no definition needs that")
        else:
            container: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
            steps = self._put(container, spot)
            self._stack.append(_Frame(container, steps, bool(event.flow_style), spot))
            return True
        return False

    def _stop(self, spot: Spot, message: str, hint: str) -> None:
        self.stopped = True
        self.mistakes.append(self.source.mistake_at(spot, message, hint))


def _value(text: str) -> Any:
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _WHOLE.fullmatch(text):
        return int(text.replace("_", ""))
    return float(text.replace("_", "")) if _BROKEN.fullmatch(text) else text
