"""Slack's limits on blocks, as `chat.postMessage` enforces them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]

MOST_BLOCKS = 50
# Not documented: a message is refused when the text of all its blocks together is longer. slackapi/bolt-js#2509
MOST_TEXT = 13_200

_KNOWN = {"section", "header", "context", "divider", "actions", "image"}


def problems(blocks: list[Any]) -> list[str]:
    """What is wrong with the blocks, in the words of `response_metadata.messages`; nothing: they are fine."""
    found = [] if len(blocks) <= MOST_BLOCKS else [_error(f"no more than {MOST_BLOCKS} items allowed", "/blocks")]
    for i, block in enumerate(blocks):
        found += _block(block, f"/blocks/{i}")
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append(_error("`block_id` already exists", "/blocks"))
    return found


def text_length(blocks: list[Block]) -> int:
    """The characters of all the text in the blocks."""
    return sum(len(text.get("text", "")) for block in blocks for text in _texts(block))


def _texts(block: Block) -> Iterator[Block]:
    if isinstance(block.get("text"), dict):
        yield block["text"]
    yield from block.get("fields", [])
    for element in block.get("elements", []):
        yield element["text"] if isinstance(element.get("text"), dict) else element


def _error(sentence: str, pointer: str) -> str:
    return f"[ERROR] {sentence} [json-pointer:{pointer}]"


def _block(block: Any, at: str) -> list[str]:
    if not isinstance(block, dict) or block.get("type") not in _KNOWN:
        return [_error("unsupported type", f"{at}/type")]
    found = [] if len(str(block.get("block_id", ""))) <= 255 else [_error("must be less than 256 characters", at)]
    match block["type"]:
        case "section":
            return found + _section(block, at)
        case "header":
            return found + _text(block.get("text"), 150, f"{at}/text", {"plain_text"})
        case "context":
            return found + _count(block.get("elements"), 10, f"{at}/elements") + _elements(block, at)
        case "actions":
            return found + _count(block.get("elements"), 25, f"{at}/elements") + _buttons(block, at)
        case _:
            return found


def _section(block: Block, at: str) -> list[str]:
    if "text" not in block and "fields" not in block:
        return [_error("missing required field: text", at)]
    found = _text(block["text"], 3000, f"{at}/text") if "text" in block else []
    if "fields" in block:
        found += _count(block["fields"], 10, f"{at}/fields")
        for i, field in enumerate(block["fields"]):
            found += _text(field, 2000, f"{at}/fields/{i}")
    return found


def _elements(block: Block, at: str) -> list[str]:
    texts = [
        (i, e) for i, e in enumerate(block.get("elements") or []) if isinstance(e, dict) and e.get("type") != "image"
    ]
    return [problem for i, element in texts for problem in _text(element, 3000, f"{at}/elements/{i}")]


def _buttons(block: Block, at: str) -> list[str]:
    found: list[str] = []
    for i, element in enumerate(block.get("elements") or []):
        here = f"{at}/elements/{i}"
        found += _text(element.get("text"), 75, f"{here}/text", {"plain_text"})
        for part, most in (("value", 2000), ("url", 3000), ("action_id", 255)):
            if len(element.get(part, "")) > most:
                found.append(_error(f"must be less than {most + 1} characters", f"{here}/{part}"))
    return found


def _count(items: Any, most: int, at: str) -> list[str]:
    if not isinstance(items, list) or not items:
        return [_error("must have at least 1 item", at)]
    return [] if len(items) <= most else [_error(f"no more than {most} items allowed", at)]


def _text(
    text: Any, most: int, at: str, kinds: frozenset[str] | set[str] = frozenset({"mrkdwn", "plain_text"})
) -> list[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        return [_error("must be a valid text object", at)]
    if not text["text"]:
        return [_error("must be more than 0 characters", f"{at}/text")]
    return [] if len(text["text"]) <= most else [_error(f"must be less than {most + 1} characters", f"{at}/text")]
