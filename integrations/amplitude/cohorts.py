"""Who comes into a cohort of Amplitude, and who leaves it, for `expansion serve`.

A person's field with the cohort's name is true or false, and accounts are in the cohort by their people. Amplitude
signs nothing: a header of your own brings a secret.
amplitude.com/docs/data/destination-catalog/webhooks-cohort
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic_settings import BaseSettings

from expansion.contract import Arrived, NoAccess, Refused
from expansion.usage.forms.cells import is_nothing
from integrations.amplitude.settings import CohortsSettings
from integrations.kit.inbound import Answer, Call, InboundBase, said
from integrations.kit.pushed import NotARow, Told, each, one_id, when
from integrations.kit.signed import HEADER, has_secret, secret_of
from integrations.kit.world import World

_WRONG = (
    f"Amplitude: the header {HEADER} is not AMPLITUDE_COHORTS_SECRET; add it to the headers of the webhook, under "
    "Data > Destinations"
)
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})


class Cohorts(InboundBase):
    """The webhook for cohorts, with the template that Amplitude proposes."""

    name: ClassVar[str] = "amplitude.cohorts"
    title: ClassVar[str] = "Who is in which cohort, as Amplitude sends it to `expansion serve`"
    gives: ClassVar[frozenset[str]] = frozenset({"people", "cohorts"})
    settings_model: ClassVar[type[BaseSettings]] = CohortsSettings
    paths: ClassVar[tuple[str, ...]] = ("/amplitude/cohorts",)
    patience: ClassVar[float] = 1.0  # it waits for one or two seconds, and sends again

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret, now

    @classmethod
    def opened(cls, settings: Any, world: World) -> Self | None:
        secret = secret_of(settings.cohorts_secret)
        return cls(secret, world.now) if secret else None

    def verify(self, call: Call) -> None:
        if not has_secret(call.headers, self._secret):
            raise NoAccess(_WRONG)

    def rows(self, call: Call) -> Iterator[Arrived]:
        """A person each. A message that comes twice says the same; by its moment an older one outdoes no newer."""
        name, users, is_in = call.sent.get("cohort_name"), call.sent.get("users"), _is_in(call.sent.get("in_cohort"))
        if not isinstance(name, str) or is_nothing(name) or not isinstance(users, list) or is_in is None:
            raise Refused(
                "Amplitude: the body lacks cohort_name, in_cohort or users; use the template that Amplitude proposes"
            )
        told = self._told(call.sent.get("computed_time"))
        people = list(each(self.name, users, lambda one: _row(told, one, name, is_in)))
        return iter([*people, told.cohort(name, **{"joined" if is_in else "left": people})])

    def yes(self, call: Call, rows: Sequence[Arrived]) -> Answer:
        return said(200, {"code": 200})

    def _told(self, computed: Any) -> Told:
        arrived = self._now()
        try:
            return Told(self.name, when(computed, arrived)[0], arrived)
        except NotARow as wrong:
            raise Refused("Amplitude: computed_time is no time; use the template that Amplitude proposes") from wrong


def _row(told: Told, one: Mapping[str, Any], name: str, is_in: bool) -> Iterator[Arrived]:
    return told.person(one_id(one.get("user_id"), "user_id"), [], {name: is_in})


def _is_in(value: Any) -> bool | None:
    """A template writes it as a word, or with quotes around it."""
    text = str(value).strip().lower()
    return True if text in _YES else False if text in _NO else None
