"""`python -m sandbox.company OUT`: the history of a made-up company, with what was planted in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sandbox.company.asked import FACTS, FORMS, Asked
from sandbox.company.behaviours import NAMES
from sandbox.company.write import write


def main(arguments: Sequence[str] | None = None) -> int:
    """0 after all is written; 2 for something that cannot be made."""
    options = _parser().parse_args(arguments)
    try:
        told = write(options.out, _asked(options))
    except (OSError, ValueError) as error:
        print(f"no company was made: {error}", file=sys.stderr)
        return 2
    written = told["written"]
    print(f"{options.out}: {written['events']:,} events, {written.get('outcomes', 0):,} outcomes; see truth.json")
    return 0


def _asked(options: argparse.Namespace) -> Asked:
    return Asked(
        accounts=options.accounts,
        days=options.days,
        seed=options.seed,
        until=options.until,
        form=options.events,
        facts=options.facts,
        bad_share=options.bad,
        treated_lift=options.treated_lift,
        holdout=options.holdout,
        acted_on=tuple(options.act_on),
    )


def _share(text: str) -> float:
    """30% and 0.3 are the same."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _parser() -> argparse.ArgumentParser:
    made = Asked()
    parser = argparse.ArgumentParser(prog="python -m sandbox.company", description="A made-up company's history.")
    add = parser.add_argument
    add("out", type=Path, help="a new folder")
    add("--accounts", type=int, default=made.accounts)
    add("--days", type=int, default=made.days)
    add("--seed", type=int, default=made.seed, help="the same seed and the same options make the same bytes")
    add("--until", type=date.fromisoformat, default=made.until, help="the first day that is not told any more")
    add("--events", choices=FORMS, default=made.form, help="how events are written")
    add("--facts", choices=FACTS, default=made.facts, help="when an account's facts get a row")
    add("--bad", type=_share, default=made.bad_share, help="of the events, rows that nothing can be made of")
    add("--treated-lift", type=_share, help="being acted on raises the chance to buy by this, such as 30%%")
    add("--holdout", type=_share, default=made.holdout, help="of the accounts: never acted on")
    add("--act-on", nargs="+", choices=NAMES, default=made.acted_on, metavar="BEHAVIOUR", help=", ".join(NAMES))
    return parser


if __name__ == "__main__":
    sys.exit(main())
