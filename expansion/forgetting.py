"""Forgets a person everywhere below EXPANSION_HOME and in the ledger, and keeps the counts.

Killed half-way, it goes on where it was: what it is about lies in a file of its own (for its owner only) until all of
it is done. First the person goes on the list of those whose data are not taken in again, so that nothing comes back
between the parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from expansion.ledger.forgetting import ForgottenHere, Known
from expansion.ledger.store import Ledger
from expansion.private_files import replace_file
from expansion.text.for_people import ForPeople
from expansion.usage.forgetting import Person, Rewritten, forget_in_rejects, forget_in_store, known_as
from expansion.usage.pushed.journal import Journal
from expansion.usage.storage import manifest as manifests
from expansion.usage.storage.forgotten import forgotten_people
from expansion.usage.storage.store import UsageStore

_PENDING = "forgetting.json"


class NobodyKnown(ForPeople):
    """Nothing is stored of a person of that id or address."""


@dataclass(frozen=True)
class Forgotten:
    """What was done, and what is left to a person."""

    pseudonyms: tuple[str, ...]
    store: Rewritten
    rejects: int
    ledger: ForgottenHere
    still_read: bool  # an earlier state of the store is read by somebody, so its files are still there
    left: tuple[str, ...]  # files below EXPANSION_HOME that still name the person


def forget(store: UsageStore, ledger: Ledger, home: Path, text: str, by: str, now: datetime) -> Forgotten:
    """Forget the person of this user id or e-mail address. One that was begun before is finished first."""
    pending = store.root / _PENDING
    if pending.exists():
        earlier = _read(pending)
        done = _all_of_it(store, ledger, home, *earlier, by, now)
        if text.casefold() in map(str.casefold, earlier[1]):
            return done
    person = _known(store, ledger, text)
    pseudonyms = forgotten_people(store.root).adding((*person.ids, *person.emails))
    _write(pending, person, pseudonyms)
    return _all_of_it(store, ledger, home, person, pseudonyms, by, now)


def must_be_known(store: UsageStore, ledger: Ledger, text: str) -> None:
    """NobodyKnown where there is nobody to forget, so that nobody is asked whether to."""
    if not (store.root / _PENDING).exists():
        _known(store, ledger, text)


def _known(store: UsageStore, ledger: Ledger, text: str) -> Person:
    person = known_as(store, text)
    if person is None and ledger.names_person(text):
        person = Person((text,), (text,) if "@" in text else ())
    if person is None:
        raise NobodyKnown(f"nothing is stored of a person `{text}`\n\nhint: give the user id, or an e-mail address")
    return person


def _all_of_it(
    store: UsageStore, ledger: Ledger, home: Path, person: Person, pseudonyms: dict[str, str], by: str, now: datetime
) -> Forgotten:
    with manifests.writing(store.root):
        listed = forgotten_people(store.root).save(pseudonyms)
    Journal(store.root).fold(store)
    rewritten = forget_in_store(store, person, pseudonyms, listed)
    rejects = forget_in_rejects(store, person)
    here = ledger.forget(Known(pseudonyms, person.names, frozenset(person.accounts)), by, now)
    still_read = not manifests.unread(store.root)
    if not here.in_flight and not still_read:
        (store.root / _PENDING).unlink(missing_ok=True)
    ledger.close()  # a file that is read beside it takes its locks away when it is closed; it opens again by itself
    left = tuple(_naming(home, person)) if not still_read else ()
    return Forgotten(tuple(pseudonyms[each] for each in person.ids), rewritten, rejects, here, still_read, left)


def _naming(home: Path, person: Person) -> Iterator[str]:
    """Files that still hold an address of the person, or an id that stands in no other text."""
    wanted = [each.encode() for each in person.texts if "@" in each or len(each) >= 8]
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.name != _PENDING and any(each in path.read_bytes() for each in wanted):
            yield str(path)


def _write(path: Path, person: Person, pseudonyms: dict[str, str]) -> None:
    with manifests.writing(path.parent):
        replace_file(path, json.dumps({"person": asdict(person), "pseudonyms": pseudonyms}).encode())


def _read(path: Path) -> tuple[Person, dict[str, str]]:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Person(**{name: tuple(each) for name, each in raw["person"].items()}), raw["pseudonyms"]
