"""Secrets stay where they are kept: refused in definitions, hidden in logs, read from environment, files and blocks."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import tomllib
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import integrations
from expansion.contract import NoAccess
from expansion.language.model.mistakes import Mistakes
from expansion.language.workspace import load
from expansion.language.yaml.files import Folder
from expansion.ledger.store import open_ledger
from expansion.text import logs, redact
from expansion.text.redact import redacted
from expansion.text.secret_shapes import secrets_in
from integrations import slack
from integrations.kit import settings as _settings
from jobs.clean_errors import Fault, harmless
from jobs.settings import Settings
from tests import world

CANARY = "xoxb-" + "12345678901-CANARYcanary/+?canary"
LOOK_LIKE_SECRETS = [
    CANARY,
    "xoxp-" + "123456789-abcdef",
    "xoxe.xoxb-" + "1-Mi0yLTEyMzQ1",
    "xapp-" + "1-A012-abcdef0123",
    "https://hooks.slack.com/services/" + "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "pat-na1-" + "0a1b2c3d-4e5f-6789-abcd-ef0123456789",
    "dG9rO" + "jEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2",
    "00D5e000000abcd" + "!AQEAQH0dMHEXAMPLEXAMPLEEXAMPLE",
    "3MVG9" + "lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0",
    "postgresql://expansion:" + "hunter2@db.acme.example/ledger",
    "postgresql://expansion@db.acme.example/ledger?password=" + "hunter2",
    "Authorization: Bearer " + "abcdefghijklmnop0123",
    "Authorization: Basic " + "dXNlcjpwYXNzd29yZDEyMw==",
    "mixpanel_secret: " + "aB3dE5fG7hI9jK1lM3nO5pQ7",
    "api_key = " + "0123456789abcdef0123456789abcdef",
    "-----BEGIN RSA PRIVATE KEY" + "-----",
    "pnu_" + "abcdefghijklmnopqrstuvwx",
]
ORDINARY = [
    "channel: expansion-sales-leads-europe",
    "text: *{{ account.name }}* uses {{ facts.seats_used }} of {{ facts.seats_bought }} seats",
    "postgresql://user@host/name",
    "https://acme.my.salesforce.com/lightning/r/Account/0015e00000ABCDEAA2/view",
    "https://acme.example/accounts?key=ac-1000&tokens=50&author=dana",
    "definition 9c61e8f2a1b4c3d5e6f708192a3b4c5d6e7f8091",
    "basic plan customers who upgrade",
    "the token is not accepted; set SLACK_BOT_TOKEN, which starts with xoxb-",
    "description: Bot token, starts with xoxb-",
    "secret: {{ facts.secret }}",
]


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test made known as a secret, such as the word `password`, is none here."""
    monkeypatch.setattr(redact, "_secrets", set())


# --- in definitions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", LOOK_LIKE_SECRETS, ids=range(len(LOOK_LIKE_SECRETS)))
@pytest.mark.parametrize("line", ["title: '{}'", "# {}", "titel: {}"])
def test_a_definition_with_a_secret_is_refused_and_not_shown(secret: str, line: str, tmp_path: Path) -> None:
    folder = world.write_playbooks(tmp_path)
    playbook = folder / "call.yaml"
    playbook.write_text(playbook.read_text() + line.format(secret) + "\nnot_a_word: 1\n")
    with pytest.raises(Mistakes) as caught:
        load(Folder(folder), integrations.catalog())
    mine = [mistake for mistake in caught.value.mistakes if mistake.file.endswith("call.yaml")]
    assert [mistake.message.partition(";")[2] for mistake in mine] == [" no secret belongs in a definition"]
    assert mine[0].line == len(playbook.read_text().splitlines()) - 1
    assert "^" in mine[0].snippet
    found = next(secrets_in(secret))
    assert secret[found.start : found.end] not in str(caught.value)


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert list(secrets_in(text)) == []
    assert redacted(text) == text


def test_nothing_that_we_ship_looks_like_a_secret() -> None:
    root = Path(__file__).parents[2]
    for path in [*root.glob("playbooks/**/*.yaml"), *root.glob("docs/examples/**/*.yaml"), root / "prefect.yaml"]:
        assert [line for line in path.read_text().splitlines() if list(secrets_in(line))] == [], path


def test_a_systems_secrets_are_known_before_anything_of_it_is_imported() -> None:
    code = """if True:
        import sys, integrations
        from expansion.text.redact import redacted
        print([redacted(secret)[:3] for secret in sys.argv[1:]])
        print([name for name in sys.modules if name.startswith("integrations.")])
    """
    theirs = [one for one in LOOK_LIKE_SECRETS if one.startswith(("xoxb", "pat-na1", "dG9rO", "00D", "3MVG9"))]
    done = subprocess.run([sys.executable, "-c", code, *theirs], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(["•••"] * 5), "[]"]


def test_what_secrets_look_like_is_installed_with_the_code() -> None:
    root = Path(__file__).parents[2]
    with (root / "pyproject.toml").open("rb") as file:
        installed = tomllib.load(file)["tool"]["setuptools"]["package-data"]["*"]
    files = list((root / "integrations").rglob("secret_shapes*"))
    assert len(files) >= 4
    assert all(any(file.match(pattern) for pattern in installed) for file in files)


# --- in logs and errors -----------------------------------------------------------------------------------------------


