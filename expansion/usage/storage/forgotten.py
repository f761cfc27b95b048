"""Who was forgotten, so that a later pull or import does not bring them back.

The list knows nobody: it holds keyed hashes of user ids and e-mail addresses, each with the pseudonym that stands for
that person. Who has the list cannot tell who is on it; who also has the key can only try names. Without the key (throw
`suppressed.key` away) nobody can, and then new events count as those of somebody new. See docs/decisions/0011.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from expansion.contract import CohortPush, EventRow, FactRecord
from expansion.private_files import replace_file
from expansion.usage.storage.manifest import StoreError

_LIST, _KEY = "suppressed.json", "suppressed.key"
_WORD = re.compile(r"[^\s\"',;:|{}\[\]()<>=]+")
# It begins where nothing of it stands before: else each sign of a long word would be tried as its beginning.
_NAME = r"[^\s@\"',;:|{}\[\]()<>=/\\]"
_EMAIL = re.compile(rf"(?<!{_NAME}){_NAME}+@{_NAME}+\.[\w-]+")


@dataclass(frozen=True)
class ForgottenPeople:
    """The list of a store. `key` is empty where nobody was ever forgotten."""

    root: Path
    key: bytes
    pseudonyms: Mapping[str, str]  # keyed hash -> pseudonym

    def __bool__(self) -> bool:
        return bool(self.pseudonyms)

    @cached_property
    def _known(self) -> dict[str, str | None]:
        return {}

    def pseudonym(self, text: str) -> str | None:
        """What stands for a forgotten user id or address; None for anything else."""
        if text not in self._known:
            self._known[text] = self.pseudonyms.get(keyed(self.key, text))
        return self._known[text]

    # --- what comes in ------------------------------------------------------------------------------------------------

    def event(self, row: EventRow) -> EventRow:
        """The event under the pseudonym, where its person was forgotten; it still counts."""
        instead = self.pseudonym(str(row.user_id)) if row.user_id else None
        event_id = self.event_id(row.event_id, str(row.user_id)) if instead and row.event_id else row.event_id
        given = {name: self.value(value) for name, value in row.properties.items()}
        return replace(row, user_id=instead or row.user_id, event_id=event_id, properties=given)

    def event_id(self, event_id: str, *texts: str) -> str:
        """The same, unless it is made of who the person was: then always the same other one, so that repeats show."""
        return self.other_id(event_id) if any(text and text in event_id for text in texts) else event_id

    def other_id(self, event_id: str) -> str:
        return f"forgotten-{keyed(self.key, event_id)[:32]}"

    def fact(self, record: FactRecord) -> FactRecord | None:
        """None for a fact about a forgotten person; other facts without their addresses."""
        if record.user_id and self.pseudonym(record.user_id):
            return None
        return replace(record, values={name: self.value(value) for name, value in record.values.items()})

    def push(self, push: CohortPush) -> CohortPush:
        """What was pushed of a cohort, with the pseudonyms in place of ids: it goes on having as many people."""
        joined, left = ({self.pseudonym(user) or user for user in some} for some in (push.joined, push.left))
        return replace(push, joined=frozenset(joined), left=frozenset(left))

    def value(self, value: Any) -> Any:
        """A value without the addresses and ids of forgotten people."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {name: self.value(each) for name, each in value.items()}
            case list() | tuple():
                return [self.value(each) for each in value]
        return value

    def text(self, text: str) -> str:
        """A text with the pseudonym for what is just the id of a forgotten person, and for addresses in it."""
        whole = self.pseudonym(text)
        if whole is not None:
            return whole
        return _EMAIL.sub(lambda found: self.pseudonym(found[0]) or found[0], text) if "@" in text else text

    def names_one(self, text: str) -> bool:
        """Whether some word of a text is a forgotten person's id or address."""
        return bool(self) and any(self.pseudonym(word) for word in _WORD.findall(text))

    # --- who is added -------------------------------------------------------------------------------------------------

    def adding(self, texts: Iterable[str]) -> dict[str, str]:
        """A pseudonym for each id and address: the one it has already, else a new one made of chance alone."""
        return {text: self.pseudonym(text) or f"forgotten-{secrets.token_hex(8)}" for text in dict.fromkeys(texts)}

    def save(self, pseudonyms: Mapping[str, str]) -> ForgottenPeople:
        """Add these to the list on disk. The caller holds the store's lock for writing."""
        key = self.key or _new_key(self.root)
        grown = {**self.pseudonyms, **{keyed(key, text): instead for text, instead in pseudonyms.items()}}
        replace_file(self.root / _LIST, json.dumps({"version": 1, "pseudonyms": grown}).encode())
        return ForgottenPeople(self.root, key, grown)


def forgotten_people(root: Path) -> ForgottenPeople:
    """The list of a store; an empty one where nobody was forgotten."""
    path = root / _LIST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return ForgottenPeople(root, bytes.fromhex((root / _KEY).read_text().strip()), raw["pseudonyms"])
    except FileNotFoundError as error:
        if path.exists():
            raise StoreError(f"{root / _KEY} is missing, and without it nobody on {path} can be recognised") from error
        return ForgottenPeople(root, b"", {})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} or its key is damaged; restore both from a backup") from error


def keyed(key: bytes, text: str) -> str:
    """Addresses are the same in capitals and small letters."""
    meant = text.strip().casefold() if "@" in text else text
    return hmac.new(key, meant.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _new_key(root: Path) -> bytes:
    path = root / _KEY
    if not path.exists():
        replace_file(path, secrets.token_hex(32).encode())
    return bytes.fromhex(path.read_text())
