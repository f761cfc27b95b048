"""Whether a webhook comes from who it says: signatures over the bytes as they came, secrets in headers, and the time.

Nothing here raises, whatever stands in a header: what does not fit is a no.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from expansion.contract import Refused

HEADER = "x-expansion-secret"  # in which a sender that signs nothing brings a secret: its page lets people add headers


def secret_of(secret: SecretStr | None) -> str | None:
    """The text of a setting; None where it is left out or blank, as then the door stays closed."""
    return (secret.get_secret_value().strip() if secret is not None else "") or None


def is_signed(
    secret: str, message: bytes, given: str, *, by: Literal["sha1", "sha256"], form: Literal["hex", "base64"]
) -> bool:
    """Whether this is the message's HMAC, compared in constant time."""
    made = hmac.new(secret.encode(), message, by)
    text = made.hexdigest().encode() if form == "hex" else b64encode(made.digest())
    return is_same(given.strip(), text)


def is_same(given: str, known: str | bytes) -> bool:
    """Compared in constant time, and as bytes: a text with other signs than ASCII raises."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), known if isinstance(known, bytes) else known.encode())


def has_secret(headers: Mapping[str, str], secret: str) -> bool:
    """Whether a call brings the secret in our header."""
    return is_same(headers.get(HEADER, ""), secret)


def moment_near(milliseconds: str, now: datetime, *, past: float, future: float) -> bool:
    """Whether a signed moment is as old as this many seconds, or as young: an older one is somebody's who listened."""
    if not (milliseconds.isascii() and milliseconds.isdigit()):
        return False
    age = now.timestamp() - int(milliseconds[:15]) / 1000
    return -future <= age <= past


def first_of_list(body: bytes) -> bytes:
    """The first element of a JSON list, byte for byte: written anew it would be another text (`1.0` is `1` in
    JavaScript). Refused where there is none."""
    try:
        text = body.decode("utf-8")
        start = len(text) - len(text.lstrip()) + 1
        start += len(text[start:]) - len(text[start:].lstrip())
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise Refused("the list that was sent has no first element; look what is sent") from error
    return text[start:end].encode()
