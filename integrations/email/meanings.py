"""What the replies of a mail server mean: RFC 5321 4.2 and RFC 3463. 4xx is later and 5xx is no, at every command.

What is asked tells whose fault a no is: signing in and the sender are settings, a recipient is that one message's. So
`told` names the command as the code where it matters.
"""

from __future__ import annotations

from expansion.contract import NoAccess, Refused, TryLater
from integrations.kit.breaks import Broke
from integrations.kit.meanings import Meanings, Row, Told, Words

SESSION, SIGN_IN, SENDER, RECIPIENT = "(session)", "(sign in)", "(sender)", "(recipient)"
NO_TLS, NO_SIGN_IN, TOO_LARGE = "(no TLS)", "(no sign in)", "(too large)"
_LATER, _NO = range(400, 500), range(500, 600)

MEANINGS = Meanings(
    "E-mail",
    Row(
        NO_TLS,
        NoAccess,
        "the server offers no encryption, and neither mail nor a password goes out without; "
        "set EMAIL_SERVER to `smtps://…`, or to a server that offers STARTTLS",
    ),
    Row(
        NO_SIGN_IN,
        NoAccess,
        "the server lets nobody sign in with a password; leave EMAIL_USER and EMAIL_PASSWORD out, "
        "or set EMAIL_SERVER to the port for submission",
    ),
    Row(TOO_LARGE, Refused, "the message is larger than the server takes; shorten it in the playbook"),
    Row(
        Words(r"5\.7\.30|basic authentication"),
        NoAccess,
        "the server takes no passwords ({status}); allow SMTP AUTH for this mailbox, or use a server that does",
    ),
    Row(_LATER, TryLater, "the server asks to try again later ({status}): {message}"),
    Row(
        (530, 534, 535, 538),
        NoAccess,
        "the server does not accept the sign-in ({status}); check EMAIL_USER and EMAIL_PASSWORD",
    ),
    Row(_NO, NoAccess, "the server lets nobody sign in so ({status}): {message}; check EMAIL_SERVER", also=SIGN_IN),
    Row(_NO, NoAccess, "the server turns us away ({status}): {message}; ask who runs it", also=SESSION),
    Row(552, Refused, "the message is larger than the server takes ({status}); shorten it in the playbook"),
    Row(_NO, NoAccess, "we may not send in the name of EMAIL_SENDER ({status}): {message}", also=SENDER),
    Row(_NO, Refused, "no recipient was taken ({status}): {message}", also=RECIPIENT),
    Row(_NO, Refused, "the server refused the message ({status}): {message}"),
    Row(
        Broke.UNTRUSTED,
        NoAccess,
        "its certificate is not trusted; check the host in EMAIL_SERVER, or name your own authority's file in "
        "SSL_CERT_FILE",
    ),
    Row(Broke.UNREACHED, TryLater, "the server cannot be reached; check the network and EMAIL_SERVER"),
    Row(Broke.ODD, TryLater, "what came in answer is not SMTP", maybe_done="as written"),
    otherwise="refused ({status}): {message}",
)


def told(code: int, said: bytes, asked: str = "") -> Told:
    """A reply that is no yes taken apart; what has no such number is no reply of a mail server."""
    if not 400 <= code < 600:
        return Told(code=Broke.ODD)
    return Told(code, asked, said.decode("utf-8", "replace"))
