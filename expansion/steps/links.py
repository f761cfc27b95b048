"""Where a seller finds the account: addresses with its ids filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

_PLACE = re.compile(r"\{(\w+)\}")


def account_links(patterns: Mapping[str, str], account_id: str, remote_ids: Mapping[str, str]) -> dict[str, str]:
    """The links of one account: `{salesforce}` becomes its id in Salesforce, `{account}` its id here.

    A link that needs an id which nobody knows is left out: a dead link costs more trust than none.
    """
    ids = {**remote_ids, "account": account_id}
    wanted = {label: set(_PLACE.findall(pattern)) for label, pattern in patterns.items()}
    return {label: _filled(patterns[label], ids) for label, places in wanted.items() if places <= ids.keys()}


def _filled(pattern: str, ids: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: quote(ids[place[1]], safe=""), pattern)
