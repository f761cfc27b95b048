"""Pages of cohorts that are told as a whole: they wait until all of a session have come, and count together.

A page that comes twice is one, in whatever order; so is one of a session that is done, as senders repeat what they are
not sure of. A session that is not whole after a day is set aside, and the cohort stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from expansion.contract import Aside, CohortPush
from expansion.private_files import replace_file
from expansion.usage.pushed.journal_lines import lines_of, rows_of

_NAME = "journal-cohorts.jsonl"
LONGEST = timedelta(days=1)  # from the first page to whatever arrived last; Mixpanel repeats a page for a minute

_Session = tuple[str, str, str]  # source, cohort, session
_Pages = Mapping[int, CohortPush]


@dataclass
class CohortPages:
    """Those of a store that wait, and which sessions were done lately."""

    root: Path
    _by_session: dict[_Session, dict[int, CohortPush]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.root / _NAME

    def rows(self) -> Iterator[CohortPush]:
        """Those that wait already, as they were kept."""
        if self.path.exists():
            yield from rows_of(self.path, CohortPush)

    def add(self, pushes: Iterable[CohortPush]) -> None:
        """One more page each; the first to come counts."""
        for push in pushes:
            pages = self._by_session.setdefault((push.source, push.name, push.session), {})
            if not _is_done(pages):
                pages.setdefault(push.page, push)

    def take_whole(self) -> list[CohortPush]:
        """The sessions that are whole now, each as one page; they do not count again."""
        whole = {key: _together(pages) for key, pages in self._by_session.items() if _is_whole(pages)}
        for key, push in whole.items():
            self._by_session[key] = {push.page: _done(push)}
        return list(whole.values())

    def take_old(self) -> Iterator[Aside]:
        """Those that have waited long enough. What was done so long ago is forgotten."""
        newest = max((push.known_at for push in self._all()), default=None)
        for key, pages in list(self._by_session.items()):
            if newest is None or newest - min(push.known_at for push in pages.values()) <= LONGEST:
                continue
            del self._by_session[key]
            if not _is_done(pages):
                yield Aside(key[0], f"of the pages of a cohort {_how_many(pages)} came; its sender has to begin anew")

    def waiting(self) -> dict[str, str]:
        """By source and cohort, how much of it has come."""
        some = {key: pages for key, pages in self._by_session.items() if not _is_done(pages)}
        return {f"{source}: {name}": _how_many(pages) for (source, name, _), pages in some.items()}

    def keep(self) -> None:
        """These wait from now on; on disk when this returns."""
        if rows := self._all():
            replace_file(self.path, lines_of(rows))
        else:
            self.path.unlink(missing_ok=True)

    def _all(self) -> Sequence[CohortPush]:
        return [push for pages in self._by_session.values() for push in pages.values()]


def _is_whole(pages: _Pages) -> bool:
    return not _is_done(pages) and len(pages) >= max(push.pages for push in pages.values())


def _together(pages: _Pages) -> CohortPush:
    """As of the first page, as the next change may come before the last one; known since there are all."""
    some = list(pages.values())
    people = frozenset[str]().union(*(push.joined for push in some))
    since, known = min(push.at for push in some), max(push.known_at for push in some)
    return replace(some[0], at=since, known_at=known, joined=people, page=1, pages=1)


def _done(push: CohortPush) -> CohortPush:
    """What is kept of a session that is done."""
    return replace(push, joined=frozenset(), whole=False)


def _is_done(pages: _Pages) -> bool:
    return any(not push.whole for push in pages.values())


def _how_many(pages: _Pages) -> str:
    return f"{len(pages)} of {max(push.pages for push in pages.values())}"
