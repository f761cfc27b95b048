"""Ids, names and times, out of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.company.accounts import Accounts
from sandbox.company.arrays import NEVER, Flags, Ints
from sandbox.company.log import DAY

Text = Any  # a column of pyarrow, which has no types


def ids(prefix: str, numbers: Ints) -> Text:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def account_ids(accounts: Accounts, account: Ints, second: Ints) -> Text:
    """What it was called at that time; none for -1."""
    moved = accounts.renames[account]
    renamed = (moved != NEVER) & (second >= moved * DAY)
    plain = ids("acct-", accounts.number)
    names = pa.concat_arrays([plain, pc.binary_join_element_wise(plain, "eu", "-")])
    return _taken(names, account + renamed * len(plain), account < 0)


def account_name(number: Ints, rebranded: Ints) -> Text:
    plain = ids("Company ", number)
    return pc.if_else(pa.array(rebranded.astype(np.bool_)), pc.binary_join_element_wise(plain, "Group", " "), plain)


def person_ids(block: int, person: Ints, unnamed: Flags) -> Text:
    """`unnamed`: before anybody knew who it was. None for -1."""
    many = np.arange(person.max(initial=0) + 1)
    names = pa.concat_arrays([ids(f"user-{block}-", many), ids(f"anon-{block}-", many)])
    return _taken(names, person + unnamed * len(many), person < 0)


def _taken(names: Text, place: Ints, missing: Flags) -> Text:
    return names.take(pa.array(place, mask=missing))


def picked(names: Sequence[str], place: Ints) -> Text:
    """One of the names for each; none for -1."""
    return _taken(pa.array(names), place, place < 0)


def moments(first: date, second: Ints) -> Text:
    start = np.datetime64(first, "s")
    return pa.array(start + second.astype("timedelta64[s]"), pa.timestamp("s", tz="UTC"))


def spoken(first: date, second: Ints) -> Text:
    """A time as text, as exports write it."""
    return pc.strftime(moments(first, second), format="%Y-%m-%dT%H:%M:%SZ")


def days(first: date, day: Ints) -> Text:
    """A day as text; none for NEVER."""
    start = np.datetime64(first, "D")
    text = pa.array(start + day.astype("timedelta64[D]"), pa.date32()).cast(pa.string())
    return pc.if_else(pa.array(day != NEVER), text, pa.scalar(None, pa.string()))
