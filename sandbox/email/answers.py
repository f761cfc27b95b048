"""How a mail server says no: RFC 5321 4.2.3, RFC 3463, and Exchange Online's words for its limits."""

from __future__ import annotations

from starlette.responses import PlainTextResponse

from sandbox.kit.answers import Answer, Answers
from sandbox.kit.smtp import WORDED

ANSWERS = Answers(
    later=(
        Answer(421, "4.7.0 Try again later, closing connection"),
        Answer(432, "4.3.2 Concurrent connections limit exceeded"),
        Answer(450, "4.2.1 The mailbox is receiving mail too quickly"),
        Answer(451, "4.3.0 Requested action aborted: local error in processing"),
        Answer(452, "4.3.1 Insufficient system storage"),
    ),
    no_access=Answer(535, "5.7.8 Authentication credentials invalid"),
    refused=Answer(554, "5.7.1 Message rejected by policy"),
)


def reply(code: int, *lines: str) -> PlainTextResponse:
    """A reply in the words of the protocol: each line but the last goes on."""
    said = [f"{code}-{line}" for line in lines[:-1]] + [f"{code} {lines[-1]}"]
    return PlainTextResponse("".join(f"{line}\r\n" for line in said), code, {WORDED.decode(): "1"})
