"""Prefect's environment for a run on the command line, and fewer of its lines on the terminal."""

from __future__ import annotations

import logging
import os
import re
import sys

from cli.output import columns, wrapped

# SQLite has one writer. By default Prefect's server writes every state of a task at once, and answers 503 to whoever
# comes in between; the client then waits two seconds and more (measured: three to five times a run, now never).
SERVER = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "2",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
    "DO_NOT_TRACK": "1",
}
_LINE = "%(asctime)s %(levelname)-7s %(message)s"

_ROUTINE = re.compile(r"View at |Beginning (sub)?flow run |Finished in state Completed")


def prefect_ready() -> None:
    """Set before Prefect is imported: no telemetry, our loggers in the run's log, patience for a cold start."""
    defaults = SERVER | {
        "PREFECT_LOGGING_EXTRA_LOGGERS": "expansion,integrations,jobs,flows",
        "PREFECT_LOGGING_FORMATTERS_STANDARD_FLOW_RUN_FMT": _LINE,
        "PREFECT_LOGGING_FORMATTERS_STANDARD_TASK_RUN_FMT": _LINE,
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def fewer_lines() -> None:
    """Leave out what every run and task says of itself; Prefect's server still gets all of it."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_says_something)
        if type(handler).__name__ == "PrefectConsoleHandler" and handler.formatter is not None:
            handler.setFormatter(_Broken(handler.formatter))


class _Broken(logging.Formatter):
    """Lines as wide as the terminal, broken between words."""

    def __init__(self, as_before: logging.Formatter) -> None:
        super().__init__()
        self._as_before = as_before

    def format(self, record: logging.LogRecord) -> str:
        return wrapped(self._as_before.format(record), columns(sys.stderr), below=" " * len("21:33:18 INFO    "))


def _says_something(record: logging.LogRecord) -> bool:
    return not (record.name.startswith("prefect") and _ROUTINE.match(record.getMessage()))
