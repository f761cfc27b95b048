"""The whole job without Prefect: the plain functions of flows/, in the order of the flow `expansion`.

It runs in processes that a fork server makes, where everything is imported already: tests can kill it wherever they
like in a second instead of six.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb  # noqa: F401  imported once, in the fork server, like the vendors' clients below
import hubspot  # noqa: F401
import mixpanel_utils  # noqa: F401
import simple_salesforce  # noqa: F401
import slack_sdk  # noqa: F401

from jobs.clock import utc_now
from jobs.decide import decide_all, evaluate, record, triggers_to_check
from jobs.deliver import Pieces, deliver_some, recover_all, wake_waiting
from jobs.place import Place
from jobs.pull import pull_one, pulls
from tests.world import AS_OF


def start(folder: Path, environment: Mapping[str, str]) -> BaseProcess:
    """The job in a process of its own."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    process = server.Process(target=_main, args=(folder, dict(environment)), daemon=True)
    process.start()
    return process


def _main(folder: Path, environment: dict[str, str]) -> None:
    said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    job()


def job() -> None:
    place = Place()
    ledger = place.ledger
    run = ledger.start_run("expansion", as_of=AS_OF, now=utc_now(), holder=place.holder.name)
    for pull in pulls(place):
        problem = pull_one(place, pull, AS_OF).problem
        assert problem is None, problem
    pieces = Pieces(place, AS_OF)
    recover_all(place, pieces, utc_now)
    wake_waiting(place, AS_OF)
    evaluated = evaluate(place, place.definitions, triggers_to_check(place.definitions), AS_OF)
    record(place, run, decide_all(place, evaluated, AS_OF), utc_now())
    while due := ledger.due_actions(utc_now()):
        for one in due:
            deliver_some(place, pieces, one.action, one.playbook, utc_now, stopping=lambda: False)
    ledger.finish_run(run, "completed", utc_now())
    place.close()
