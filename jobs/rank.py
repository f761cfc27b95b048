"""Who first: every account by its expected expansion ARR, with what it rests on, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from expansion.accounts.priority import priorities
from expansion.decide.choose import choose
from expansion.decide.suppression import suppressed
from expansion.evaluate.subjects import account_of
from expansion.explain.evaluator import StoreEvaluator
from expansion.language.model.models import Tier, Trigger
from expansion.measure.features import Deal, Observed, values
from expansion.measure.friction import InTheWay, in_the_way
from expansion.measure.model import LEAST_EXPANSIONS, Model, TooLittle, learn
from expansion.measure.next_step import NextStep, best, followed
from expansion.measure.observing import Asking, events_to_count
from expansion.measure.panel import Expansion, panel
from expansion.measure.rank import Basis, Part, Ranked, TierChance, parts_of, ranked, tier_chance
from expansion.records.ledger import FiringFilter, FiringRecord
from jobs.definitions import Definitions
from jobs.outcomes import collect
from jobs.place import Place

STEP = timedelta(days=28)  # between the moments that are learned from: whole weeks, so that each is the same weekday
MOST = 26  # moments: two years
NO_TIER = TooLittle(
    "of no expansion it is known which tier it was of",
    "name the tier where policy.yaml says what counts as an outcome",
)


@dataclass(frozen=True)
class TierBasis:
    """What the chances of a tier rest on; why on points, where they do."""

    tier: str
    title: str
    basis: Basis
    model: Model | None = None
    why: TooLittle | None = None


@dataclass(frozen=True)
class Shown:
    """One account with its place, and what to do next."""

    place: int
    ranked: Ranked
    step: NextStep
    friction: tuple[InTheWay, ...] = ()
    left_alone: str | None = None  # why nothing is begun with it, whatever fires


@dataclass(frozen=True)
class Ranking:
    """All accounts in their order, and how it was found."""

    as_of: datetime
    currency: str
    bases: tuple[TierBasis, ...]
    order: tuple[Ranked, ...]
    shown: tuple[Shown, ...]
    accounts: int  # that are known
    just_expanded: Mapping[str, datetime] = field(default_factory=dict)  # not ranked: when they did


def rank(place: Place, as_of: datetime, *, top: int = 20, account: str | None = None) -> Ranking:
    """The ranking at a moment, from what was known then; details of the first `top`, or of one account."""
    asked = _Asked(place, place.definitions, place.evaluator(place.definitions, as_of), as_of)
    bases = tuple(asked.bases())
    order = tuple(ranked(asked.chances(bases)))
    wanted = order[:top] if account is None else [one for one in order if one.account_id == account]
    places = {one.account_id: number for number, one in enumerate(order, start=1)}
    shown = tuple(asked.details(wanted, places))
    currency = asked.policy_currency
    return Ranking(as_of, currency, bases, order, shown, asked.evaluator.count(), asked.just_expanded)


class _Asked:
    """One ranking, with what its parts share."""

    def __init__(self, place: Place, definitions: Definitions, evaluator: StoreEvaluator, as_of: datetime) -> None:
        self.place, self.definitions, self.evaluator, self.as_of = place, definitions, evaluator, as_of
        workspace = definitions.workspace
        self.tiers: Mapping[str, Tier] = workspace.policy.tiers
        self.triggers: list[Trigger] = [one for _, one in sorted(workspace.triggers.items())]
        self.policy_currency = workspace.policy.currency
        self.accounts = evaluator.accounts()
        self.expansions = list(_expansions(place, as_of, definitions))
        self.just_expanded = self._just_expanded()
        self.true = self._true_now()
        self.now: Observed | None = None
        self.past: list[Observed] = []
        if len(self.expansions) >= LEAST_EXPANSIONS:
            self._look_back()

    # --- history ------------------------------------------------------------------------------------------------------

    def _look_back(self) -> None:
        """What was known now, and each four weeks before; back to where nobody is known."""
        asking = Asking(self.triggers, events_to_count(self.evaluator))
        self.now = asking.observe(self.evaluator, self._deals(self.as_of))
        for number in range(1, MOST + 1):
            moment = self.as_of - number * STEP
            then = StoreEvaluator(self.evaluator.source.again(), self.evaluator.vocabulary, moment)
            if not then.count():
                return
            self.past.insert(0, asking.observe(then, self._deals(moment)))

    def _deals(self, moment: datetime) -> list[Deal]:
        return [Deal(one.account_id, one.at) for one in self.expansions if one.known_at <= moment]

    def _just_expanded(self) -> dict[str, datetime]:
        """Who is in the window after an expansion: sold to already. Of one without a tier the longest window counts."""
        longest = max(_window(tier) for tier in self.tiers.values())
        found: dict[str, datetime] = {}
        for one in self.expansions:
            window = _window(self.tiers[one.tier]) if one.tier and one.tier in self.tiers else longest
            if self.as_of - window < one.at <= self.as_of:
                found[one.account_id] = max(one.at, found.get(one.account_id, one.at))
        return found

    def _true_now(self) -> dict[str, list[str]]:
        """The triggers that are true of each account, drafts left out."""
        asked = [one for one in self.triggers if one.status != "draft"]
        found: dict[str, list[str]] = {}
        for name, answers in self.evaluator.answers(asked).items():
            for account in sorted({account_of(one) for one in answers.yes}):
                found.setdefault(account, []).append(name)
        return found

    # --- chances ------------------------------------------------------------------------------------------------------

    def bases(self) -> Iterator[TierBasis]:
        """For each tier a model of its own, where its expansions are many enough; else one of all expansions and the
        share of the tier among them; else points."""
        shared: dict[timedelta, Model | TooLittle] = {}
        for name, tier in self.tiers.items():
            window = _window(tier)
            own = self._learned([one for one in self.expansions if one.tier == name], window)
            if isinstance(own, Model):
                yield TierBasis(name, tier.title, "own", own)
                continue
            if window not in shared:
                shared[window] = self._learned(self.expansions, window)
            of_all = shared[window]
            if isinstance(of_all, TooLittle):
                yield TierBasis(name, tier.title, "points", why=of_all)
            elif not self._share(name):
                yield TierBasis(name, tier.title, "points", why=NO_TIER)
            else:
                yield TierBasis(name, tier.title, "shared", of_all, why=own)

    def _learned(self, expansions: Sequence[Expansion], window: timedelta) -> Model | TooLittle:
        if not self.past and len(self.expansions) >= LEAST_EXPANSIONS:
            return TooLittle("nothing is known of any account four weeks ago", "import older events and facts")
        if len(expansions) < LEAST_EXPANSIONS:
            count = f"{len(expansions):,} expansion{'' if len(expansions) == 1 else 's'}"
            return TooLittle(
                f"{count if expansions else 'no expansion'} of it {'is' if len(expansions) < 2 else 'are'} known, "
                f"and {LEAST_EXPANSIONS} are needed",
                "tell more of what was won: `expansion outcome`, a CRM's won deals, or a file",
            )
        return learn(panel(self.past, expansions, window, self.as_of, left_after=self.expansions), window)

    def _share(self, tier: str) -> float:
        """The share of a tier among the expansions of which it is known; one more each, so that none is nought."""
        known = [one.tier for one in self.expansions if one.tier in self.tiers]
        if not known and len(self.tiers) > 1:
            return 0.0
        return (known.count(tier) + 1) / (len(known) + len(self.tiers))

    def chances(self, bases: Sequence[TierBasis]) -> dict[str, list[TierChance]]:
        """By account; who has just expanded is left out."""
        found: dict[str, list[TierChance]] = {}
        for basis in bases:
            wanted = [one for one in self.accounts if one not in self.just_expanded]
            told = self._by_points(basis, wanted) if basis.model is None else self._by_model(basis, basis.model, wanted)
            for account, chance in told:
                found.setdefault(account, []).append(chance)
        return found

    def _by_points(self, basis: TierBasis, accounts: Sequence[str]) -> Iterator[tuple[str, TierChance]]:
        leads = {one.trigger for one in self.triggers if one.leads_to == basis.tier}
        wanted = [one for one in accounts if leads & set(self.true.get(one, ()))]
        likely = (
            Decimal(self.tiers[basis.tier].likely.value.numerator) / self.tiers[basis.tier].likely.value.denominator
        )
        for account, worth in self._worth(basis.tier, wanted).items():
            yield account, tier_chance(basis.tier, basis.title, "points", likely, worth)

    def _by_model(self, basis: TierBasis, model: Model, accounts: Sequence[str]) -> Iterator[tuple[str, TierChance]]:
        assert self.now is not None, "a model was learned from what was observed"
        rows = values(self.now, model.features)
        share = 1.0 if basis.basis == "own" else self._share(basis.tier)
        chances, parts = model.chances(rows) * share, {name: one * share for name, one in model.parts(rows).items()}
        usual, place = model.learner.scale.mean, {one: row for row, one in enumerate(self.now.accounts)}
        for account, worth in self._worth(basis.tier, accounts).items():
            row = place[account]
            told: tuple[Part, ...] = parts_of(model, rows, row, parts, usual)
            yield (
                account,
                tier_chance(
                    basis.tier, basis.title, basis.basis, float(chances[row]), worth, told, model.usual() * share
                ),
            )

    def _worth(self, tier: str, accounts: Iterable[str]) -> dict[str, Decimal | None]:
        found = priorities(self.tiers[tier], accounts, self.policy_currency, self.evaluator)
        return {account: one.worth for account, one in found.items()}

    # --- what to do ---------------------------------------------------------------------------------------------------

    def details(self, wanted: Sequence[Ranked], places: Mapping[str, int]) -> Iterator[Shown]:
        """What is recommended for these, and what is in their way."""
        policy, ids = self.definitions.workspace.policy, [one.account_id for one in wanted]
        friction = in_the_way(policy.friction, ids, self.evaluator)
        alone = suppressed(policy.suppress, ids, self.evaluator, self.definitions.zone).reasons
        firings = self._firings()
        for one in wanted:
            trouble = tuple(friction[one.account_id])
            step = self._step(one, firings, trouble)
            yield Shown(places[one.account_id], one, step, trouble, alone.get(one.account_id))

    def _firings(self) -> list[FiringRecord]:
        if not self.place.has_ledger:
            return []
        return [
            one for one in self.place.ledger.firings(FiringFilter(decisions=("acting",))) if one.fired_at <= self.as_of
        ]

    def _step(self, one: Ranked, firings: Sequence[FiringRecord], trouble: Sequence[InTheWay]) -> NextStep:
        help_first = tuple(each.help or each.what for each in trouble)
        triggers, true = self.definitions.workspace.triggers, self.true.get(one.account_id, [])
        tiers = {name: triggers[name].leads_to for name in true}
        chosen = best(true, tiers, [each.tier for each in one.tiers])
        if chosen is None:
            return NextStep(None, None, None, ("no trigger is true of it now",), None, help_first)
        trigger = triggers[chosen]
        playbook = choose(trigger, [one.account_id], self.evaluator)[one.account_id].playbook
        why = (trigger.title, *self.evaluator.explain(trigger, one.account_id).reasons())
        if playbook is None:
            return NextStep(None, None, chosen, (*why, "none of its playbooks fits"), None, help_first)
        tier, title = self.tiers[trigger.leads_to], self.definitions.workspace.playbooks[playbook].title
        after = followed(playbook, trigger.leads_to, firings, self.expansions, _window(tier), self.as_of)
        return NextStep(playbook, title, chosen, why, after, help_first)


def _expansions(place: Place, as_of: datetime, definitions: Definitions) -> Iterator[Expansion]:
    """What accounts bought more of, as far as it is known at a moment."""
    for one in collect(place, as_of, definitions):
        if one.kind == "expansion":
            yield Expansion(one.account_id, one.at, one.known_at, one.tier)


def _window(tier: Tier) -> timedelta:
    return timedelta(days=tier.attribution.days)
