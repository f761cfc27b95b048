"""What a run tells people: what fired and why, what was done, what failed and whose problem it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from expansion.contract import Failure
from expansion.decide.decide import Decisions
from expansion.decide.evidence import numbers
from expansion.decide.flood import brief
from expansion.language.model.mistakes import Mistakes
from expansion.ledger.database import LedgerError
from expansion.records.ledger import FiringRecord, PastDecision, StepRecord
from expansion.steps.context import without_address
from expansion.text.harmless import in_markdown, link_in_markdown
from expansion.text.many import many
from expansion.text.money import money_text
from expansion.usage.forms.failures import MapError
from expansion.usage.storage.manifest import StoreError
from jobs.decide import Evaluated
from jobs.pull import Pulled
from jobs.worth import ACTED_ON, ELSEWHERE, counting, shown, totals

SHOWN = 1000  # rows of a table that people still read
Cell = TypeVar("Cell")


@dataclass(frozen=True)
class Problem:
    """Something a person has to know: the system, whose it is, and what to do."""

    system: str
    whose: str  # "settings" | "their system" | "definitions" | "this program"
    sentence: str


@dataclass
class RunReport:
    """Collected while a run goes on; kept in the ledger as its summary."""

    accounts: int = 0
    asked: list[str] = field(default_factory=list)  # triggers
    fired: dict[str, int] = field(default_factory=dict)  # trigger -> new firings
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)  # trigger -> cause -> accounts
    cooling: int = 0
    cleared: int = 0
    pulled: list[dict[str, Any]] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # worth a look; they fail no run
    reconciled: str = ""  # what a comparison with the systems found, in one line
    outcomes: str = ""  # what accounts came to buy more of or less, in one line
    not_due: list[str] = field(default_factory=list)  # triggers that were evaluated today or this week already
    paused: list[str] = field(default_factory=list)  # what people have paused, as sentences
    waiting: int = 0  # firings that wait for a person

    def add_pulled(self, pulled: Pulled) -> None:
        row = {"source": pulled.pull.title, "stored": pulled.stored, "changed": pulled.changed}
        self.pulled.append(row | {"repeats": pulled.repeats, "not_readable": pulled.rejects, "report": pulled.report})
        if pulled.problem:
            self.add(Problem(pulled.pull.source.partition(".")[0], pulled.whose, pulled.problem))
        self.notices += pulled.notes
        if pulled.rejects:
            rows = many(pulled.rejects, "row")
            self.notices.append(f"{pulled.pull.title}: {rows} could not be read; each is in {pulled.report}")

    def add_decisions(self, evaluated: Evaluated, decisions: Decisions) -> None:
        self.accounts = evaluated.accounts
        self.asked = sorted(evaluated.answers)
        self.fired = dict(Counter(firing.trigger for firing in decisions.firings))
        self.unknown = {name: dict(causes) for name, causes in decisions.unknown_counts.items()}
        self.cooling = len({(each.trigger, each.account_id) for each in decisions.cooling})
        self.cleared = len(decisions.cleared)
        self.unreadable = evaluated.unreadable
        for problem in decisions.problems:
            whom = ", ".join(part for part in (problem.account_id, without_address(problem.user_id)) if part)
            self.add(Problem("decide", "this program", f"{problem.trigger}, {whom}: {problem.sentence}"))

    def add_broken(self, what: str, message: str) -> None:
        """A part of the run that failed. What it said in words of ours is a problem already."""
        if message not in [problem.sentence for problem in self.problems]:
            self.add(Problem("expansion", "this program", f"{what} broke off: {message}"))

    def add(self, problem: Problem) -> None:
        """The same problem of a system is said once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def summary(self) -> dict[str, Any]:
        """Plain JSON for the ledger."""
        return asdict(self)

    @classmethod
    def from_summary(cls, summary: Mapping[str, Any]) -> RunReport:
        """What a finished run wrote down; a killed one has little to say."""
        known = {name: summary[name] for name in cls.__dataclass_fields__ if name in summary}
        return cls(**{**known, "problems": [Problem(**problem) for problem in known.get("problems", [])]})


