"""One table from a reply to a meaning: the first row that fits, its sentence, what is in doubt, how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.hubspot import meanings as hubspot
from integrations.intercom import meanings as intercom
from integrations.kit.breaks import Broke, broke
from integrations.kit.meanings import SENT_ELSEWHERE, SERVER_TROUBLE, Meanings, Row, Told, Words, clean
from integrations.kit.waits import first_said, interval_ms, reset_epoch, retry_after
from integrations.mixpanel import meanings as mixpanel
from integrations.salesforce import meanings as salesforce
from integrations.slack import meanings as slack
from integrations.warehouse import meanings as warehouse

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Gone(Refused):
    """A failure of a system's own."""


ACME = Meanings(
    "Acme",
    Row(429, TryLater, "the day is used up", also="daily", wait=900.0),
    Row(429, TryLater, "{here} is busy", wait=retry_after),
    Row((SERVER_TROUBLE, "internal"), TryLater, "trouble at Acme's side ({status})", maybe_done="as written"),
    Row("half_done", TryLater, "some of it is done", maybe_done="yes"),
    Row(403, NoAccess, "the scope {scope} is missing", also=("missing_scope", Words("scope"))),
    Row((401, 403), NoAccess, "the token is not accepted; check ACME_TOKEN"),
    Row(SENT_ELSEWHERE, NoAccess, "{system} moved"),
    Row(404, Gone, "it is not there"),
    Row(Broke.CUT, TryLater, "Acme hung up", maybe_done="as written"),
    otherwise="refused ({status} {code}): {message}",
)


@pytest.mark.parametrize(
    ("told", "kind", "sentence"),
    [
        (Told(429), TryLater, "Acme, tagging is busy"),
        (Told(429, "daily"), TryLater, "Acme, tagging: the day is used up"),
        (Told(503), TryLater, "Acme, tagging: trouble at Acme's side (503)"),
        (Told(200, "internal"), TryLater, "Acme, tagging: trouble at Acme's side (200)"),
        (Told(403, "missing_scope", parts={"scope": "write"}), NoAccess, "Acme, tagging: the scope write is missing"),
        (Told(403, message="No SCOPE"), NoAccess, "Acme, tagging: the scope  is missing"),
        (Told(403), NoAccess, "Acme, tagging: the token is not accepted; check ACME_TOKEN"),
        (Told(302), NoAccess, "Acme moved"),
        (Told(404, "gone"), Gone, "Acme, tagging: it is not there"),
        (Told(422, "odd", "it\nis  odd"), Refused, "Acme, tagging: refused (422 odd): it is odd"),
        (Told(422, "{code}", "{status}"), Refused, "Acme, tagging: refused (422 {code}): {status}"),
    ],
)
def test_the_first_row_that_fits_is_the_one_that_is_meant(told: Told, kind: type[Failure], sentence: str) -> None:
    failure = ACME.read(told, "tagging")
    assert (type(failure), str(failure)) == (kind, sentence)


def test_without_what_was_tried_the_system_alone_is_named() -> None:
    assert str(ACME.read(Told(429))) == "Acme is busy"
    assert str(ACME.of("half_done")) == "Acme: some of it is done"


@pytest.mark.parametrize(
    ("told", "wrote", "maybe_done"),
    [
        (Told(429), True, False),
        (Told(503), True, True),
        (Told(503), False, False),
        (Told(code="half_done"), False, True),
        (Told(404), True, False),
    ],
)
def test_a_row_says_whether_it_may_have_happened(told: Told, wrote: bool, maybe_done: bool) -> None:
    assert ACME.read(told, wrote=wrote).maybe_done is maybe_done


def waited(wait: Any, **headers: str) -> float | None:
    table = Meanings("Acme", Row(429, TryLater, "busy", wait=wait), otherwise="refused")
    failure = table.read(Told(429, headers={k.replace("_", "-"): v for k, v in headers.items()}), now=NOW)
    assert isinstance(failure, TryLater)
    return failure.wait


