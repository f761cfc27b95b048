"""One library, told to send all there is: to a receiver that lives, and to one that is killed before it answers."""

from __future__ import annotations

from pathlib import Path

from tests.senders.libraries import Library
from tests.senders.serving import KEY, Relay, Serving
from tests.senders.stored import Stored


def asked(library: Library, folder: Path) -> Stored:
    """What is stored in the end."""
    with Serving(folder) as serving:
        refused = library.send(f"http://127.0.0.1:{serving.port}", KEY, "kinds")
        relay = Relay(serving)
        with relay as host:
            library.send(host, KEY, "retry")
    return Stored.of(serving.usage, refused, relay.calls)