def written(secret: str) -> list[str]:
    """Ways in which a secret may be written; made by hand here, not by what hides it."""
    return [
        secret,
        quote(secret),
        quote(secret, safe=""),
        b64encode(secret.encode()).decode(),
        b64encode(f"account.ab12:{secret}".encode()).decode(),
        b64encode(f"u:{secret}".encode()).decode(),
        b64encode(f"us:{secret}".encode()).decode(),
    ]


@pytest.mark.parametrize("secret", ["s3cret/+with=signs", "plainsecret", CANARY, "ümläute-8"])
def test_a_secret_that_was_read_is_hidden_however_it_is_written(secret: str) -> None:
    redact.know(secret)
    for form in written(secret):
        said = redacted(f"sent {form} away")
        assert secret not in said
        assert "•••" in said, form
        assert form[-14:-6] not in said


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.http11", "slack_sdk.web", "hubspot.crm", "sqlalchemy.engine", "root"]
)
def test_every_logger_is_guarded(name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "_logRecordFactory", logging.getLogRecordFactory())
    logs.guard()
    redact.know("canary-secret-1")
    logger = logging.getLogger(name)
    with caplog.at_level(logging.DEBUG, logger=name):
        logger.debug("%s %s", {"Authorization": "canary-secret-1"}, "ana@acme.example")
        logger.debug("GET /query?q=Email+%3D+%27bo%40acme.example%27")
        logger.debug("to ana@acme.example: 7 %% of %(who)s", {"who": "cem@acme.example"})
        try:
            raise KeyError("dora@acme.example canary-secret-1")
        except KeyError:
            logger.exception("broke off")
    said = "\n".join(map(logging.Formatter().format, caplog.records))
    assert "canary" not in said
    assert not re.search(r"\w(?:@|%40)", said)
    assert said.count("…@acme.example") == 6
    assert "KeyError" in said


def test_a_wrong_log_call_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    record = logs.HarmlessRecord("x", 10, "f", 1, "%s and %s", ("ana@acme.example",), None)
    assert record.getMessage() == "%s and %s"


def test_uvicorns_formatter_gets_its_arguments() -> None:
    arguments = ("127.0.0.1:1", "GET", "/a?who=ana%40acme.example", "1.1", 200)
    record = logs.HarmlessRecord("uvicorn.access", 20, "f", 1, '%s - "%s %s HTTP/%s" %d', arguments, None)
    assert record.args == ("127.0.0.1:1", "GET", "/a?who=a…@acme.example", "1.1", 200)


def test_an_error_for_prefect_keeps_its_kind_and_loses_addresses() -> None:
    clean = ValueError("3 accounts")
    assert harmless(clean) is clean
    told = harmless(NoAccess("Salesforce: ana@acme.example may not"))
    assert isinstance(told, NoAccess)
    assert str(told) == "Salesforce: a…@acme.example may not"

    class Stubborn(Exception):
        def __str__(self) -> str:
            return "ana@acme.example"

    assert isinstance(fault := harmless(Stubborn()), Fault)
    assert str(fault) == "Stubborn: a…@acme.example"


def test_a_failed_statement_does_not_quote_its_values(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(DBAPIError) as caught, ledger.reading() as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE a = :a"), {"a": "ana@acme.example"})
    assert "ana" not in str(caught.value)


# --- where they are kept ----------------------------------------------------------------------------------------------


@pytest.fixture
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "EXPANSION_SECRETS_DIR", "EXPANSION_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


def token() -> str:
    return _settings.read(slack.Settings).bot_token.get_secret_value()


@pytest.mark.usefixtures("_nothing_set")
def test_settings_come_from_the_first_place_that_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoAccess, match="SLACK_BOT_TOKEN: missing"):
        token()
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "slack_bot_token").write_text("xoxb-of-the-file\n")
    monkeypatch.setenv("EXPANSION_SECRETS_DIR", str(mounted))
    assert token() == "xoxb-of-the-file"
    monkeypatch.delenv("EXPANSION_SECRETS_DIR")
    (tmp_path / ".env").write_text(f"EXPANSION_SECRETS_DIR={mounted}\n")
    assert token() == "xoxb-of-the-file"
    monkeypatch.setenv("EXPANSION_SECRETS_DIR", str(mounted))
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-of-dotenv\n")
    assert token() == "xoxb-of-dotenv"
    _settings.give({"SLACK_BOT_TOKEN": "xoxb-of-a-block"})
    assert token() == "xoxb-of-a-block"
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-environment")
    assert token() == "xoxb-of-the-environment"


@pytest.mark.usefixtures("_nothing_set")
def test_a_folder_of_secrets_that_is_not_mounted_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPANSION_SECRETS_DIR", "/nowhere/at/all")
    with pytest.raises(NoAccess, match="EXPANSION_SECRETS_DIR names /nowhere/at/all, and there is no such folder"):
        token()


@pytest.mark.usefixtures("_nothing_set")
def test_the_password_inside_an_address_is_a_secret_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPANSION_LEDGER_URL", "postgresql://expansion:hunter%2B2hunter@db/ledger")
    _settings.read(Settings)
    assert redacted("password hunter+2hunter, or hunter%2B2hunter") == "password •••, or •••"


def test_every_secret_setting_is_one_that_cannot_be_printed() -> None:
    """A setting that is called a secret and is plain text would be shown by any error that shows settings."""
    models = {model for name in integrations.NAMES for model in integrations.integration(name).models}
    for model in models:
        for field, info in model.model_fields.items():
            if any(word in field for word in ("secret", "token", "password", "keys")):
                assert info.annotation in (SecretStr, SecretStr | None), f"{model.__module__}: {field}"
