"""`expansion` as a person starts it, with every logger at DEBUG and, where asked, code that breaks off badly."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

LOUD = ("httpx", "httpcore", "urllib3", "slack_sdk", "hubspot", "simple_salesforce", "mixpanel_utils", "sqlalchemy")


def main() -> None:
    from cli.main import main as command

    where = os.environ.get("BREAKS")
    if where:
        _break(where)
    handler = logging.FileHandler("debug.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(handler)
    command()


def _break(where: str) -> None:
    """As a fault of the program would: an error whose text holds what it worked with."""
    said = f"'ana-ac-01@x.example' {os.environ['INTERCOM_ACCESS_TOKEN']} {os.environ['MIXPANEL_SECRET']}"

    def broken(*_: object, **__: object) -> None:
        private = said  # a debugger, or a traceback with values, would show it
        raise KeyError(private)

    if where == "deciding":
        import flows.tasks

        _instead(flows.tasks, "decide_and_record", broken)
    else:
        from integrations.intercom.actions import SendEventAction

        _instead(SendEventAction, "deliver", broken)


def _instead(owner: object, name: str, broken: Callable[..., None]) -> None:
    """A name that is there no more would break nothing, and the run would be tame; it ends with a code of its own."""
    if not hasattr(owner, name):
        print(f"{name} is called otherwise now; break what took its place", file=sys.stderr)
        sys.exit(70)
    setattr(owner, name, broken)


if __name__ == "__main__":
    sys.argv[0] = "expansion"
    main()
