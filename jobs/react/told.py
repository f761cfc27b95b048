"""What reacting tells of itself: by the minute, what was decided, what went wrong. Several threads write it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import RLock

from expansion.decide.decide import Decisions
from expansion.deliver.deliver import DeliveryReport
from expansion.text.many import many
from expansion.text.redact import redacted
from jobs.report import Problem, RunReport, told

_MINUTES = 120  # that are shown
_UNTOLD = 500  # decisions and lines that wait for somebody who shows them


@dataclass
class Minute:
    """What a minute brought."""

    minute: str
    events: int = 0
    not_readable: int = 0
    accounts: int = 0  # asked about; one that is touched in several batches counts in each
    batches: int = 0
    fired: int = 0
    sent: int = 0
    longest_ms: int = 0  # from the first event of a batch to what was decided about it


def _head(name: str) -> str:
    """What stands above a column, for people."""
    return "longest from event to decision, ms" if name == "longest_ms" else name.replace("_", " ")


@dataclass
class Told:
    """Of one run that reacts."""

    report: RunReport = field(default_factory=RunReport)
    minutes: dict[str, Minute] = field(default_factory=dict)
    decided: deque[Decisions] = field(default_factory=lambda: deque(maxlen=_UNTOLD))
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_UNTOLD))
    _last: str = ""
    _lock: RLock = field(default_factory=RLock)

    def reacted(self, at: datetime, events: int, refused: Mapping[str, int], accounts: int, seconds: float) -> None:
        """A batch was taken in and answered."""
        with self._lock:
            now = self._minute(at)
            now.events += events
            now.not_readable += sum(refused.values())
            now.accounts += accounts
            now.batches += 1
            now.longest_ms = max(now.longest_ms, round(seconds * 1000))

    def has_decided(self, at: datetime, decisions: Decisions) -> None:
        """Something was decided about it, and written down."""
        with self._lock:
            self._minute(at).fired += len(decisions.firings)
            fired = Counter(self.report.fired) + Counter(one.trigger for one in decisions.firings)
            self.report.fired = dict(fired)
            self.report.cleared += len(decisions.cleared)
            for problem in decisions.problems:
                self.report.add(Problem("react", "this program", f"{problem.trigger}: {problem.sentence}"))
            self.decided.append(decisions)

    def sent(self, report: DeliveryReport) -> None:
        """A batch of steps went out, or did not."""
        system = report.action.partition(".")[0]
        with self._lock:
            if self._last:
                self.minutes[self._last].sent += report.count("done")
            if report.problem and report.problem.whose == "settings":
                self.report.add(Problem(system, "settings", report.problem.sentence))
            elif later := report.count("due"):
                self.notice(f"{report.action}: {many(later, 'step')} due again for the next follow-up: {_why(report)}")
            for error in report.errors:
                self.broken(f"sending {report.action}", error)

    def broken(self, what: str, error: BaseException) -> None:
        """Something went wrong that nobody foresaw; reacting goes on."""
        problem = told(error)
        with self._lock:
            self.report.add(Problem(problem.system, problem.whose, f"{what}: {problem.sentence}"))
            self.lines.append(f"{what} broke off: {problem.sentence}")

    def notice(self, sentence: str) -> None:
        """Worth a look; said once."""
        with self._lock:
            if sentence not in self.report.notices:
                self.report.notices.append(sentence)
                self.lines.append(sentence)

    def rows(self) -> list[dict[str, str]]:
        """The last minutes as a table, the newest first."""
        with self._lock:
            latest = list(self.minutes.values())[-_MINUTES:]
            return [{_head(name): f"{value}" for name, value in asdict(one).items()} for one in reversed(latest)]

    def _minute(self, at: datetime) -> Minute:
        self._last = f"{at:%Y-%m-%d %H:%M}"
        return self.minutes.setdefault(self._last, Minute(self._last))


def _why(report: DeliveryReport) -> str:
    if report.problem:
        return redacted(report.problem.sentence)
    return redacted(next((one.reason for one in report.verdicts if one.state == "due" and one.reason), "it was busy"))
