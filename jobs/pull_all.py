"""Every source pulled once, without Prefect: for a person who wants to look before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from expansion.contract import Refused
from expansion.language.model.mistakes import suggest
from jobs.place import Place
from jobs.pull import Pull, Pulled, Stopped, outcome_pulls, pull_one, pulls
from jobs.report import Problem, RunReport

Now = Callable[[], datetime]
Tell = Callable[[Pulled], None]


def chosen(place: Place, named: Collection[str]) -> list[Pull]:
    """What is pulled: everything, or of the named sources and systems; a name that none has is refused."""
    every = [*pulls(place), *outcome_pulls(place)]
    if not named:
        return every
    known = {name for pull in every for name in _names(pull)}
    for name in sorted(set(named)):
        if name not in known:
            hint = suggest(name, known, "there are") or "facts.yaml and policy.yaml name no source that could be pulled"
            raise Refused(f"no fact, cohort, event or outcome comes from `{name}`\n\nhint: {hint}")
    return [pull for pull in every if set(_names(pull)) & set(named)]


def _names(pull: Pull) -> Iterator[str]:
    yield pull.source
    yield pull.source.partition(".")[0]


def pull_all(
    place: Place,
    wanted: Collection[Pull],
    now: Now,
    stopping: Callable[[], bool],
    tell: Tell,
    begins: Callable[[Pull], None],
) -> RunReport:
    """Pull one after the other; a problem of one source stops no other. The run stands in the ledger like any other."""
    report, ledger, begun = RunReport(), place.ledger, now()
    run_id = ledger.start_run(
        "pull", as_of=begun, now=begun, git_revision=place.files.revision, holder=place.holder.name
    )
    place.begun(run_id)
    status = "failed"
    try:
        for pull in wanted:
            if stopping():
                raise Stopped("the pull was stopped; the next one goes on from there")
            begins(pull)
            pulled = pull_one(place, pull, begun, stopping)
            report.add_pulled(pulled)
            tell(pulled)
        status = "failed" if report.problems else "completed"
    except Stopped as stopped:
        report.add(Problem("expansion", "this program", str(stopped)))
        raise
    finally:
        ledger.finish_run(run_id, status, now(), report.summary())  # type: ignore[arg-type]  # one of the two
    return report
