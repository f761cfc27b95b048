"""Lift from the ledger: who fired on which side of the draw, and who has bought more since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from expansion.calendar.spans import add_span, day_text, local_date
from expansion.decide.holdout import held_out, is_drawn, topmost_parents
from expansion.evaluate.results import Answer
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.conditions import Condition
from expansion.language.model.models import Policy, Trigger
from expansion.measure.lift import Bought, Fired, Lift, lift
from expansion.measure.sides import Drawn, changed_at, on_both_sides, sides
from expansion.records.ledger import FiringFilter
from expansion.text.for_people import ForPeople
from expansion.text.many import many
from expansion.usage.identity.former_ids import FormerIds
from jobs.decide import trigger_called
from jobs.definitions import Definitions
from jobs.outcomes import collect
from jobs.place import Place

EXPECTED = Fraction(13, 10)  # a lift of 30 %


class NoOutcomes(ForPeople):
    """Nothing is known of what accounts bought: no lift, and no forecast."""


@dataclass(frozen=True)
class Compared:
    """One trigger, or all together (None), against its held-out accounts; or why that cannot be."""

    trigger: str | None
    lift: Lift | None
    why_not: str | None = None
    notes: tuple[str, ...] = ()


def compare(place: Place, at: datetime, names: Collection[str] = (), expected: Fraction = EXPECTED) -> list[Compared]:
    """All triggers together, then each; or only the named ones. Nothing is written.

    `expected`: the ratio of rates that is worth finding: how many weeks that takes is said.
    """
    chosen = [trigger_called(place.definitions, name) for name in names]
    asking = _Asking(place, place.definitions, at)
    asking.must_know_outcomes()
    mine = chosen or [one for one in asking.triggers if one.status != "draft"]
    each = [asking.of(one, expected) for one in mine]
    return each if names else [asking.together(expected), *each]


def share_of(trigger: Trigger, policy: Policy) -> Fraction:
    """The probability with which an account is held out of a trigger: by the draw for all, or by its own."""
    every = policy.holdout.share.value if policy.holdout else Fraction(0)
    own = trigger.holdout.value if trigger.holdout else Fraction(0)
    return 1 - (1 - every) * (1 - own)


def must_know(outcomes: Sequence[object]) -> None:
    """NoOutcomes, unless there are some."""
    if not outcomes:
        raise NoOutcomes(
            "no expansion is known, so nothing can be measured\n\nhint: say under `outcomes` in policy.yaml what "
            "counts as buying more, such as {fact: arr, rises: 5%}, or write one down with `expansion outcome`; "
            "docs/measuring.md has each way"
        )


@dataclass
class _Asking:
    place: Place
    definitions: Definitions
    at: datetime

    @property
    def policy(self) -> Policy:
        return self.definitions.workspace.policy

    @property
    def triggers(self) -> list[Trigger]:
        return [one for _, one in sorted(self.definitions.workspace.triggers.items())]

    @cached_property
    def evaluator(self) -> StoreEvaluator:
        return self.place.evaluator(self.definitions, self.at)

    @cached_property
    def accounts(self) -> list[str]:
        return self.evaluator.accounts()

    @cached_property
    def roots(self) -> Mapping[str, str]:
        return topmost_parents(self.accounts, self.policy.account.parent, self.evaluator)

    @cached_property
    def bought(self) -> list[tuple[str | None, Bought]]:
        """Each expansion with its tier."""
        found = [one for one in collect(self.place, self.at, self.definitions) if one.kind == "expansion"]
        return [(one.tier, Bought(self.unit(one.account_id), one.at, one.known_at)) for one in found]

    @cached_property
    def ids(self) -> FormerIds:
        return self.place.ids(self.at)

    def unit(self, account: str) -> str:
        """What was drawn: the topmost parent of who the account is now."""
        now = self.ids.account(account)
        return self.roots.get(now, now)

    def must_know_outcomes(self) -> None:
        must_know(self.bought)

    def of(self, trigger: Trigger, expected: Fraction) -> Compared:
        """One trigger, by what its own tier sold."""
        share = share_of(trigger, self.policy)
        drawn = self.drawn(trigger)
        if not 0 < share < 1:
            return Compared(trigger.trigger, None, _no_draw(trigger, share, drawn, self.definitions))
        kept, notes = self.since_changed(drawn)
        fired = [self.fired(one, trigger, share) for one in kept]
        sold = [one for tier, one in self.bought if tier in (None, trigger.leads_to)]
        return Compared(trigger.trigger, lift(fired, sold, self.at, expected, self.eligible(trigger)), None, notes)

    def together(self, expected: Fraction) -> Compared:
        """Those from which accounts are held out: an account counts with its first firing, whatever it bought."""
        shares = {one.trigger: share_of(one, self.policy) for one in self.triggers}
        mine = [one for one in self.triggers if 0 < shares[one.trigger] < 1]
        if not mine:
            return Compared(None, None, NOBODY_HELD_OUT)
        drawn = {one.trigger: self.drawn(one) for one in mine}
        kept, notes = self.since_changed([each for some in drawn.values() for each in some])
        fired = [
            self.fired(each, one, shares[one.trigger]) for one in mine for each in kept if each.trigger == one.trigger
        ]
        sold = [one for _, one in self.bought]
        return Compared(None, lift(fired, sold, self.at, expected, self.everybody()), None, notes)

    def drawn(self, trigger: Trigger) -> list[Drawn]:
        """The firings about which the draw had its say, with what it would say today."""
        every = self.place.ledger.firings(FiringFilter(trigger=trigger.trigger))
        found = [one for one in every if one.fired_at <= self.at]
        units = {one.id: self.unit(one.account_id) for one in found}
        today = held_out(trigger, self.policy, {unit: unit for unit in units.values()})
        return sides(found, units, today)

    def since_changed(self, drawn: Sequence[Drawn]) -> tuple[list[Drawn], tuple[str, ...]]:
        """What may be compared: after a change what fired since, of accounts that stayed on their side; and a note."""
        since = changed_at(drawn)
        if since is None:
            return list(drawn), ()
        both = on_both_sides(drawn, since)
        kept = [one for one in drawn if one.at > since and one.unit not in both]
        day = day_text(local_date(since, self.definitions.zone))
        note = f"the holdout was changed after {day} (its share or its salt): only what fired since then is compared"
        moved = f"; {many(len(both), 'account')} that changed sides by it {'is' if len(both) == 1 else 'are'} left out"
        return kept, (note + (moved if both else ""),)

    def fired(self, one: Drawn, trigger: Trigger, share: Fraction) -> Fired:
        window = self.policy.tiers[trigger.leads_to].attribution
        until = add_span(one.at, window, self.definitions.zone)
        return Fired(one.unit, one.at, until, one.held_out, one.acted, share)

    def eligible(self, trigger: Trigger) -> Mapping[bool, int]:
        """How many could fire, by what the draw says of them."""
        could: Iterable[str] = self.accounts
        if trigger.accounts is not None:
            asked = self.evaluator.holds([Condition.model_validate({"cohort": trigger.accounts})], self.accounts)
            could = [account for account, answer in asked.items() if answer is Answer.YES]
        units = {self.roots[account] for account in could}
        held = held_out(trigger, self.policy, {unit: unit for unit in units})
        return {True: len(held), False: len(units) - len(held)}

    def everybody(self) -> Mapping[bool, int] | None:
        """The same of all accounts; None where each trigger has a draw of its own."""
        if self.policy.holdout is None:
            return None
        units, holdout = set(self.roots.values()), self.policy.holdout
        held = sum(is_drawn(holdout.share.value, "global", holdout.salt, unit) for unit in units)
        return {True: held, False: len(units) - held}


NOBODY_HELD_OUT = (
    "nobody is held out, so there is nobody to compare with: add `holdout: {share: 10%, salt: spring-2026}` to "
    "policy.yaml, or `holdout: 10%` to a trigger, and run on as before"
)


def _no_draw(trigger: Trigger, share: Fraction, drawn: Sequence[Drawn], definitions: Definitions) -> str:
    if share >= 1:
        return f"everybody is held out of {trigger.trigger}: nobody is acted on, so there is nothing to compare"
    if held := [one.at for one in drawn if one.held_out]:
        day = day_text(local_date(max(held), definitions.zone))
        return f"accounts were held out until {day}, and none is now: put `holdout` back as it was to go on measuring"
    return NOBODY_HELD_OUT
