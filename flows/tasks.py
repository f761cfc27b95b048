"""The tasks of the flows: one per source, per stage and per batch of an integration, never one per account."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.logging import get_run_logger

from expansion.decide.decide import Decisions
from expansion.deliver.deliver import DeliveryReport
from expansion.text.redact import redacted
from flows.run import Run
from jobs.clocks import keep_clocks
from jobs.decide import Evaluated, decide_and_record, evaluate, note_evaluated, triggers_to_check
from jobs.deliver import deliver_some, recover_all, wake_waiting
from jobs.follow import take_back_all
from jobs.log_lines import told_without_names
from jobs.pull import Pull, Pulled, pull_one
from jobs.report import Problem
from jobs.threads import update_threads


@task(cache_policy=NO_CACHE, task_run_name="pull {pull.source} {pull.what}")
async def pull_source(run: Run, pull: Pull) -> Pulled:
    """Pull one source into the usage store."""
    pulled = await run.in_thread(pull_one, run.place, pull, run.as_of, run.stopping)
    log = get_run_logger()
    if pulled.problem:
        log.error("%s: %s", pull.title, pulled.problem)
    else:
        repeats = f", {pulled.repeats:,} repeats left out" if pulled.repeats else ""
        log.info("%s: %s new%s", pull.title, f"{pulled.stored:,}", repeats)
    return pulled


@task(cache_policy=NO_CACHE, task_run_name="take over what was left behind")
async def recover_steps(run: Run) -> None:
    """Settle steps of dead processes, before anything new is sent."""
    report = await run.in_thread(recover_all, run.place, run.pieces, run.place.now)
    if not report.verdicts:
        get_run_logger().info("nothing was left behind")
    else:
        states = {state: report.count(state) for state in ("done", "due", "unsure", "refused")}
        said = ", ".join(f"{count} {state}" for state, count in states.items() if count)
        get_run_logger().warning("%s steps were left behind: %s", len(report.verdicts), said)
    for problem in report.problems:
        run.report.add(Problem(problem.action.partition(".")[0], problem.whose, problem.sentence))
    for error in report.errors:
        run.report.add(_of_the_program(error))


@task(cache_policy=NO_CACHE, task_run_name="evaluate triggers")
async def evaluate_triggers(run: Run, names: list[str]) -> Evaluated:
    """Ask these triggers about every account."""
    definitions = run.place.definitions
    triggers = triggers_to_check(definitions, names)
    evaluated = await run.in_thread(evaluate, run.place, definitions, triggers, run.as_of)
    log = get_run_logger()
    for trigger in triggers:
        answers = evaluated.answers[trigger.trigger]
        asked = f"{answers.asked:,} {'people' if trigger.who == 'users' else 'accounts'}"
        unknown = f", cannot tell for {len(answers.unknown):,}" if answers.unknown else ""
        log.info("%s: true for %s of %s%s", trigger.trigger, len(answers.yes), asked, unknown)
    return evaluated


@task(cache_policy=NO_CACHE, task_run_name="decide")
async def decide_firings(run: Run, evaluated: Evaluated, note: bool) -> Decisions:
    """Open and end episodes, keep the guard rails, and write firings with their steps to the ledger.

    `note`: the triggers count as evaluated until they are due again.
    """
    decisions = await run.in_thread(decide_and_record, run.place, run.id, evaluated, run.as_of, run.place.now)
    if note:
        await run.in_thread(
            note_evaluated, run.place, evaluated.definitions, evaluated.answers, run.as_of, run.place.now()
        )
    log = get_run_logger()
    for said in told_without_names(decisions):
        log.info("%s", said)
    return decisions


@task(cache_policy=NO_CACHE, task_run_name="wake waiting steps")
async def wake_steps(run: Run) -> None:
    """Ask `only_if` again for the steps whose time came."""
    woken = await run.in_thread(wake_waiting, run.place, run.as_of)
    said = "%s waiting steps are due now, %s are skipped, %s cannot be told yet"
    get_run_logger().info(said, woken.ready, woken.skipped, woken.later)


@task(cache_policy=NO_CACHE, task_run_name="take back what no longer holds")
async def take_back_steps(run: Run) -> None:
    """Steps about what was done in episodes that have ended since."""
    added = await run.in_thread(take_back_all, run.place, run.place.now())
    get_run_logger().info("%s steps follow from episodes that have ended", added)


@task(cache_policy=NO_CACHE, task_run_name="read the clocks of tasks")
async def read_clocks(run: Run) -> None:
    """See which tasks somebody has touched; remind, reassign and escalate where the time is over."""
    kept = await run.in_thread(keep_clocks, run.place, run.as_of)
    said = "%s tasks wait for a first touch, %s clocks have stopped, %s steps follow"
    get_run_logger().info(said, kept.running, kept.stopped, kept.added)
    for reason in kept.untold:
        run.report.notices.append(f"whether some tasks have been touched could not be seen: {reason}")
    said_in = await run.in_thread(update_threads, run.place, run.as_of)
    get_run_logger().info("%s messages get an update in their thread", said_in)


class StillBusy(Exception):
    """Some steps certainly were not done and are due again later: the batch is worth another try."""

    def __init__(self, action: str, count: int, reason: str) -> None:
        steps = "1 step stays" if count == 1 else f"{count} steps stay"
        super().__init__(f"{action}: {steps} due for a later run: {reason}")


async def is_busy(task_: Any, task_run: TaskRun, state: State[Any]) -> bool:
    """Prefect asks this before it tries a batch again; everything else is settled in the ledger."""
    return isinstance(await state.aresult(raise_on_failure=False), StillBusy)


@task(cache_policy=NO_CACHE, task_run_name="{action}, batch {number}")
async def deliver_batch(run: Run, action: str, playbook: str, number: int) -> DeliveryReport:
    """Deliver one batch of one action. Problems are reported; what nobody knows is unsure in the ledger."""
    report = await run.in_thread(deliver_some, run.place, run.pieces, action, playbook, run.place.now, run.stopping)
    log = get_run_logger()
    states = {state: report.count(state) for state in ("done", "refused", "due", "unsure")}
    said = ", ".join(f"{count} {state}" for state, count in states.items() if count) or "nothing left to do"
    log.info("%s, %s: %s", playbook, action, said.replace("due", "to be tried again"))
    if report.problem and report.problem.whose == "settings":
        run.report.add(Problem(action.partition(".")[0], report.problem.whose, report.problem.sentence))
    if report.problem and report.problem.whose == "our limit":
        log.warning("%s; what is left is due again then, and other actions go on", report.problem.sentence)
    for verdict in report.verdicts:
        if verdict.state in ("refused", "unsure"):
            log.warning("%s: %s: %s", action, verdict.state, verdict.reason)
    for error in report.errors:
        log.error("%s: %s", action, error, exc_info=error)
        run.report.add(_of_the_program(error))
    if busy := _busy(run, playbook, report):
        sentence = redacted(report.problem.sentence) if report.problem else "the system is busy"
        raise StillBusy(action, len(busy), sentence)
    return report


def _busy(run: Run, playbook: str, report: DeliveryReport) -> set[str]:
    """What this run has found busy and not got done since, over all tries of a batch."""
    busy = run.busy.setdefault((playbook, report.action), set())
    if report.problem is None or report.problem.whose == "their system":
        busy |= {verdict.key for verdict in report.verdicts if verdict.state == "due"}
    busy -= {verdict.key for verdict in report.verdicts if verdict.state != "due"}
    return busy


def _of_the_program(error: BaseException) -> Problem:
    return Problem("expansion", "this program", f"{type(error).__name__}; the log of the run has where")
