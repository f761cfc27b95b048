"""Mail goes out encrypted, to a server whose certificate is good, and a password never otherwise.

A real server with a certificate of an authority made for the test, which SSL_CERT_FILE names.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from expansion.contract import Done, NoAccess, Reply
from sandbox.email.app import Email
from sandbox.kit.smtp import serve
from tests.integrations.conftest import StandIns
from tests.systems.email import connect, message

ELSEWHERE = "127.0.0.2"  # as another machine: only what is called this machine may do without encryption


def _certificate(folder: Path, *names: str) -> Path:
    """A certificate for these names, that vouches for itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    also = [x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(also), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = _certificate(tmp_path, ELSEWHERE, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def there(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Email)


Listen = Callable[..., int]


@pytest.fixture
def listen(there: StandIns) -> Iterator[Listen]:
    """Takes mail at another address, with this certificate; the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[asyncio.Server] = []

    def start(certificate: Path | None, *, at_once: bool = False) -> int:
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        how = {"host": ELSEWHERE, "port": 0, **({"ssl": context} if at_once else {})}
        coming = serve(there.app, None, None if at_once else context, **how)
        servers.append(asyncio.run_coroutine_threadsafe(coming, loop).result(10))
        port: int = servers[-1].sockets[0].getsockname()[1]
        return port

    yield start
    asyncio.run_coroutine_threadsafe(_ended(servers), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def _ended(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 5)


def send(there: StandIns, server: str) -> Reply:
    [reply] = connect(there, server=server).actions["email.send"].deliver([message()])
    return reply


def test_a_line_is_encrypted_before_anybody_signs_in(there: StandIns, listen: Listen, good: Path) -> None:
    reply = send(there, f"smtp://{ELSEWHERE}:{listen(good)}")
    assert isinstance(reply, Done), reply
    assert [one["method"] for one in there.requests()] == [
        *("CONNECT", "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "TEXT", "QUIT")
    ]


def test_or_from_the_first_byte(there: StandIns, listen: Listen, good: Path) -> None:
    reply = send(there, f"smtps://{ELSEWHERE}:{listen(good, at_once=True)}")
    assert isinstance(reply, Done), reply
    assert there.requests("STARTTLS") == []


def test_without_encryption_nothing_is_said_of_a_password_or_a_mail(there: StandIns, listen: Listen) -> None:
    reply = send(there, f"smtp://{ELSEWHERE}:{listen(None)}")
    assert isinstance(reply, NoAccess)
    assert "offers no encryption" in str(reply)
    assert [one["method"] for one in there.requests()] == ["CONNECT", "EHLO"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    there: StandIns, listen: Listen, tmp_path: Path, at_once: bool
) -> None:
    port = listen(_certificate(tmp_path, ELSEWHERE), at_once=at_once)
    reply = send(there, f"smtp{'s' if at_once else ''}://{ELSEWHERE}:{port}")
    assert isinstance(reply, NoAccess)
    assert "certificate is not trusted" in str(reply) and "SSL_CERT_FILE" in str(reply)
    assert there.requests("AUTH") == []


def test_a_certificate_of_somebody_else_gets_nothing(
    there: StandIns, listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    reply = send(there, f"smtp://{ELSEWHERE}:{listen(path)}")
    assert isinstance(reply, NoAccess)
    assert "certificate is not trusted" in str(reply)