def test_a_wait_is_said_by_a_rule_with_a_name() -> None:
    assert waited(7.0) == 7
    assert waited(None) is None
    assert waited(retry_after, retry_after="30") == 30
    assert waited(retry_after) is None
    assert waited(interval_ms("X-Interval"), x_interval="1500") == 1.5
    assert waited(interval_ms("X-Interval"), retry_after="30") is None
    in_four = str(NOW.timestamp() + 4)
    assert waited(reset_epoch("X-Reset", longest=10), x_reset=in_four) == 4
    assert waited(reset_epoch("X-Reset", longest=10), x_reset=str(NOW.timestamp() - 4)) == 0.5
    assert waited(reset_epoch("X-Reset", longest=10), x_reset=str(NOW.timestamp() + 400)) == 10
    assert waited(reset_epoch("X-Reset", longest=10)) == 10
    either = first_said(retry_after, interval_ms("X-Interval"), 5.0)
    assert waited(either, retry_after="0", x_interval="3000") == 0
    assert waited(either, x_interval="3000") == 3
    assert waited(either) == 5


@pytest.mark.parametrize("wrote", [True, False])
@pytest.mark.parametrize(
    ("error", "came_to", "kind", "says", "in_doubt"),
    [
        (type("ReadTimeout", (Exception,), {})(), Broke.LATE, TryLater, "Acme did not answer in time", True),
        (type("ConnectError", (Exception,), {})(), Broke.UNREACHED, TryLater, "Acme cannot be reached", False),
        (OSError(type("NewConnectionError", (Exception,), {})()), Broke.UNREACHED, TryLater, "cannot be", False),
        (OSError("CERTIFICATE_VERIFY_FAILED"), Broke.UNTRUSTED, NoAccess, "Acme: its certificate", False),
        (type("TooManyRedirects", (Exception,), {})(), Broke.ELSEWHERE, NoAccess, "Acme sends us elsewhere", False),
        (ConnectionResetError(), Broke.CUT, TryLater, "Acme, tagging: Acme hung up", True),
    ],
)
def test_a_call_without_a_reply_has_a_meaning_too_and_a_table_may_word_it(
    error: Exception, came_to: Broke, kind: type[Failure], says: str, in_doubt: bool, wrote: bool
) -> None:
    failure = ACME.broken(error, "tagging", wrote=wrote)
    assert broke(error) is came_to
    assert isinstance(failure, kind) and says in str(failure)
    assert failure.maybe_done is (wrote and in_doubt)


def test_of_several_codes_the_first_that_a_row_names_is_known() -> None:
    assert ACME.known(["strange", "missing_scope", "internal"]) == "missing_scope"
    assert ACME.known(["strange"]) == ""


def test_what_a_system_said_is_fit_to_be_shown() -> None:
    assert clean("for ana@acme.example\n  and  more") == "for (e-mail) and more"
    assert len(clean("x" * 500)) == 200


TABLES = [
    *(system.MEANINGS for system in (hubspot, intercom, mixpanel, salesforce, slack, warehouse)),
    salesforce.SIGN_IN,
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.system)
def test_whatever_status_comes_is_one_sentence_of_every_system(table: Meanings) -> None:
    for status in range(100, 600, 9):
        failure = table.read(Told(status, "unheard_of", "a sentence"), "trying", wrote=True)
        assert str(failure).startswith(table.system)
        assert "\n" not in str(failure) and "{" not in str(failure)


@pytest.mark.parametrize("table", TABLES[:-2], ids=lambda table: table.system)
def test_only_a_failure_that_may_have_been_done_is_in_doubt_at_any_system(table: Meanings) -> None:
    for status in (400, 401, 403, 404, 422, 429):
        assert not table.read(Told(status, headers={}), wrote=True).maybe_done
    for end in (Broke.UNREACHED, Broke.UNTRUSTED, Broke.ELSEWHERE):
        assert not table.of(end, wrote=True).maybe_done
    for end in (Broke.LATE, Broke.CUT):
        assert table.of(end, wrote=True).maybe_done
        assert not table.of(end, wrote=False).maybe_done
