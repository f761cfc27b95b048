"""The definitions to compare with: those of a revision of git, or those by which the newest run was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from expansion.calendar.spans import day_text
from expansion.language.model.mistakes import Mistakes
from expansion.language.yaml import git
from expansion.language.yaml.revision import at_revision
from expansion.records.ledger import RunRecord
from expansion.text.for_people import ForPeople
from jobs.definitions import Definitions, read_definitions
from jobs.kinds import KINDS
from jobs.place import Place

DEPLOYED = "deployed"
CHANGES = "+changes"  # of a revision: files differed from it
_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class NothingToCompareWith(ForPeople):
    """There is no other version of the definitions, or it cannot be read."""


@dataclass(frozen=True)
class Version:
    """Definitions, and what people call this version of them."""

    definitions: Definitions
    called: str  # "the last commit", "the run of 2 March 2026, 09:00"
    notes: tuple[str, ...] = ()  # what is to be known of it before anything is believed

    @property
    def revision(self) -> str | None:
        return self.definitions.revision

    def __str__(self) -> str:
        return f"{self.called} ({self.revision})" if self.revision else self.called


def here(place: Place) -> Version:
    """The folder as it is."""
    return Version(place.definitions, "the folder as it is")


def compared_with(place: Place, named: str | None) -> Version:
    """The version of this name; None: the one that a person means who names none."""
    if named == DEPLOYED:
        return _deployed(place)
    revision, called = (named, f"revision {named}") if named else _usual(place.settings.playbooks)
    return Version(definitions_at(place, revision, called), called)


def definitions_at(place: Place, revision: str, called: str) -> Definitions:
    """The definitions of a commit; NothingToCompareWith where it holds mistakes."""
    files = at_revision(place.settings.playbooks, revision)  # raises Mistakes that say what to do
    try:
        return read_definitions(files, place.catalog)
    except Mistakes as found:
        raise NothingToCompareWith(
            f"the definitions of {called} ({files.revision}) do not pass the check of this version, so nothing can be "
            f"compared with them:\n\n{found}\n\nhint: name a commit that passes it: `--against REVISION`"
        ) from found


def _usual(folder: Path) -> tuple[str, str]:
    """What a person means who names nothing: the commit below the edits; on a branch, where it left main; else the
    commit before the last one that changed the folder."""
    state = git.state_of(folder)
    if state is None or state.endswith(CHANGES):  # outside git, reading it says so
        return "HEAD", "the last commit"
    if (base := _left_main(folder)) is not None:
        return base, "the commit at which this branch left main"
    try:
        last = git.ask(folder, "log", "-1", "--format=%H", "--", ".").decode().strip()
        git.ask(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{last}~1^{{commit}}")
    except git.GitError as error:
        raise NothingToCompareWith(
            f"`{folder.as_posix()}` has no changes, and there is no commit before the last one that changed it, so "
            "there is nothing to compare it with\n\nhint: edit a file, or name a commit: `--against REVISION`; in a "
            "shallow copy, `git fetch --unshallow` brings the others"
        ) from error
    return f"{last}~1", "the commit before the last change"


def _left_main(folder: Path) -> str | None:
    """Where the branch left main; None on main itself, or where there is no main."""
    for name in _MAIN:
        try:
            base = git.ask(folder, "merge-base", "HEAD", name).decode().strip()
            head = git.ask(folder, "rev-parse", "HEAD").decode().strip()
        except git.GitError:
            continue
        return base if base != head else None
    return None


def _deployed(place: Place) -> Version:
    run = newest_run(place)
    called = f"the run of {_moment(run.as_of)}"
    if run.git_revision is None:
        raise NothingToCompareWith(
            f"{called} does not know by which commit it was made: its folder was not under git\n\n"
            "hint: put the folder under git and run once, or name a commit: `--against REVISION`"
        )
    commit = run.git_revision.removesuffix(CHANGES)
    notes = [_EDITED.format(called=called, commit=commit)] if commit != run.git_revision else []
    found = Version(definitions_at(place, commit, called), f"what is deployed, {called}", tuple(notes))
    if not notes and run.definitions_hash not in (None, found.definitions.hash):
        notes = [_OTHER.format(called=called, commit=commit)]
    return Version(found.definitions, found.called, tuple(notes))


def _moment(at: datetime) -> str:
    return f"{day_text(at.astimezone(UTC).date())}, {at.astimezone(UTC):%H:%M} UTC"


_EDITED = "{called} was made with edits that are in no commit; compared is the commit below them, {commit}"
_OTHER = "{called} had other definitions than its commit {commit} has; compared is the commit"


def newest_run(place: Place) -> RunRecord:
    """The newest run that decided, or NothingToCompareWith."""
    decides = [kind for kind, what in KINDS.items() if what.decides]
    runs = place.ledger.runs(1, decides) if place.has_ledger else []
    if not runs:
        raise NothingToCompareWith(
            "no run has decided anything here yet, so nothing is deployed\n\nhint: set EXPANSION_LEDGER_URL to the "
            "ledger of the runs, or name a commit: `--against REVISION`"
        )
    return runs[0]
