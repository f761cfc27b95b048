"""What became of a call that brought no reply, or none that can be read; and which of it an error stands for."""

from __future__ import annotations

from enum import StrEnum


class Broke(StrEnum):
    """How a call ended without a reply that can be read. A table words each like a code of the system's own."""

    UNREACHED = "(unreached)"  # it never went out: certainly not done
    UNTRUSTED = "(untrusted)"  # the certificate
    ELSEWHERE = "(elsewhere)"  # sent on to another address
    LATE = "(late)"
    CUT = "(cut)"
    NOT_JSON = "(not JSON)"
    ODD = "(odd)"  # JSON, and not what is documented
    SAME_PAGE = "(same page)"  # pages that never end
    HALFWAY = "(halfway)"  # a stream, after `{count}` lines
    LINK = "(link)"  # an address that a reply has led to gives no file: `{answered}`
    FULL = "(full)"  # this machine's disk
    ENDLESS = "(endless)"  # a stream, after `{minutes}` minutes


def broke(error: BaseException) -> Broke:
    """What a connection that failed with this error came to.

    Only what never reached the server certainly did not happen; everything after that, nobody knows.
    """
    if "CERTIFICATE_VERIFY_FAILED" in repr(error):
        return Broke.UNTRUSTED
    if type(error).__name__ == "TooManyRedirects":
        return Broke.ELSEWHERE
    names = {type(one).__name__ for one in _chain(error)}
    if names & _NOT_CONNECTED:
        return Broke.UNREACHED
    return Broke.LATE if names & _TIMED_OUT else Broke.CUT


# Names, because three libraries raise them (requests wraps urllib3's, hubspot-api-client lets urllib3's through, httpx
# has its own) and none of them has to be imported to be recognised.
_NOT_CONNECTED = {
    "ConnectTimeout",
    "ConnectTimeoutError",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectError",
    "PoolTimeout",
}
_TIMED_OUT = {"TookTooLong", "ReadTimeout", "ReadTimeoutError", "WriteTimeout", "Timeout", "TimeoutError"}


def _chain(error: BaseException) -> list[BaseException]:
    """The error, what it wraps (urllib3's `reason`, requests' first argument), and so on."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [getattr(one, "reason", None), *one.args]
    return found