def told(error: BaseException) -> Problem:
    """What ended a run: a sentence where the error carries one for people, else its kind; the log has the rest."""
    match error:
        case Mistakes():
            return Problem("playbooks", "definitions", str(error))
        case Failure() | LedgerError() | StoreError() | MapError():
            return Problem("expansion", "settings", str(error))
        case _:
            return Problem("expansion", "this program", f"{type(error).__name__}; the log of the run has where")


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def fired_rows(firings: Iterable[FiringRecord]) -> list[dict[str, str]]:
    """One row per firing, most valuable first."""
    rows = [
        {
            "account": firing.account_name,
            "who": firing.user_name,
            "trigger": firing.trigger,
            "worth": shown(firing, counts),
            "expected": amount(firing.priority, firing.currency),
            "what happens": _happens(firing),
            "numbers": "; ".join(numbers(firing.evidence)),
            "why": "; ".join(firing.evidence.get("reasons", [])),
        }
        for firing, counts in counting(firings)
    ]
    return told_of_people(rows)[:SHOWN]


def fired_on_page(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The same for Prefect's page, which wraps no cell: the numbers stand where they are seen without scrolling."""
    return [
        {
            "account": in_markdown(", ".join(part for part in (row["account"], row.get("who")) if part)),
            "why": in_markdown(row["numbers"]),
            "worth": row["worth"],
            "what happens": in_markdown(f"{row['trigger']}: {row['what happens']}"),
            "in words": in_markdown(row["why"]),
        }
        for row in rows
    ]


def told_of_people(rows: list[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """Rows without the column `who` where all of them are about whole accounts."""
    if any(row["who"] for row in rows):
        return rows
    return [{name: cell for name, cell in row.items() if name != "who"} for row in rows]


def amount(value: Decimal | None, currency: str | None) -> str:
    return money_text(value, currency or "")


def is_earlier(firing: FiringRecord) -> bool:
    """Whether what stands in it was decided by a later run than the one in which it fired."""
    return firing.decided_in != firing.run_id


def is_new(firing: FiringRecord) -> bool:
    return not is_earlier(firing)


def _happens(firing: FiringRecord) -> str:
    if firing.decision != "acting" or not firing.playbook:
        return brief(firing.reason)
    return f"{firing.playbook}, fired {firing.fired_at:%Y-%m-%d}" if is_earlier(firing) else firing.playbook


def decided_rows(firings: Iterable[FiringRecord], past: Mapping[int, Sequence[PastDecision]]) -> list[dict[str, str]]:
    """One row per decision, the first one first: what was decided about each firing, when and why."""
    rows = []
    for firing in firings:
        now = PastDecision(firing.decision, firing.reason, firing.decided_at, firing.decided_in)
        for one in (*past.get(firing.id, ()), now):
            decided = {"decided": f"{one.decided_at:%Y-%m-%d %H:%M}", "decision": one.decision, "why": one.reason}
            named = {"account": firing.account_name, "who": firing.user_name, "trigger": firing.trigger}
            rows.append({**named, **decided})
    return told_of_people(rows)[:SHOWN]


def step_rows(steps: Iterable[StepRecord]) -> list[dict[str, str]]:
    """One row per step: for whom, what, how it stands, where to look at it."""
    rows = [
        {
            "account": step.account_name,
            "who": step.user_name,
            "playbook": step.playbook,
            "step": step.step_id,
            "action": step.action,
            "state": step.state if step.state != "waiting" else f"waiting until {step.not_before:%Y-%m-%d %H:%M}",
            "link": step.link or "",
            "note": step.reason or step.note or "",
        }
        for step in steps
    ]
    return told_of_people(rows)[:SHOWN]


def done_rows(steps: Iterable[StepRecord]) -> list[dict[str, str]]:
    """The same for Prefect's page: narrower, and what was done is a link to it."""
    return [
        {
            "account": in_markdown(", ".join(part for part in (row["account"], row.get("who")) if part)),
            "action": row["action"],
            "state": link_in_markdown(row["state"], row["link"]),
            "playbook, step": f"{row['playbook']}, {row['step']}",
            "note": in_markdown(row["note"]),
        }
        for row in step_rows(steps)
    ]


def markdown(report: RunReport, firings: Sequence[FiringRecord]) -> str:
    """The run in prose, for Prefect's page, which puts the headline above it."""
    lines = []
    if report.accounts:
        lines += [f"{many(report.accounts, 'account')} asked about."]
    if report.not_due:
        lines += ["", f"Not due yet, evaluated before: {', '.join(report.not_due)}."]
    counted = counting(firings)
    for title, is_part in (("What fired", is_new), ("What was decided again", is_earlier)):
        lines += _by_trigger(title, [one for one in counted if is_part(one[0])])
    if report.waiting:
        lines += [
            "",
            f"{many(report.waiting, 'firing')} in all {_wait(report.waiting)} for a person: `expansion approve`.",
        ]
    if report.paused:
        lines += ["", "## What is paused", "", *(f"- {in_markdown(said)}" for said in report.paused)]
    if report.problems:
        lines += ["", "## What failed, and what to do"]
        for problem in report.problems:
            lines += ["", f"**{problem.system}** ({problem.whose}): {in_markdown(problem.sentence)}"]
    if report.notices:
        lines += ["", "## Worth a look", "", *(f"- {in_markdown(notice)}" for notice in report.notices)]
    if report.unknown:
        lines += ["", "## What could not be told", "", "| trigger | accounts | why |", "|---|---|---|"]
        for trigger, causes in report.unknown.items():
            lines += [f"| {trigger} | {count:,} | {_cell(cause)} |" for cause, count in _most(causes)]
    if report.pulled:
        lines += ["", "## What was pulled", "", "| source | new | repeats | not readable |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(r['source'])} | {r['stored']:,} | {r['repeats']:,} | {r['not_readable']:,} |"
            for r in report.pulled
        ]
    if report.unreadable:
        lines += ["", "## Values that could not be read", ""]
        lines += [f"- `{fact}`: {many(count, 'account')}" for fact, count in report.unreadable.items()]
    if report.cooling or report.cleared:
        lines += [
            "",
            f"{many(report.cooling, 'account')} still within `quiet_for`; {many(report.cleared, 'episode')} ended.",
        ]
    return "\n".join(lines)


def _by_trigger(title: str, counted: Sequence[tuple[FiringRecord, bool]]) -> list[str]:
    """A row per trigger whose amounts add up to the last row, and that to the headline."""
    if not counted:
        return []
    names = sorted({firing.trigger for firing, _ in counted})
    rows = [(name, [one for one in counted if one[0].trigger == name]) for name in names]
    rows += [("together", list(counted))] if len(rows) > 1 else []
    head = [
        "",
        f"## {title}",
        "",
        "| trigger | accounts | acted on | worth a year | the others |",
        "|---|---|---|---|---|",
    ]
    return [*head, *(_trigger_row(name, some) for name, some in rows)]


def _trigger_row(name: str, counted: Sequence[tuple[FiringRecord, bool]]) -> str:
    found = totals(counted)
    fired = [firing for firing, _ in counted]
    acting = [firing for firing in fired if firing.decision == "acting"]
    worth = " and ".join(one.money() for one in found if one.group == ACTED_ON)
    others = "; ".join(f"{one.group}: {one.amount()}" for one in found if one.group != ACTED_ON)
    return f"| {name} | {_accounts(fired):,} | {_accounts(acting):,} | {worth or ELSEWHERE} | {others or ELSEWHERE} |"


def _accounts(firings: Iterable[FiringRecord]) -> int:
    return len({firing.account_id for firing in firings})


def _most(causes: Mapping[str, int], shown: int = 8) -> list[tuple[str, int]]:
    ranked = Counter(causes).most_common()
    rest = sum(count for _, count in ranked[shown:])
    return ranked[:shown] + ([("other reasons", rest)] if rest else [])


_cell = in_markdown
