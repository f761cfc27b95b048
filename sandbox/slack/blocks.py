"""Slack's limits on blocks, as `chat.postMessage` enforces them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Block = dict[str, Any]

MOST_BLOCKS = 50
# Not documented: a message is refused when the text of all its blocks together is longer. slackapi/bolt-js#2509
MOST_TEXT = 13_200

_KNOWN = {"section", "header", "context", "divider", "actions", "image", "rich_text", "markdown", "input"}
_MOST_MARKDOWN = 12_000


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
    elif block["type"] == "markdown":
        yield block
    yield from block.get("fields", [])
    for element in block.get("elements", []) if block["type"] != "rich_text" else _runs(block):
        yield element["text"] if isinstance(element.get("text"), dict) else element


def _runs(part: Any) -> Iterator[Block]:
    """The pieces of text inside rich text."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part
        for inner in part.get("elements") or []:
            yield from _runs(inner)


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
            elements = _count(block.get("elements"), 25, f"{at}/elements") + _buttons(block, at)
            return found + elements + _ids(block, at)
        case "image":
            return found + _image(block, at)
        case "rich_text":
            return found + _count(block.get("elements"), 1000, f"{at}/elements")
        case "markdown":
            text = block.get("text")
            fits = isinstance(text, str) and 0 < len(text) <= _MOST_MARKDOWN
            return found if fits else [*found, _error(f"must be a text of at most {_MOST_MARKDOWN}", f"{at}/text")]
        case "input":
            element = [] if isinstance(block.get("element"), dict) else [_error("missing required field: element", at)]
            return found + element + _text(block.get("label"), 2000, f"{at}/label", {"plain_text"})
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
    return found + (_accessory(block["accessory"], f"{at}/accessory") if "accessory" in block else [])


def _accessory(element: Any, at: str) -> list[str]:
    if not isinstance(element, dict) or "type" not in element:
        return [_error("unsupported type", at)]
    return _image(element, at) if element["type"] == "image" else _interactive(element, at)


def _image(block: Block, at: str) -> list[str]:
    found = (
        [] if block.get("image_url") or block.get("slack_file") else [_error("missing required field: image_url", at)]
    )
    if not block.get("alt_text"):
        found.append(_error("missing required field: alt_text", at))
    return found


def _ids(block: Block, at: str) -> list[str]:
    ids = [one["action_id"] for one in block.get("elements") or [] if isinstance(one, dict) and "action_id" in one]
    return [_error("`action_id` already exists", f"{at}/elements")] if len(ids) != len(set(ids)) else []


def _elements(block: Block, at: str) -> list[str]:
    found: list[str] = []
    for i, element in enumerate(block.get("elements") or []):
        here, is_image = f"{at}/elements/{i}", isinstance(element, dict) and element.get("type") == "image"
        found += _image(element, here) if is_image else _text(element, 3000, here)
    return found


def _buttons(block: Block, at: str) -> list[str]:
    found: list[str] = []
    for i, element in enumerate(block.get("elements") or []):
        here = f"{at}/elements/{i}"
        found += _interactive(element, here) if isinstance(element, dict) else [_error("unsupported type", here)]
    return found


def _interactive(element: Block, at: str) -> list[str]:
    """docs.slack.dev/reference/block-kit/block-elements"""
    match element.get("type"):
        case "button":
            return _button(element, at)
        case "static_select":
            return _text(element.get("placeholder"), 150, f"{at}/placeholder", {"plain_text"}) + _options(
                element, 100, at
            )
        case "overflow":
            return _options(element, 5, at)
    return [_error("unsupported type", f"{at}/type")]


def _options(element: Block, most: int, at: str) -> list[str]:
    found = _count(element.get("options"), most, f"{at}/options")
    for i, option in enumerate(element.get("options") or []):
        here = f"{at}/options/{i}"
        found += _text(option.get("text"), 75, f"{here}/text", {"plain_text"})
        if not 0 < len(str(option.get("value", ""))) <= 150:
            found.append(_error("must be less than 151 characters", f"{here}/value"))
    if len(str(element.get("action_id", ""))) > 255:
        found.append(_error("must be less than 256 characters", f"{at}/action_id"))
    return found


def _button(element: Block, at: str) -> list[str]:
    found = _text(element.get("text"), 75, f"{at}/text", {"plain_text"})
    for part, most in (("value", 2000), ("url", 3000), ("action_id", 255)):
        if len(str(element.get(part, ""))) > most:
            found.append(_error(f"must be less than {most + 1} characters", f"{at}/{part}"))
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
