"""`expansion` as a person starts it, with every logger at DEBUG and, where asked, code that breaks off badly."""

from __future__ import annotations

import logging
import os
import sys

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

        flows.tasks.decide_all = broken  # type: ignore[assignment]
    else:
        from integrations.intercom import SendEventAction

        SendEventAction.deliver = broken  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    sys.argv[0] = "expansion"
    main()
