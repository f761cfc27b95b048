"""Who is asked about now, and by which triggers; who a moment later, or once more."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from expansion.react.asking import Only, Touched
from expansion.react.resident import Resident, Taken

_AHEAD = timedelta(hours=1)  # an event that happens later than this from now is left to the next run


@dataclass
class Due:
    """What happens a moment from now, by a clock that is ahead, does not count yet: its account is asked then."""

    later: dict[str, tuple[datetime, set[str]]] = field(default_factory=dict)
    again: set[tuple[str, str]] = field(default_factory=set)  # account and user as they were said

    def next(self) -> datetime | None:
        """When somebody is to be asked without anything coming in."""
        return min((at for at, _ in self.later.values()), default=None)

    def now(self, taken: Taken, resident: Resident, now: datetime) -> tuple[Touched, Only]:
        """Those whose events came in, by the triggers that ask for such events; the others by all triggers."""
        found: dict[str, AbstractSet[str]] = {}
        for account, users in taken.touched.items():
            if taken.until[account] <= now:
                found[account] = users
            elif taken.until[account] <= now + _AHEAD:
                self.later[account] = taken.until[account], {*users, *self.later.get(account, (now, set()))[1]}
        whole = self._waited(resident, now)
        for account, users in whole.items():
            found[account] = {*users, *found.get(account, ())}
        only = {account: taken.asked[account] for account in found if account not in whole}
        return resident.of_those_there(found), only

    def _waited(self, resident: Resident, now: datetime) -> dict[str, set[str]]:
        """Those whose time has come, and those that are asked once more."""
        found = {one: self.later.pop(one)[1] for one in [one for one, (at, _) in self.later.items() if at <= now]}
        for account, user in filter(None, (resident.whose(*one) for one in self.again)):
            found.setdefault(account, set()).add(user)
        return found
