"""Slack's mrkdwn, in which playbooks write their texts, taken apart for systems that show it in another way."""

from __future__ import annotations

import re
from collections.abc import Callable

BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|([^>]*))?>")


def with_links(mrkdwn: str, text: Callable[[str], str], link: Callable[[str, str], str]) -> str:
    """Each link as `link` makes it of its label and its address, and what stands between them as `text` does."""
    parts, end = [], 0
    for found in _LINK.finditer(mrkdwn):
        parts += [text(mrkdwn[end : found.start()]), link(found[2] or found[1], found[1])]
        end = found.end()
    return "".join([*parts, text(mrkdwn[end:])])


__all__ = ["BOLD", "with_links"]
