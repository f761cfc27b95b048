"""What a message to the stand-in of Slack holds: text, markdown, blocks, attachments, metadata; each as Slack takes it.

docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.guard import Refusal
from sandbox.slack.blocks import MOST_TEXT, problems, text_length

Doc = dict[str, Any]

_METADATA_MOST = 8_000  # characters; Slack has a cap (`metadata_too_large`) and doesn't say which
_TEXT_MOST, _MARKDOWN_MOST, _ATTACHMENTS_MOST = 40_000, 12_000, 100
_DIGITS = 9


class Problem(Refusal):
    """`ok: false`, with what else the reply says, inside a 200."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self._body = {"ok": False, "error": error, **more}

    def reply(self, request: Request) -> Response:
        return JSONResponse(self._body)


class TooFast(Refusal):
    """A 429 that says after how many seconds to come again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds}")
        self._seconds = seconds

    def reply(self, request: Request) -> Response:
        wait = {"Retry-After": str(max(1, round(self._seconds + 0.499)))}
        return JSONResponse({"ok": False, "error": "ratelimited"}, 429, wait)


def content(arguments: Doc) -> Doc:
    """The checked parts of a message."""
    text, markdown = str(arguments.get("text") or ""), str(arguments.get("markdown_text") or "")
    blocks = _list(arguments.get("blocks"), "invalid_blocks_format")
    attachments = _list(arguments.get("attachments"), "invalid_attachments")
    if markdown and (text or blocks):
        raise Problem("markdown_text_conflict")
    if not (text or markdown or blocks or attachments):
        raise Problem("no_text")
    if len(text) > _TEXT_MOST or len(markdown) > _MARKDOWN_MOST:
        raise Problem("msg_too_long")
    if len(attachments) > _ATTACHMENTS_MOST:
        raise Problem("too_many_attachments")
    if found := problems(blocks):
        raise Problem("invalid_blocks", errors=found, response_metadata={"messages": found})
    if text_length(blocks) > MOST_TEXT:
        raise Problem("msg_blocks_too_long")
    parts: Doc = {"text": text or markdown} | ({"blocks": blocks} if blocks else {})
    parts |= {"attachments": attachments} if attachments else {}
    if metadata := _json(arguments.get("metadata") or {}, "invalid_metadata_format"):
        parts["metadata"] = _metadata(metadata)
    if thread := arguments.get("thread_ts"):
        parts["thread_ts"] = str(thread)
    return parts


def count(arguments: Doc, name: str, usual: int, most: int) -> int:
    """A number among the arguments."""
    text = str(arguments.get(name) or usual)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Problem("invalid_limit" if name == "limit" else "invalid_arguments")
    return min(int(text), most)


def moment(arguments: Doc, name: str, usual: float) -> float:
    """A message's time among the arguments."""
    given = arguments.get(name)
    if given in (None, ""):
        return usual
    try:
        return float(str(given))
    except ValueError:
        raise Problem(f"invalid_ts_{name}") from None


def _list(value: Any, error: str) -> list[Any]:
    found = _json(value or [], error)
    if not isinstance(found, list):
        raise Problem(error)
    return found


def _metadata(metadata: Any) -> Doc:
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Problem("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Problem("invalid_metadata_schema")
    if len(json.dumps(metadata)) > _METADATA_MOST:
        raise Problem("metadata_too_large")
    return metadata


def _json(value: Any, error: str) -> Any:
    """In a form, what has parts is sent as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise Problem(error) from None
