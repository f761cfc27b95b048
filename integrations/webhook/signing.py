"""Signatures as Standard Webhooks has them: github.com/standard-webhooks/standard-webhooks."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes that the specification allows


def key_of(secret: str) -> bytes:
    """The bytes to sign with. Raises ValueError with what is wrong."""
    how = f"write `{PREFIX}` and {_SHORTEST} to {_LONGEST} random bytes in base64: openssl rand -base64 32"
    if not secret.startswith(PREFIX):
        raise ValueError(f"does not begin with {PREFIX}; {how}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"is not base64 after {PREFIX}; {how}") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"holds {len(key)} bytes; {how}")
    return key


def headers(key: bytes, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message that is sent at a moment, in seconds since 1970."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    signature = b64encode(hmac.new(key, signed, sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}
