"""The table from a system's reply to what it means for us: later, refused or no access; and one sentence each.

    MEANINGS = Meanings(
        "Acme",
        Row(429, TryLater, "too many calls", wait=retry_after),
        Row(SERVER_TROUBLE, TryLater, "trouble at Acme's side ({status})", maybe_done="as written"),
        Row((401, "token_expired"), NoAccess, "the token is not accepted; check ACME_TOKEN"),
        Row(403, NoAccess, "the token lacks the scope write:tasks", also="missing_scope"),
        otherwise="refused ({status} {code}): {message}",
    )

The first row that fits is the one that is meant. Its sentence says what happened, where, and what to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from expansion.contract import Failure, NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke, broke
from integrations.kit.waits import Wait

SERVER_TROUBLE = range(500, 1000)
SENT_ELSEWHERE = range(300, 400)

_EMAIL = re.compile(r"(?<![^\s@<>'\"])[^\s@<>'\"]+@[^\s@<>'\"]+")
LONGEST = 200


def clean(message: str) -> str:
    """A system's own words, fit to be shown and logged: one line, no e-mail address, not too long."""
    text = _EMAIL.sub("(e-mail)", " ".join(message.split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@dataclass(frozen=True)
class Told:
    """What came in place of what was asked for, taken apart."""

    status: int = 0  # of HTTP; 0 where there is none
    code: str = ""  # the system's own word for it
    message: str = ""  # the system's own sentence, as it came
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, object] = field(default_factory=dict)  # what else sentences name


@dataclass(frozen=True)
class Words:
    """A sign: the system's sentence holds this, a regular expression, whatever the case."""

    pattern: str


# A status, several in a row, a code, or words. A code may be a `Broke`: how a call without a reply ended.
Sign = int | range | str | Words


@dataclass(frozen=True)
class Row:
    """What one kind of reply means: one that shows any of the signs `on`, and any of `also`, where there are some.

    The sentence may name {here} (the system and what was tried), {system}, {status}, {code}, {message} (cleaned) and
    what else `Told.parts` has; where it begins with neither of the first two, "{here}: " is said before it.
    `maybe_done`: whether it may have happened all the same; "as written": if the call was to change something. `wait`:
    seconds, or the rule by which the system says them.
    """

    on: Sign | tuple[Sign, ...]
    kind: type[Failure]
    sentence: str
    also: Sign | tuple[Sign, ...] = ()
    maybe_done: Literal["no", "as written", "yes"] = "no"
    wait: float | Wait | None = None

    def fits(self, told: Told) -> bool:
        return _shows(told, self.on) and (self.also == () or _shows(told, self.also))

    def failure(self, sentence: str, told: Told, wrote: bool, now: datetime | None) -> Failure:
        """Of its kind, with its wait."""
        maybe_done = wrote if self.maybe_done == "as written" else self.maybe_done == "yes"
        if issubclass(self.kind, TryLater):
            wait = self.wait(told.headers, now) if callable(self.wait) else self.wait
            return self.kind(sentence, maybe_done=maybe_done, wait=wait)
        return self.kind(sentence, maybe_done=maybe_done)


class Meanings:
    """One system's table, and its one reader. What fits no row is refused, with the sentence `otherwise`."""

    def __init__(self, system: str, *rows: Row, otherwise: str, kind: type[Failure] = Refused) -> None:
        self.system = system
        self._rows, self._otherwise = (*rows, *_BROKEN), Row((), kind, otherwise)
        self._codes = {sign for row in rows for sign in (*_all(row.on), *_all(row.also)) if isinstance(sign, str)}

    def read(self, told: Told, what: str = "", *, wrote: bool = False, now: datetime | None = None) -> Failure:
        """What it means. `what` was tried; `wrote`: it was to change something; `now` is for waits until a moment."""
        row = next((row for row in self._rows if row.fits(told)), self._otherwise)
        begins = row.sentence.startswith(("{here}", "{system}"))
        sentence = row.sentence if begins else "{here}: " + row.sentence
        return row.failure(sentence.format_map(self._named(told, what)), told, wrote, now)

    def of(self, code: str, what: str = "", *, wrote: bool = False, **parts: object) -> Failure:
        """What a code alone means, or a `Broke`; `parts` are for the sentence."""
        return self.read(Told(code=code, parts=parts), what, wrote=wrote)

    def broken(self, error: BaseException, what: str = "", *, wrote: bool) -> Failure:
        """What a connection that failed with this error means."""
        return self.of(broke(error), what, wrote=wrote)

    def known(self, codes: Iterable[str]) -> str:
        """The first of these codes that a row names, where a reply has several; else nothing."""
        return next((code for code in codes if code in self._codes), "")

    def _named(self, told: Told, what: str) -> Mapping[str, object]:
        """What sentences may name; a part that this reply has not is left out."""
        here = f"{self.system}, {what}" if what else self.system
        known = {"here": here, "system": self.system, "status": told.status, "code": told.code}
        return defaultdict(str, {**told.parts, **known, "message": clean(told.message)})


def _all(signs: Sign | tuple[Sign, ...]) -> tuple[Sign, ...]:
    return signs if isinstance(signs, tuple) else (signs,)


def _shows(told: Told, signs: Sign | tuple[Sign, ...]) -> bool:
    return any(_is(told, sign) for sign in _all(signs))


def _is(told: Told, sign: Sign) -> bool:
    match sign:
        case Words(pattern):
            return re.search(pattern, told.message, re.IGNORECASE) is not None
        case str():
            return told.code == sign
        case range():
            return told.status in sign
    return told.status == sign


def breaks(here: str) -> tuple[Row, ...]:
    """What it means that a connection failed, said of `here`."""
    return (
        Row(
            Broke.UNTRUSTED,
            NoAccess,
            f"{here}: its certificate is not trusted; check the base URL, or the machine's certificates",
        ),
        Row(Broke.ELSEWHERE, NoAccess, f"{here} sends us elsewhere; check its address in the settings"),
        Row(Broke.UNREACHED, TryLater, f"{here} cannot be reached; check the network and the base URL"),
        Row(Broke.LATE, TryLater, f"{here} did not answer in time", maybe_done="as written"),
        Row(Broke.CUT, TryLater, f"{here} broke the connection off", maybe_done="as written"),
    )


# Where a system's own rows do not say it.
_BROKEN = (
    *breaks("{system}"),
    Row(Broke.NOT_JSON, TryLater, "the answer is not JSON", maybe_done="as written"),
    Row(Broke.ODD, TryLater, "the answer is not what {system} documents", maybe_done="as written"),
    Row(Broke.SAME_PAGE, TryLater, "{system} sends the same page again and again"),
    Row(Broke.HALFWAY, TryLater, "the answer broke off after {count} lines"),
    Row(Broke.LINK, TryLater, "the address of its file answered {answered}; a new one is asked for later"),
    Row(Broke.FULL, NoAccess, "there is no room for its file on this machine; free some where TMPDIR is"),
    Row(Broke.ENDLESS, TryLater, "the answer had not ended after {minutes} minutes"),
)
