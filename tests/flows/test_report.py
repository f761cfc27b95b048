"""What a run tells people, as they read it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from expansion.contract import NoAccess
from expansion.decide import drafts as decide
from expansion.decide.decide import Decisions
from expansion.decide.episodes import Cooling
from expansion.language.model.mistakes import Mistake, Mistakes
from expansion.records.ledger import FiringRecord, StepRecord
from expansion.usage.forms.failures import MapError
from jobs.decide import Evaluated
from jobs.kinds import KINDS, headline_of
from jobs.pull import Pull, Pulled
from jobs.report import Problem, RunReport, done_rows, fired_rows, markdown, told
from jobs.worth import GROUPS, counting, headline, totals

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRING = FiringRecord(
    id=1,
    run_id=1,
    trigger="seat-limit",
    account_id="ac-1",
    account_name="Acme",
    episode=1,
    fired_at=AT,
    cleared_at=None,
    decision="acting",
    reason="starts playbook seat-expansion",
    definition_hash="h",
    git_revision=None,
    watermark=None,
    tier="seat_upgrade",
    worth=Decimal("2400"),
    currency="USD",
    likely=Decimal("0.3"),
    priority=Decimal("720"),
    priority_parts=(),
    owner="dana@seller.example",
    playbook="seat-expansion",
    evidence={"reasons": ["seats in use at least 80%: 92%", "grew by 21%"]},
    decided_at=AT,
    decided_in=1,
    approved_by=None,
)
STEP = StepRecord(
    key="k1",
    firing_id=1,
    run_id=1,
    trigger="seat-limit",
    account_id="ac-1",
    account_name="Acme",
    episode=1,
    fired_at=AT,
    owner="dana@seller.example",
    playbook="seat-expansion",
    step_id="ask",
    position=0,
    integration="salesforce",
    action="salesforce.create_task",
    can_fail=False,
    recipe={},
    input={},
    state="done",
    not_before=AT,
    claimed_by=None,
    lease_until=None,
    sending_since=None,
    look_again_at=None,
    tries=1,
    maybe_done=False,
    remote_id="00T1",
    link="https://crm.example/00T1",
    note=None,
    reason=None,
    updated_at=AT,
)
HELD = replace(FIRING, id=2, account_id="ac-2", account_name="Bolt", decision="held_out", reason="held out: 5%")


@pytest.fixture
def report() -> RunReport:
    report = RunReport(accounts=160, cooling=2, cleared=1, unreadable={"arr": 1}, not_due=["paywall"])
    report.unknown = {"seat-limit": {f"cause {n}": n for n in range(1, 11)}}
    report.add_pulled(Pulled(Pull("mixpanel.export", "events", ("company_id",)), 72_193, 360, 20, "rejects.jsonl"))
    report.add_pulled(
        Pulled(Pull("salesforce.account", "facts", ("Name",)), problem="Salesforce | said no", whose="settings")
    )
    return report


def test_the_report_of_a_run(report: RunReport, snapshot: SnapshotAssertion) -> None:
    assert markdown(report, [FIRING, HELD]) == snapshot


def test_a_report_comes_back_from_the_ledger_as_it_was(report: RunReport) -> None:
    assert RunReport.from_summary(report.summary()) == report
    assert RunReport.from_summary({"problem": "its process ended"}) == RunReport()


def test_the_headline_counts_what_is_acted_on_once_an_account(report: RunReport) -> None:
    steps = [STEP, replace(STEP, key="k2", state="unsure"), replace(STEP, key="k3", state="waiting")]
    more = replace(FIRING, id=3, trigger="paywall", worth=Decimal("4800"))
    said = headline_of("expansion", report, [FIRING, HELD, more], steps)
    assert said == (
        "2 of 3 new firings acted on, worth $4,800 a year; left alone or held out: $2,400; "
        "1 step done, 1 unsure, 1 problem"
    )
    assert headline_of("follow_up", report, [], steps) == "1 step done, 1 unsure, 1 problem"
    assert headline_of("pull", report, [], []) == "72,193 new, 1 problem"


def test_the_rows_add_up_to_the_table_and_the_table_to_the_headline(report: RunReport) -> None:
    joined = replace(FIRING, id=4, trigger="paywall", worth=Decimal("900"), playbook=None, reason="joined with")
    alone = replace(
        HELD, id=5, account_id="ac-3", account_name="Cyan", decision="suppressed", worth=Decimal("46000.50")
    )
    beside = replace(alone, id=6, account_id="ac-1")  # of an account that is acted on: counted there
    known = [FIRING, HELD, joined, alone, beside]
    assert [row["worth"] for row in fired_rows(known)] == ["$2,400", "$2,400", "–", "$46,000.50", "–"]
    assert "| together | 3 | 1 | $2,400 | left alone or held out: $48,400.50 |" in markdown(report, known)
    said = headline_of("expansion", report, known, [])
    assert said.startswith("2 of 5 new firings acted on, worth $2,400 a year; left alone or held out: $48,400.50; ")


def test_what_earlier_runs_found_is_not_said_to_have_fired(report: RunReport) -> None:
    earlier = replace(FIRING, id=7, run_id=1, decided_in=2, account_id="ac-7", account_name="Dune")
    still = replace(HELD, id=8, run_id=1, decided_in=2)
    said = markdown(report, [earlier, still])
    assert "## What fired" not in said
    assert "## What was decided again" in said
    assert headline_of("expansion", report, [earlier, still], []) == (
        "0 new firings; 1 of 2 firings of earlier runs acted on, worth $2,400 a year; left alone or held out: $2,400; "
        "0 steps done, 1 problem"
    )


def test_what_is_not_known_is_not_worth_nothing() -> None:
    unknown = replace(FIRING, id=9, account_id="ac-9", worth=None, priority=None)
    waits = replace(FIRING, id=10, account_id="ac-10", decision="approval", currency="EUR", worth=Decimal("10"))
    more = replace(waits, id=11, account_id="ac-11", decision="flood", currency="USD", worth=Decimal("0.10"))
    same = replace(waits, id=12, account_id="ac-1", decision="carried")
    said = headline(totals(counting([FIRING, unknown, waits, more, same])), "firing")
    assert said == (
        "2 of 5 firings acted on, worth $2,400 a year, 1 of unknown worth; "
        "waiting for a person: €10 and $0.10; kept for later: 1, counted with another of the same account"
    )
    assert headline(totals(counting([unknown])), "firing") == "1 of 1 firing acted on, 1 of unknown worth"


def test_every_decision_has_a_word_in_the_headline() -> None:
    from typing import get_args

    from expansion.records.firing import Decision

    assert {one for some in GROUPS.values() for one in some} == set(get_args(Decision))


def test_rows_for_people() -> None:
    assert [row["what happens"] for row in fired_rows([FIRING, HELD])] == ["seat-expansion", "held out: 5%"]
    assert fired_rows([FIRING])[0]["why"] == "seats in use at least 80%: 92%; grew by 21%"
    waiting = replace(STEP, state="waiting", link=None, reason="not yet")
    assert [(row["state"], row["note"]) for row in done_rows([STEP, waiting])] == [
        ("[done](https://crm.example/00T1)", ""),
        ("waiting until 2026-03-02 09:00", "not yet"),
    ]


def test_people_are_named_where_there_are_any() -> None:
    ana = replace(FIRING, id=3, user_id="u1", user_name="Ana Moss")
    assert [row.get("who") for row in fired_rows([FIRING, ana])] == ["", "Ana Moss"]
    assert "who" not in fired_rows([FIRING])[0]
    rows = done_rows([STEP, replace(STEP, user_id="u1", user_name="Ana Moss")])
    assert [row["account"] for row in rows] == ["Acme", "Acme, Ana Moss"]


def test_several_people_of_one_account_are_one_account(report: RunReport) -> None:
    ana, bo = (replace(FIRING, id=3 + n, user_id=user, user_name=user) for n, user in enumerate(("ana", "bo")))
    assert "| seat-limit | 1 | 1 | $2,400 | – |" in markdown(report, [ana, bo])
    waits = [Cooling("seat-limit", account, AT, user) for account, user in (("a", "ana"), ("a", "bo"), ("b", "ana"))]
    broken = decide.NotDecided("seat-limit", "a", "it could not be explained", "ana@acme.example")
    fresh = RunReport()
    fresh.add_decisions(Evaluated(None, {}, None, 7, {}), Decisions((), (), tuple(waits), {}, (broken,)))  # type: ignore[arg-type]
    assert (fresh.accounts, fresh.cooling) == (7, 2)
    assert fresh.problems[0].sentence == "seat-limit, a, ana: it could not be explained"


def test_whose_problem_it_is_when_a_run_breaks_off() -> None:
    mistake = Mistake("triggers/a.yaml", 1, 1, "`at_lest` is not a word", "", "did you mean `at_least`?")
    assert told(Mistakes([mistake])).whose == "definitions"
    assert told(NoAccess("the key is not accepted")) == Problem("expansion", "settings", "the key is not accepted")
    no_map = "warehouse.yaml: there is no such file"
    assert told(MapError(no_map)) == Problem("expansion", "settings", no_map)
    assert told(KeyError("an e-mail address")).sentence == "KeyError; the log of the run has where"


def test_a_part_that_broke_off_is_said_once(report: RunReport) -> None:
    report.add_broken("the pull of salesforce.account", "Salesforce | said no")
    assert len(report.problems) == 1
    report.add_broken("playbook desk", "the server went away")
    assert report.problems[-1].sentence == "playbook desk broke off: the server went away"


def test_every_kind_of_run_that_is_started_has_its_row() -> None:
    """Told at the end of a run that has no row would be an error in place of what it did."""
    root = Path(__file__).parents[2]
    started: set[str] = set()
    for path in (path for room in ("flows", "jobs") for path in (root / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("run_of_kind", "start_run")):
                started |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant)}
    assert started == KINDS.keys()
