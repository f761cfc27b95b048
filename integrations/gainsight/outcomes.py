"""What became of the records of one call: `success` and `failure` inside `data`, by the name we gave each record.

Whether each is a list or an object, and what stands behind a name, differs between Gainsight's pages; all are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expansion.contract import Failure, TryLater
from integrations.gainsight.meanings import MEANINGS, SYSTEM
from integrations.kit.meanings import Told

_IDS = ("Gsid", "gsid", "activityId", "GSID")


def outcome(said: Mapping[str, Any], name: str, what: str) -> str:
    """The id of the record that was called so. Raises what the reply says of it, or that it says nothing."""
    data = said.get("data")
    parts: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    for part in ("failure", "failures", "failed", "errors"):
        if (why := _about(parts.get(part), name)) is not None:
            raise _refusal(why, what)
    if (made := _about(parts.get("success"), name)) is not None and (found := _id(made)):
        return found
    raise TryLater(f"{SYSTEM}, {what}: it does not say what became of it", maybe_done=True)


def _about(part: Any, name: str) -> Any:
    """What stands behind a name, in an object or in a list of objects; None where the name is not there."""
    for one in part if isinstance(part, list) else [part]:
        if isinstance(one, Mapping):
            if name in one:
                return one[name]
            if name in (one.get("referenceId"), one.get("ExternalId")):
                return one
    return None


def _id(made: Any) -> str:
    if isinstance(made, str):
        return made
    if isinstance(made, list):
        return _id(made[0]) if made else ""
    return next((str(made[key]) for key in _IDS if made.get(key)), "") if isinstance(made, Mapping) else ""


def _refusal(why: Any, what: str) -> Failure:
    """`COCKPIT_9700: Missing mandatory fields`, or the same in an object."""
    if isinstance(why, list):
        why = why[0] if why else ""
    if isinstance(why, Mapping):
        code = str(why.get("errorCode") or "")
        message = str(why.get("errorDesc") or why.get("errorMessage") or why.get("message") or "")
    else:
        code, _, message = str(why).partition(": ") if ": " in str(why) else ("", "", str(why))
    return MEANINGS.read(Told(200, code, message), what)
