"""Who is in a cohort of Mixpanel, who comes into it and who leaves, for `expansion serve`: about every half an hour.

First all who are in it come, a thousand on a page, then what changes. Mixpanel signs nothing and says no time: Basic
Authentication tells it from others, and the moment is that of arrival. docs.mixpanel.com/docs/cohort-sync/webhooks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, CohortPush, Failure, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.kit.inbound import Answer, Call, InboundBase, said, status_of
from integrations.kit.pushed import NotARow, basic_password, each, must_be_one_of, one_id
from integrations.kit.said import whole
from integrations.kit.signed import secret_of
from integrations.kit.world import World
from integrations.mixpanel.settings import CohortsSettings

_WHOLE, _ADD, _REMOVE = "members", "add_members", "remove_members"
_ODD = "Mixpanel: the body lacks {}; look whether a custom webhook of cohort sync sends this"


class Cohorts(InboundBase):
    """The custom webhook of cohort sync.

    A 400, 401, 403 or 404 pauses the sync until somebody resumes it there; a 5xx is sent again, five times in a minute.
    """

    name: ClassVar[str] = "mixpanel.cohorts"
    title: ClassVar[str] = "Who is in which cohort, as Mixpanel sends it to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"cohorts"})
    settings_model: ClassVar[type[BaseSettings]] = CohortsSettings
    paths: ClassVar[tuple[str, ...]] = ("/mixpanel/cohorts",)

    def __init__(self, password: str, now: Callable[[], datetime]) -> None:
        self._password, self._now = password, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        password = secret_of(settings.cohorts_password)
        return cls(password, world.now) if password else None

    def verify(self, call: Call) -> None:
        must_be_one_of((self._password,), basic_password(call.headers), "Mixpanel", "MIXPANEL_COHORTS_PASSWORD")

    def rows(self, call: Call) -> Iterator[Arrived]:
        """One row for the page, and one for each member that is none."""
        page, people = _Page.of(call), set[str]()
        asides = list(each(self.name, page.members, lambda one: _add(people, one)))
        return iter([page.push(self.name, frozenset(people), self._now()), *asides])

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {"action": call.sent.get("action"), "status": "success"})

    def no(self, call: Call, failure: Failure) -> Answer:
        status = status_of(failure, self.later)
        error = {"message": str(failure), "code": status}
        return said(status, {"action": call.sent.get("action"), "status": "failure", "error": error})


@dataclass(frozen=True)
class _Page:
    """What a call says."""

    action: str
    cohort: str
    session: str
    members: list[Any]
    number: int
    pages: int

    @classmethod
    def of(cls, call: Call) -> Self:
        """Refused where it is of another form: a page that is misread would empty a cohort."""
        action, told = call.sent.get("action"), _part(call.sent, "parameters")
        name, session = told.get("mixpanel_cohort_name"), told.get("mixpanel_session_id")
        members, info = told.get("members"), _part(told, "page_info")
        if action not in (_WHOLE, _ADD, _REMOVE) or not isinstance(members, list):
            raise Refused(_ODD.format("an action that we know, or its list of members"))
        if not isinstance(name, str) or is_nothing(name) or not isinstance(session, str) or is_nothing(session):
            raise Refused(_ODD.format("mixpanel_cohort_name or mixpanel_session_id"))
        number, pages = whole(info.get("page_count")), whole(info.get("total_pages"))
        if action == _WHOLE and (not number or not pages or number > pages):
            raise Refused(_ODD.format("a page_info whose page_count is one of its total_pages"))
        return cls(action, name, session, members, number or 1, pages or 1)

    def push(self, source: str, people: frozenset[str], now: datetime) -> CohortPush:
        push = CohortPush(source, self.cohort, now, now, session=self.session)
        match self.action:
            case "members":
                return replace(push, joined=people, whole=True, page=self.number, pages=self.pages)
            case "add_members":
                return replace(push, joined=people)
        return replace(push, left=people)


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _add(people: set[str], member: Mapping[str, Any]) -> Iterator[Arrived]:
    user = one_id(member.get("mixpanel_distinct_id"), "mixpanel_distinct_id")
    if user is None:
        raise NotARow("it has no mixpanel_distinct_id")
    people.add(user)
    return iter(())
