"""The contract sees what it says: a small source keeps its promises, and breaks one as soon as a mistake is planted.

It reads the groups of Mixpanel's stand-in, and stands where a source of that name would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, ClassVar, Literal

import httpx
import pytest

from expansion.contract import FactRecord, Refused, TryLater
from integrations.kit.declare import SourceBase
from integrations.kit.retry import RetryPolicy
from jobs.pull import Pull
from sandbox.mixpanel import app as stand_in
from tests.integrations.conftest import StandIns
from tests.integrations.contract import TIMEOUT, WEB_PAGE, FakeClock
from tests.integrations.source_contract import BREAKS, MOST_CALLS, TRIES, SourceCase, SourceContract
from tests.integrations.test_mixpanel_sources import case as case_of
from tests.integrations.test_mixpanel_sources import clock, project

__all__ = ["clock", "project"]  # fixtures

Mistake = Literal["pages never end", "half is the whole", "sums repeats", "empty is fine", "any page", "tries for ever"]


@dataclass
class Small(SourceBase):
    """Reads page by page; the next ask names the page, and the number of the first says how many there are."""

    url: str
    sleep: Callable[[float], None]
    mistake: Mistake | None = None

    name: ClassVar[str] = "mixpanel.group"
    title: ClassVar[str] = "What a small system knows of an account"
    gives: ClassVar[frozenset[str]] = frozenset({"facts"})
    full: ClassVar[frozenset[str]] = frozenset({"facts"})

    def facts(self, fields: Sequence[str]) -> Iterator[FactRecord]:
        seats: dict[str, int] = {}
        for one in self._all():
            account, known = one["$distinct_id"], dict(one["$properties"])
            if self.mistake == "sums repeats":
                known["seats"] = seats[account] = seats.get(account, 0) + known["seats"]
            yield FactRecord(self.name, account, {name: known.get(name) for name in fields}, remote_id=account)

    def _all(self) -> Iterator[dict[str, Any]]:
        count = 0
        try:
            for results in self._pages():
                count += len(results)
                yield from results
        except TryLater:
            if self.mistake != "half is the whole" or not count:
                raise
        if not count and self.mistake != "empty is fine":
            raise Refused("the small system has no groups; check its project")

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        page, count, announced, session = 0, 0, 0, None
        tries = RetryPolicy(TRIES, total=10**9, sleep=self.sleep)
        if self.mistake == "tries for ever":
            tries = RetryPolicy(10**6, total=10**9, sleep=self.sleep)
        for _ in range(10 * MOST_CALLS):  # so that the test itself ends
            asked = {"page": page, "session_id": session} if session else {}
            reply = tries.run(partial(self._ask, asked), repeatable=True)
            if reply["page"] != page and self.mistake != "pages never end":
                raise TryLater("the small system sent another page than was asked for")
            yield reply["results"]
            announced = announced or reply.get("total", 0)
            page, count, session = page + 1, count + len(reply["results"]), reply["session_id"]
            if len(reply["results"]) < reply["page_size"]:
                break
        if count < announced:
            raise TryLater("the small system announced more than came")

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            with httpx.Client(auth=(stand_in.SERVICE_ACCOUNT, stand_in.SECRET), timeout=TIMEOUT) as client:
                reply = client.post(self.url, data={**asked, "data_group_id": stand_in.DATA_GROUP_ID})
            if reply.is_success:
                return dict(json.loads(reply.content))
        except ValueError as error:
            if self.mistake == "any page":
                return {"page": asked.get("page", 0), "page_size": 1, "results": [], "session_id": ""}
            raise TryLater("the small system sent something else than JSON") from error
        except httpx.HTTPError as error:
            raise TryLater("the small system broke off") from error
        raise TryLater(f"the small system answers {reply.status_code}")


def seen(promise: Callable[..., None]) -> Callable[..., None]:
    """The promise, which has to fail. What stands before it is set up as ever, and may not."""

    @wraps(promise)
    def test(self: SourceContract, **given: Any) -> None:
        with pytest.raises(AssertionError):
            promise(self, **given)

    return test


class Planted:
    """With the fixtures of the contract, and of its promises those that are named."""

    mistake: ClassVar[Mistake | None]
    source = Small.name
    run, again, whole, told = SourceContract.run, SourceContract.again, SourceContract.whole, SourceContract.told
    _each_call_broken = SourceContract._each_call_broken

    @pytest.fixture
    def case(self, project: StandIns, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> SourceCase:
        monkeypatch.setattr("tests.integrations.source_contract.BREAKS", (BREAKS[0], {"kind": "status", **WEB_PAGE}))
        url = f"{project.base_url('mixpanel')}/api/query/engage?project_id={stand_in.PROJECT_ID}"
        pull = Pull(self.source, "facts", ("plan", "seats"))
        connect = partial(Small, url, clock.sleep, self.mistake)
        return case_of(project, clock, monkeypatch, pull, "groups", connect=connect)


class TestWithoutAMistake(Planted):
    mistake = None
    test_pages = SourceContract.test_a_page_that_names_itself_as_the_next_is_not_read_for_ever
    test_half = SourceContract.test_whatever_breaks_for_good_and_wherever_what_was_read_is_kept_or_nothing
    test_repeats = SourceContract.test_a_record_that_comes_twice_changes_nothing
    test_empty = SourceContract.test_where_nothing_is_there_it_is_said
    test_web_page = SourceContract.test_whichever_call_breaks_all_is_known_or_what_is_kept_of_it
    test_tries = SourceContract.test_busy_for_good_is_left_for_later_and_recovers


class TestPagesThatNeverEnd(Planted):
    mistake = "pages never end"
    test_is_seen = seen(SourceContract.test_a_page_that_names_itself_as_the_next_is_not_read_for_ever)


class TestHalfAnAnswerTakenForTheWhole(Planted):
    mistake = "half is the whole"
    test_is_seen = seen(SourceContract.test_whatever_breaks_for_good_and_wherever_what_was_read_is_kept_or_nothing)
    test_is_seen_where_less_came = seen(
        SourceContract.test_an_answer_that_holds_less_than_it_announces_is_not_taken_for_the_whole
    )


class TestRepeatsCountedTwice(Planted):
    mistake = "sums repeats"
    test_is_seen = seen(SourceContract.test_a_record_that_comes_twice_changes_nothing)
    test_is_seen_on_the_next_page = seen(
        SourceContract.test_a_record_that_comes_again_with_the_next_page_changes_nothing
    )


class TestEmptyAndNotSaid(Planted):
    mistake = "empty is fine"
    test_is_seen = seen(SourceContract.test_where_nothing_is_there_it_is_said)


class TestAWebPageTakenForAnEmptyOne(Planted):
    mistake = "any page"
    test_is_seen = seen(SourceContract.test_whichever_call_breaks_all_is_known_or_what_is_kept_of_it)


class TestTriesWithoutEnd(Planted):
    mistake = "tries for ever"
    test_is_seen = seen(SourceContract.test_busy_for_good_is_left_for_later_and_recovers)
