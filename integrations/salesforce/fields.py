"""Finds fields by what an author has written: in any case, as SOQL does, and through related records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from expansion.contract import Refused
from expansion.language.model.mistakes import did_you_mean
from integrations.salesforce.meanings import SYSTEM

if TYPE_CHECKING:
    from integrations.salesforce.client import Client

_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}")
CURRENCY_CODE = "CurrencyIsoCode"  # described in orgs with several currencies alone

Described = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A field as it was asked for, and as Salesforce spells and describes it."""

    asked: str
    path: str  # `Owner.Email`
    described: Described
    currency_path: str | None = None  # where its record says its currency, in an org with several

    @property
    def type(self) -> str:
        return str(self.described.get("type"))

    @property
    def is_own(self) -> bool:
        """Of the account itself and no formula: it has been so since the account was last modified."""
        return "." not in self.path and not self.described.get("calculated")


def find(client: Client, sobject: str, asked: str) -> Field:
    """Refused where there is none, with the name that may be meant."""
    if not _PATH.fullmatch(asked):
        raise Refused(f"{SYSTEM}: `{asked}` is not a field's API name; write it like `ARR__c` or `Owner.Email`")
    *steps, last = asked.split(".")
    spelt: list[str] = []
    here = [sobject]
    for step in steps:
        found, here = _behind(client, here[0], step)
        spelt.append(found)
    for one in here:
        fields = client.fields(one)
        if (name := spelling(last, fields)) is not None:
            way = ".".join(spelt)
            code = f"{way}.{CURRENCY_CODE}" if way else CURRENCY_CODE
            path = f"{way}.{name}" if way else name
            return Field(asked, path, fields[name], code if CURRENCY_CODE in fields else None)
    raise unknown(here[0], last, client.fields(here[0]))


def account_key(client: Client, name: str) -> str:
    """The Account field that holds the product's account id, as Salesforce spells it."""
    try:
        return find(client, "Account", name).path
    except Refused as refusal:
        raise Refused(f"{refusal} (SALESFORCE_ACCOUNT_KEY_FIELD names it)") from refusal


def spelling(name: str, known: Iterable[str]) -> str | None:
    """The name as it is spelt there: Salesforce's names are the same in any case."""
    return next((one for one in known if one.lower() == name.lower()), None)


def unknown(sobject: str, name: str, known: Iterable[str], what: str = "field") -> Refused:
    near = did_you_mean(name, known)
    hint = f"; did you mean `{near}`?" if near else "; write its API name, as in Setup > Object Manager"
    return Refused(f"{SYSTEM}: {sobject} has no {what} `{name}`, or it is hidden from the integration user{hint}")


def _behind(client: Client, sobject: str, step: str) -> tuple[str, list[str]]:
    """The relationship's name and the objects it may lead to."""
    ways = {str(one["relationshipName"]): one for one in client.fields(sobject).values() if one.get("relationshipName")}
    name = spelling(step, ways)
    if name is None:
        raise unknown(sobject, step, ways, "relationship")
    targets = [str(one) for one in ways[name].get("referenceTo") or ()]
    return name, targets or [name]
