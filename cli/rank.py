"""`expansion rank`: who first, why, what next, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.engine import engine_option
from cli.options import MOMENT
from cli.output import as_json, echo, many, say, table

if TYPE_CHECKING:
    from expansion.measure.rank import TierChance
    from jobs.rank import Ranking, Shown, TierBasis


@click.command("rank")
@click.argument("account", required=False)
@click.option("--top", default=20, type=click.IntRange(min=1), show_default=True, help="At most so many accounts.")
@click.option("--as-of", type=MOMENT, help="By what was known at a moment in the past.")
@engine_option
@click.option("--json", "json_", is_flag=True, help="As JSON.")
def command(account: str | None, top: int, as_of: datetime | None, engine: str | None, json_: bool) -> None:
    """Accounts by expected expansion ARR: the chance that they buy more, times what the price book says it is worth.

    ACCOUNT: one of them, with the parts of its chance, the recommended next step, what became of other accounts after
    it, and what is in the way. The chance is learned from your own history, and only where that is enough; otherwise
    the points of policy.yaml count, and it says so. docs/measuring.md says how.
    """
    from cli.accounts import names, need_account
    from cli.beginning import how_to_begin, must_be_ours
    from flows.opening import open_place
    from jobs.clock import moment
    from jobs.rank import rank

    place = open_place(looking=True, engine=engine)
    try:
        must_be_ours(place)
        at = moment(as_of)
        evaluator = place.evaluator(place.definitions, at)
        wanted = need_account(evaluator, account, place.ids(at)) if account else None
        found = rank(place, at, top=top, account=wanted)
        shown = [one.ranked.account_id for one in found.shown]
        called = names(evaluator, [*shown, *([wanted] if wanted else [])]) if shown or wanted else {}
        empty = how_to_begin(place, at, found.accounts)
    finally:
        place.close()
    if json_:
        as_json(_data(found, called))
        return
    if empty:
        say(empty)
        return
    if wanted:
        _one(found, wanted, called.get(wanted) or wanted)
    else:
        _list(found, called)
    _rests_on(found)


# --- the list ---------------------------------------------------------------------------------------------------------


def _list(found: Ranking, called: dict[str, str | None]) -> None:
    table([_row(one, called, found.currency) for one in found.shown])
    if not found.order:
        say("no account is ranked: no chance could be learned, and no trigger is true of any")
    elif len(found.order) > len(found.shown):
        say(f"\n{len(found.order) - len(found.shown):,} more: --top {len(found.order)}")
    if found.just_expanded:
        say(
            f"{many(len(found.just_expanded), 'account')} not ranked: they expanded lately, within the window of a tier"
        )


def _row(one: Shown, called: dict[str, str | None], currency: str) -> dict[str, str]:
    from expansion.text.money import money_text

    first = one.ranked.tiers[0]
    return {
        "#": str(one.place),
        "account": called.get(one.ranked.account_id) or one.ranked.account_id,
        "expected": money_text(one.ranked.expected, currency),
        "most of it": f"{first.title}: {_chance(first)}",
        "why": next((part.text for part in first.parts if part.share > 0), ""),
        "next": _next(one),
    }


def _next(one: Shown) -> str:
    if one.left_alone:
        return f"leave alone: {one.left_alone}"
    if one.friction:
        return f"help first: {one.friction[0].what}"
    return one.step.playbook or "no trigger is true"


# --- one account ------------------------------------------------------------------------------------------------------


def _one(found: Ranking, account: str, name: str) -> None:
    from expansion.text.money import money_text

    if not found.shown:
        echo(f"{name} ({account}) is not ranked: {_why_not(found, account)}")
        return
    one = found.shown[0]
    echo(f"{name} ({account}): {one.place:,} of {len(found.order):,}")
    echo(f"expected a year: {money_text(one.ranked.expected, found.currency)}")
    for tier in one.ranked.tiers:
        echo()
        for line in _of_tier(tier, found.currency):
            echo(line, below="  ")
    echo()
    for line in _to_do(one):
        echo(line, below="  ")


def _why_not(found: Ranking, account: str) -> str:
    if (at := found.just_expanded.get(account)) is not None:
        return f"it expanded on {at:%Y-%m-%d}, within the window of a tier"
    return "no chance could be learned, and no trigger is true of it now"


def _of_tier(tier: TierChance, currency: str) -> Iterator[str]:
    from expansion.measure.words import points
    from expansion.text.money import money_text

    expected, worth = money_text(tier.expected, currency), money_text(tier.worth, currency)
    yield f"{tier.title}: {expected} = {_chance(tier)} of {worth}"
    if tier.usual is None:
        yield "  the chance is what policy.yaml assumes of this tier: a trigger that leads to it is true"
        return
    yield f"  {_percent(tier.usual)} is the chance of an account that is usual in everything"
    shares = [part.share for part in tier.parts]
    for part in tier.parts:
        yield f"  {points(part.share):>12}  {part.text}"
    rest = float(tier.chance - tier.usual) - sum(shares)
    if abs(rest) >= 0.0005:
        yield f"  {points(rest):>12}  everything else together"


def _to_do(one: Shown) -> Iterator[str]:
    if one.left_alone:
        yield f"left alone: {one.left_alone}"
    for trouble in one.friction:
        seen = f" ({'; '.join(trouble.seen)})" if trouble.seen else ""
        yield f"in the way: {trouble.what}{seen}"
    for help_ in one.step.help_first:
        yield f"help first: {help_}"
    if one.step.playbook is None:
        yield f"next: no playbook: {'; '.join(one.step.why)}"
        return
    yield f"{'then' if one.step.help_first else 'next'}: {one.step.playbook}: {one.step.title}"
    yield f"why: {'; '.join(one.step.why)}"
    if one.step.followed:
        yield f"after it: {one.step.followed.told()}"


# --- what it rests on -------------------------------------------------------------------------------------------------


def _rests_on(found: Ranking) -> None:
    say("")
    for basis in found.bases:
        say(f"{basis.title}: {_basis(basis)}")
    for hint in dict.fromkeys(basis.why.helps for basis in found.bases if basis.why and basis.basis == "points"):
        say(f"\nhint: {hint}")


def _basis(basis: TierBasis) -> str:
    if basis.model is None:
        assert basis.why is not None, "points have a reason"
        return f"by the points of policy.yaml, not by a measured chance: {basis.why.why}"
    judged = basis.model.judged
    of = "its" if basis.basis == "own" else "all"
    learned = f"learned from {of} {basis.model.expansions:,} expansions"
    if basis.basis == "shared":
        learned += ", times its share of them"
    first = judged.top_tenth
    return (
        f"{learned}{', by boosted trees' if basis.model.is_boosted else ''}. Tried on later months "
        f"({judged.first:%Y-%m-%d} to {judged.last:%Y-%m-%d}): said {judged.all.said:.1%}, came {judged.all.came:.1%}; "
        f"of the first tenth said {first.said:.1%}, came {first.came:.1%}"
    )


def _chance(tier: TierChance) -> str:
    return _percent(tier.chance)


def _percent(share: Any) -> str:
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}"


# --- for scripts ------------------------------------------------------------------------------------------------------


def _data(found: Ranking, called: dict[str, str | None]) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "currency": found.currency,
        "accounts": found.accounts,
        "ranked": len(found.order),
        "just_expanded": [
            {"account_id": account, "expanded_at": at} for account, at in sorted(found.just_expanded.items())
        ],
        "tiers": [_basis_data(basis) for basis in found.bases],
        "first": [_shown_data(one, called) for one in found.shown],
    }


def _basis_data(basis: TierBasis) -> dict[str, Any]:
    model, why = basis.model, basis.why
    judged = model.judged if model else None
    return {
        "tier": basis.tier,
        "title": basis.title,
        "basis": basis.basis,
        "why": why.why if why else None,
        "hint": why.helps if why else None,
        "learned_from": model.expansions if model else None,
        "boosted": model.is_boosted if model else None,
        "judged": {
            "from": judged.first,
            "to": judged.last,
            "expansions": judged.expansions,
            "said": round(judged.all.said, 6),
            "came": round(judged.all.came, 6),
            "top_tenth_said": round(judged.top_tenth.said, 6),
            "top_tenth_came": round(judged.top_tenth.came, 6),
            "calibration_error": round(judged.error, 6),
        }
        if judged
        else None,
    }


def _shown_data(one: Shown, called: dict[str, str | None]) -> dict[str, Any]:
    step, after = one.step, one.step.followed
    return {
        "place": one.place,
        "account_id": one.ranked.account_id,
        "account_name": called.get(one.ranked.account_id),
        "expected": one.ranked.expected,
        "tiers": [_tier_data(tier) for tier in one.ranked.tiers],
        "left_alone": one.left_alone,
        "in_the_way": [{"what": each.what, "seen": list(each.seen), "help": each.help} for each in one.friction],
        "next": {
            "playbook": step.playbook,
            "title": step.title,
            "trigger": step.trigger,
            "why": list(step.why),
            "help_first": list(step.help_first),
            "followed": {
                "begun": after.begun,
                "expanded": after.expanded,
                "window_seconds": int(after.window.total_seconds()),
                "median_days": after.median_days,
            }
            if after
            else None,
        },
    }


def _tier_data(tier: TierChance) -> dict[str, Any]:
    return {
        "tier": tier.tier,
        "basis": tier.basis,
        "chance": tier.chance,
        "worth": tier.worth,
        "expected": tier.expected,
        "usual_chance": tier.usual,
        "parts": [{"text": part.text, "share": round(part.share, 6)} for part in tier.parts],
    }
