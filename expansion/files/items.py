"""SQL for an id that stands in a list, as some systems send it: a list of one is its item."""

from __future__ import annotations

from expansion.usage.forms.duck import quote

_SEVERAL = "\x1aseveral"  # in place of an account: a list of several
_WHICH = "its account is a list of several; say which one, such as `groups.company.0`"


def only_item(text: str) -> str:
    """SQL for the only item of a list; and for what is no list, that."""
    items = f"TRY(json_extract_string({text}, '$[*]'))"
    one = f"CASE len({items}) WHEN 0 THEN NULL WHEN 1 THEN ({items})[1] ELSE {quote(_SEVERAL)} END"
    return f"CASE WHEN starts_with({text}, '[') THEN {one} ELSE {text} END"


def several_accounts(account: str) -> str:
    """The branch of a CASE over rows whose account `only_item` gave."""
    return f"WHEN {account} = {quote(_SEVERAL)} THEN {quote(_WHICH)}"


__all__ = ["only_item", "several_accounts"]
