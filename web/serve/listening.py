"""The socket that is listened on. It is opened before anything else: whoever calls while the rest is read waits in line
and is answered, where a closed port loses events (@amplitude/analytics-node) or the patience of RudderStack's (1.6 s).
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from expansion.text.for_people import ForPeople

WAITING = 2048  # calls that wait in line; more are told by the operating system to come again


class NotListening(ForPeople):
    """The port cannot be had."""


@dataclass(frozen=True)
class At:
    """Where to listen: a host and a port, or a socket that somebody else holds open while this starts anew."""

    host: str = "127.0.0.1"
    port: int = 8100
    fd: int | None = None

    def listen(self) -> socket.socket:
        """The socket, open. NotListening where another process has it, or there is no such host."""
        if self.fd is not None:
            return socket.socket(fileno=self.fd)
        try:
            return socket.create_server((self.host, self.port), family=self._family, backlog=WAITING, reuse_port=False)
        except (OSError, UnicodeError) as error:
            raise NotListening(
                f"{self.host}:{self.port} cannot be listened on ({getattr(error, 'strerror', None) or error})\n\n"
                "hint: does `expansion serve` run already? Another port is `--port 8101`"
            ) from error

    @property
    def _family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET


def address_of(opened: socket.socket) -> str:
    """Where it listens, for people."""
    name = opened.getsockname()
    if not isinstance(name, tuple):
        return str(name)
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"
