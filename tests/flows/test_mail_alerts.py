"""Alerts go by the server that takes the rest of the mail: the block of Prefect, and what arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.blocks.notifications import SendgridEmail, SlackWebhook

from expansion.contract import NoAccess
from flows.alerts import places
from flows.mail_alerts import mail_block
from integrations.email.settings import Settings as Mail
from jobs.settings import Settings
from sandbox.email.app import Email
from sandbox.kit.server import Server, build_app
from sandbox.kit.state import State

pytestmark = pytest.mark.flows


@pytest.fixture
def there() -> Iterator[tuple[Email, dict[str, str]]]:
    stand_in = Email(State())
    with Server(build_app(stand_in.state, [stand_in])) as url:
        yield stand_in, Email.environment(url)


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


def mail(**given: Any) -> Mail:
    usual = {"server": "smtp://smtp.acme.example", "sender": "Expansion <expansion@acme.example>"}
    return Mail(_env_file=None, **{**usual, **given})


def test_an_alert_arrives_as_a_mail(there: tuple[Email, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in, environment = there
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    [(name, block)] = places(settings(alerts_email_to="ops@seller.example, dana@seller.example")).items()
    assert name == "expansion-alerts-smtp"
    block.notify("What happened: the run failed.\nWhat to do: look.", "Expansion: weekdays ended as Failed")
    arrived = stand_in.messages()
    assert sorted(one["To"] for one in arrived) == ["dana@seller.example", "ops@seller.example"]
    assert {one["Subject"] for one in arrived} == {"Expansion: weekdays ended as Failed"}
    said = arrived[0].get_body(("plain", "html"))
    assert said is not None and "What happened: the run failed." in said.get_content()


@pytest.mark.parametrize(
    ("given", "encrypted"),
    [
        ({}, ("starttls", 587)),
        ({"server": "smtps://smtp.acme.example"}, ("ssl", 465)),
        ({"server": "smtp://smtp.acme.example:25"}, ("starttls", 25)),
        ({"sender": "Acme <acme@gmail.com>"}, ("starttls", 587)),
    ],
)
def test_it_goes_to_the_server_that_is_set_encrypted_and_with_its_certificate_checked(
    given: dict[str, str], encrypted: tuple[str, int]
) -> None:
    secret = "p@ss/w?rd:%41&x=ü#"
    block = mail_block(mail(**given, user="us@er", password=secret), "a@seller.example", None)
    [plugin] = block._apprise_client
    assert (plugin.secure_mode, plugin.port) == encrypted
    assert (plugin.smtp_host, plugin.user, plugin.password) == ("smtp.acme.example", "us@er", secret)
    assert plugin.verify_certificate is True
    assert secret not in repr(block) and secret not in str(block)


def test_sendgrid_is_still_there() -> None:
    found = places(settings(alerts_sendgrid_key="SG.x", alerts_email_from="a@b.example", alerts_email_to="c@d.example"))
    assert isinstance(found["expansion-alerts-email"], SendgridEmail)


@pytest.mark.parametrize("given", [{"alerts_sendgrid_key": "SG.x"}, {"alerts_email_from": "a@b.example"}])
def test_half_of_the_settings_is_said(given: dict[str, str]) -> None:
    with pytest.raises(NoAccess, match="for alerts by e-mail set EXPANSION_ALERTS_EMAIL_TO, and EMAIL_SERVER"):
        places(settings(**given))


def test_without_a_server_for_mail_its_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoAccess, match="EMAIL_SERVER: missing"):
        places(settings(alerts_email_to="ops@seller.example"))


def test_prefect_keeps_it_as_a_slack_webhook() -> None:
    """It says so in docs/operate.md; a Prefect with a block for SMTP makes that page and this test old."""
    assert isinstance(mail_block(mail(), "a@seller.example", None), SlackWebhook)
