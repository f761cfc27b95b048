"""Makes every log record of the process harmless before any handler sees it, those of libraries and tracebacks too."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

from expansion.text.harmless import in_log, visible
from expansion.text.redact import redacted

_READS_ARGUMENTS = "uvicorn.access"  # its formatter takes the arguments, not the message


class HarmlessRecord(logging.LogRecord):
    """A record whose message and traceback hold no secret, no address, and nothing that steers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            said = super().getMessage()
        except Exception:  # a wrong format is for the handler to report, as usual: without the values
            said = str(self.msg)
        if self.name == _READS_ARGUMENTS and isinstance(self.args, tuple):
            self.args = tuple(in_log(redacted(one)) if isinstance(one, str) else one for one in self.args)
        else:
            self.msg, self.args = in_log(redacted(said)), ()
        if isinstance(self.exc_info, tuple) and self.exc_info[0] is not None:
            # Formatters take a text that is there; a handler that finds the error itself would write all of it.
            self.exc_text, self.exc_info = harmless_traceback(*self.exc_info), None
        if self.stack_info:
            self.stack_info = redacted(self.stack_info)


def harmless_traceback(kind: Any, error: BaseException | None, trace: TracebackType | None) -> str:
    """A traceback as text."""
    text = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n")
    return visible(redacted(text))


def guard() -> None:
    """From now on every record of this process is harmless. Doing it twice changes nothing."""
    logging.setLogRecordFactory(HarmlessRecord)
