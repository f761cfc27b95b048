"""Addresses that mail goes to: one to look at, or by the name of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping

# As web forms take it (html.spec.whatwg.org, "valid e-mail address"), with a dot in the host: no quotes, no blanks,
# nothing that a mail server could read as two addresses.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_ADDRESS = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})+")
_ENTRY = re.compile(r"([\w-]+)=(\S+)")


def is_address(text: str) -> bool:
    """Whether it is one address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None


def parse_lists(text: str) -> Mapping[str, tuple[str, ...]]:
    """Who is on each list. Raises ValueError that names the list which is wrong, and no address of it."""
    found = {name: tuple(one for one in said.split(",") if one) for name, said in _ENTRY.findall(text)}
    if _ENTRY.sub("", text).strip():
        raise ValueError("write `name=ana@acme.example,bo@acme.example`, several lists with a blank between them")
    for name, addresses in found.items():
        if not addresses or not all(map(is_address, addresses)):
            raise ValueError(f"the list `{name}` holds what is no e-mail address, or nothing")
    return found
