"""Numbers, money, shares and yes or no as people write them, made plain text: in SQL, and the same in Python.

What can be meant in two ways is not read: `12,5` is no number until somebody says that a comma is the decimal sign.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from expansion.usage.forms.duck import quote, quote_list

Decimal = Literal["point", "comma"]
YES = ("true", "t", "yes", "y", "on", "1", "1.0")
NO = ("false", "f", "no", "n", "off", "0", "0.0")

_BLANKS = " \t\r\n\u00a0\u202f"
_APART = "'\u2019 \u00a0\u202f"  # what may stand between thousands, beside the sign that is no decimal sign
_SIGNS = "[$€£¥₹₩₽₺₪₫฿]"
_CURRENCY = rf"(?:[A-Z]{{3}}|[A-Z]{{0,2}}{_SIGNS}|kr\.?|zł|Kč|Fr\.)"
_SPACE = f"[{_BLANKS}]*"
# Brackets or a minus, before or behind, with the currency on either side.
_MONEY = (
    rf"(\(?){_SPACE}([+-]?){_SPACE}{_CURRENCY}?{_SPACE}([+-]?){_SPACE}"
    rf"([0-9.,{_APART}]*[0-9]){_SPACE}{_CURRENCY}?{_SPACE}(-?){_SPACE}(\)?)"
)
_PARTS = ("opened", "before", "inner", "amount", "behind", "closed")


def _plain(decimal: Decimal) -> str:
    point = r"\." if decimal == "point" else ","
    return rf"[+-]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"


def _grouped(decimal: Decimal) -> str:
    """With a sign between thousands, always the same one."""
    point, other = (r"\.", ",") if decimal == "point" else (",", r"\.")
    each = "|".join(rf"(?:{sign}[0-9]{{3}})+" for sign in (other, *_APART))
    return rf"[+-]?[0-9]{{1,3}}(?:{each})(?:{point}[0-9]+)?"


def _apart(decimal: Decimal) -> str:
    return f"[{',' if decimal == 'point' else '.'}{_APART}]"


# --- in SQL -----------------------------------------------------------------------------------------------------------


def number_sql(text: str, decimal: Decimal = "point") -> str:
    """SQL for a number with a decimal point and nothing between its thousands; NULL where a text is none."""
    plain = f"regexp_full_match(bare, {quote(_plain(decimal))})"
    grouped = f"regexp_full_match(bare, {quote(_grouped(decimal))})"
    told = f"regexp_replace(bare, {quote(_apart(decimal))}, '', 'g')"
    kept = "bare"
    if decimal == "comma":
        kept, told = (f"replace({one}, ',', '.')" for one in (kept, told))
    return _let("bare", _bare(text), f"CASE WHEN {plain} THEN {kept} WHEN {grouped} THEN {told} END")


def money_sql(text: str, decimal: Decimal = "point") -> str:
    """The same for an amount, with or without its currency; brackets or a minus make it negative."""
    parts = f"[{quote_list(_PARTS)}]"
    found = f"regexp_extract(bare, {quote(f'^{_MONEY}$')}, {parts})"
    minus = [f"taken.{part} = '-'" for part in ("before", "inner", "behind")]
    signs = " + ".join(f"CAST({one} AS INTEGER)" for one in (*minus, "taken.opened = '('"))
    wrong = f"(taken.opened = '(') <> (taken.closed = ')') OR {signs} > 1"
    amount = number_sql("taken.amount", decimal)
    signed = f"CASE WHEN {wrong} THEN NULL WHEN {signs} = 1 THEN '-' || {amount} ELSE {amount} END"
    whole = _let("taken", found, signed)
    plain = f"regexp_full_match(bare, {quote(_plain('point'))})"
    first = f"WHEN {plain} THEN bare " if decimal == "point" else ""
    return _let("bare", _bare(text), f"CASE {first}WHEN regexp_full_match(bare, {quote(_MONEY)}) THEN {whole} END")


def percent_sql(text: str, decimal: Decimal = "point") -> str:
    """SQL for a share: `80%` with its sign, or the share itself, 0.8; NULL where a text is none."""
    share = number_sql("rtrim(left(bare, -1), ' ')", decimal)
    return _let(
        "bare", _bare(text), f"CASE WHEN suffix(bare, '%') THEN {share} || '%' ELSE {number_sql('bare', decimal)} END"
    )


def yes_no_sql(text: str, yes: Collection[str] = YES, no: Collection[str] = NO) -> str:
    """SQL for `true` or `false`; NULL where a text is none of the words, whatever their capitals."""
    words = (quote_list(word.lower() for word in some) for some in (yes, no))
    cases = " ".join(
        f"WHEN bare IN ({some}) THEN '{said}'" for some, said in zip(words, ("true", "false"), strict=True)
    )
    return _let("bare", f"lower({_bare(text)})", f"CASE {cases} END")


def _bare(text: str) -> str:
    return f"trim({text}, {quote(_BLANKS)})"


def _let(name: str, value: str, body: str) -> str:
    """SQL that works a value out once, under a name."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


# --- in Python --------------------------------------------------------------------------------------------------------


def number(text: str, decimal: Decimal = "point") -> str | None:
    """The same as `number_sql`."""
    bare = text.strip(_BLANKS)
    if not re.fullmatch(_plain(decimal), bare):
        if not re.fullmatch(_grouped(decimal), bare):
            return None
        bare = re.sub(_apart(decimal), "", bare)
    return bare.replace(",", ".") if decimal == "comma" else bare


def money(text: str, decimal: Decimal = "point") -> str | None:
    """The same as `money_sql`."""
    bare = text.strip(_BLANKS)
    if decimal == "point" and re.fullmatch(_plain("point"), bare):
        return bare
    found = re.fullmatch(_MONEY, bare)
    if found is None:
        return None
    part = dict(zip(_PARTS, found.groups(), strict=True))
    signs = [part["before"] == "-", part["inner"] == "-", part["behind"] == "-", part["opened"] == "("]
    if (part["opened"] == "(") != (part["closed"] == ")") or sum(signs) > 1:
        return None
    amount = number(part["amount"], decimal)
    return f"-{amount}" if amount is not None and any(signs) else amount


def percent(text: str, decimal: Decimal = "point") -> str | None:
    """The same as `percent_sql`."""
    bare = text.strip(_BLANKS)
    if not bare.endswith("%"):
        return number(bare, decimal)
    share = number(bare[:-1].rstrip(" "), decimal)
    return None if share is None else f"{share}%"


def yes_no(text: str, yes: Collection[str] = YES, no: Collection[str] = NO) -> str | None:
    """The same as `yes_no_sql`."""
    bare = text.strip(_BLANKS).lower()
    if bare in {word.lower() for word in yes}:
        return "true"
    return "false" if bare in {word.lower() for word in no} else None
