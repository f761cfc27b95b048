"""What the contracts of Salesforce's facts of accounts have in common: five accounts, read two at a time."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.kit.declare import SourceBase
from integrations.salesforce import INTEGRATION
from jobs.pull import Pull
from sandbox.salesforce.answers import ANSWERS
from sandbox.salesforce.app import Salesforce
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock
from tests.integrations.replies import JsonPages
from tests.integrations.source_contract import Differs, Limited, Lost, SourceCase, world
from tests.systems.salesforce import account_id, settings

KEY = "Product_Account_Id__c"


def facts_of_accounts(
    there: StandIns, pull: Pull, kinds: Mapping[str, str], *, of: str, forbidden: str, lost: Lost
) -> SourceCase:
    """`of`: the object that the token may not read, when it is forbidden."""
    stand_in, clock = there.get(Salesforce), FakeClock()
    second = stand_in.org.get("Account", account_id(1)) or {}

    def connect(**changes: int) -> SourceBase:
        return INTEGRATION.connect(settings(there, **changes), world(clock)).sources[pull.source]

    def empty() -> None:
        for account in stand_in.org.all("Account"):
            stand_in.org.put("Account", account | {KEY: None})

    return SourceCase(
        stand_ins=there,
        vendor="salesforce",
        clock=clock,
        connect=connect,
        pull=pull,
        kinds=kinds,
        pages=JsonPages("/query", "records", "totalSize", lambda page: any(KEY in row for row in page["records"])),
        holds=5,
        differs=Differs(
            lambda: stand_in.org.remove("Account", account_id(1)), lambda: stand_in.org.put("Account", second)
        ),
        reads={"path": "/query"},
        answers=ANSWERS,
        lock_out=lambda: setattr(stand_in, "locked_out", True),
        locked_out="check the app's policies and IP ranges",
        forbid=lambda: stand_in.org.may.update({of: set()}),
        forbidden=forbidden,
        limited=Limited(lambda: connect(daily_calls=4), 4, 86_400, "/services/data"),
        empty=empty,
        lost=lost,
    )
