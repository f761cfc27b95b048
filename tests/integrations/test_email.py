"""E-mail: handed to a server once, in two forms and one thread, with the password over TLS only."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from expansion.contract import AccountRef, Done, NoAccess, Piece, Refused, TryLater
from integrations.email.inputs import SendEmail
from integrations.email.text import html, plain
from sandbox.email.answers import ANSWERS
from sandbox.email.app import Email
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FIRED_AT as NOW
from tests.integrations.contract import ActionContract, Case, key_of
from tests.systems.email import connect, message, said_later, settings

Start = Callable[..., StandIns]


@pytest.fixture
def there(stand_ins: Start) -> StandIns:
    found = stand_ins(Email)
    found.get(Email).per_minute = 10_000  # the clock of the test does not wait for the server's
    return found


def case_of(there: StandIns, action: str, good: Callable[[str], Piece], bad: Piece) -> Case:
    return Case(
        stand_ins=there,
        vendor="email",
        connect=lambda: connect(there).actions[action],
        good=good,
        bad=bad,
        write={"method": "TEXT", "path": "/email/smtp"},
        lock_out=lambda: setattr(there.get(Email), "password", "another"),
        answers=ANSWERS,
        findable=False,
        may_be_unsure=True,
    )


class _Mails:
    def test_what_is_already_there_is_not_done_again(self, case: Case) -> None:
        """Nobody can know: the action says that it cannot be repeated, and that it cannot be looked up."""
        assert not case.action.repeatable
        [reply] = case.action.find([case.good("one")])
        assert isinstance(reply, Refused)


class TestSend(_Mails, ActionContract):
    action = "email.send"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case_of(there, self.action, message, message("bad", to="nobody@gone.example"))


class TestReply(_Mails, ActionContract):
    action = "email.reply"

    @pytest.fixture
    def case(self, there: StandIns) -> Case:
        return case_of(there, self.action, said_later, said_later("bad", channel="nowhere"))


# --- what its own text says -------------------------------------------------------------------------------------------


def sent(there: StandIns, *pieces: Piece) -> list[EmailMessage]:
    replies = [reply for one in pieces for reply in connect(there).actions[_action(one)].deliver([one])]
    assert all(isinstance(reply, Done) for reply in replies), replies
    return there.get(Email).messages()


def _action(one: Piece) -> str:
    return "email.send" if isinstance(one.input, SendEmail) else "email.reply"


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_a_mail_has_all_that_servers_and_mail_programs_want(there: StandIns) -> None:
    [mail] = sent(there, message(subject="Größer: Acme", text="*Acme* grows\n• <https://a.example/x|look>"))
    assert (mail["From"], mail["To"]) == ("Expansion <expansion@seller.example>", "dana@seller.example")
    assert mail["Subject"] == "Größer: Acme"
    assert mail["Message-ID"] == f"<{key_of('one')}@seller.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.utcoffset() is not None
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    assert part(mail, "plain").splitlines() == [
        "Acme grows",
        "- look: https://a.example/x",
        "",
        "Acme · seat-limit → seat-expansion",
    ]
    assert '<a href="https://a.example/x">look</a>' in part(mail, "html")


def test_without_a_subject_it_says_who_and_why(there: StandIns) -> None:
    [mail] = sent(there, message())
    assert mail["Subject"] == "Acme: seat-limit"


def test_what_comes_later_answers_it_and_all_mails_of_a_firing_are_one_thread(there: StandIns) -> None:
    first, later, reminder = sent(
        there, message("first"), said_later("two"), message("three", to=None, channel="expansion")
    )
    assert later["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in later["References"]
    [thread] = first["References"].split()
    assert thread in later["References"] and thread == reminder["References"]
    assert later["Subject"] == f"Re: {first['Subject']}"
    assert "Dana has it (two)" in part(later, "plain")


def test_it_goes_to_everybody_once(there: StandIns) -> None:
    sent(there, message(to=["dana@seller.example", "revops@seller.example"], channel="expansion"))
    [item] = there.get(Email).inbox()
    assert item.to == "dana@seller.example, revops@seller.example, cs@seller.example"
    assert (item.title, item.account) == ("Acme: seat-limit", "Acme")


def test_numbers_are_a_table(there: StandIns) -> None:
    [mail] = sent(there, message(fields={"Seats": "46 of *50*", "<b>": "x"}))
    assert "Seats: 46 of 50\n<b>: x\n" in part(mail, "plain")
    assert "<th align='left'>&lt;b&gt;</th>" in part(mail, "html")


@pytest.mark.parametrize(
    ("written", "read", "shown"),
    [
        ("*Acme* grows", "Acme grows", "<p><strong>Acme</strong> grows</p>"),
        ("_soon_ and 2 * 3 * 4", "soon and 2 * 3 * 4", "<p><em>soon</em> and 2 * 3 * 4</p>"),
        ("<https://a.example/?a=1&amp;b=2|x>", "x: https://a.example/?a=1&b=2", '<p><a href="https://a.example/?a=1&amp;b=2">x</a></p>'),
        ("<https://a.example>", "https://a.example", '<p><a href="https://a.example">https://a.example</a></p>'),
        ("A &amp; B &lt;i&gt;", "A & B <i>", "<p>A &amp; B &lt;i&gt;</p>"),
        ("<script>x</script>", "<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ('<https://a.example/"onclick=x|y>', 'y: https://a.example/"onclick=x', '<p><a href="https://a.example/&quot;onclick=x">y</a></p>'),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("why:\n• a\n• b", "why:\n- a\n- b", "<p>why:</p><ul><li>a</li><li>b</li></ul>"),
        ("snake_case_name", "snake_case_name", "<p>snake_case_name</p>"),
    ],
)  # fmt: skip
def test_what_is_written_for_slack_is_read_in_both_forms(written: str, read: str, shown: str) -> None:
    assert (plain(written), html(written)) == (read, shown)


def test_lines_that_begin_with_a_dot_arrive_as_they_are(there: StandIns) -> None:
    one = Piece(
        key_of("one"), AccountRef("a", "Acme"), SendEmail(to="d@seller.example", text=".\n..two\n.end"), NOW, "t", "p"
    )
    [mail] = sent(there, one)
    assert mail.as_bytes().count(b"\n.") > 2, "nothing is encoded that would hide them"
    assert part(mail, "plain").splitlines()[:3] == [".", "..two", ".end"]


@pytest.mark.parametrize("text", ["größer", "größer " * 500, "x" * 5000])
def test_letters_and_lines_of_any_kind_arrive_as_they_are(there: StandIns, text: str) -> None:
    [mail] = sent(there, message(text=text))
    assert part(mail, "plain").splitlines()[0] == text


# --- nothing gets into a header ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["one\nBcc: eve@evil.example", "one\r\n\r\nbody", "one\x00two", "one\u2028two"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(ValidationError, match="a subject is one line of text"):
        SendEmail(to="dana@seller.example", subject=subject, text="hi")


@pytest.mark.parametrize(
    "address",
    ["a@b.example>,<eve@evil.example", "a@b.example,eve@evil.example", '"a b"@b.example', "a;b@c.example", "a@.b.c"],
)  # fmt: skip
def test_an_address_that_a_server_could_read_as_two_is_refused(there: StandIns, address: str) -> None:
    try:
        one = message(to=address)
    except ValidationError:
        return
    [reply] = connect(there).actions["email.send"].deliver([one])
    assert isinstance(reply, Refused) and "none that mail can go to" in str(reply)
    assert there.requests() == []


def test_an_account_called_like_a_header_stays_a_name(there: StandIns) -> None:
    one = message()
    nasty = Piece(one.key, type(one.account)("a", "Acme\r\nBcc: eve@evil.example"), one.input, one.fired_at, "t", "p")
    [mail] = sent(there, nasty)
    assert (mail["Subject"], mail["Bcc"]) == ("Acme Bcc: eve@evil.example: t", None)


# --- whom the server does not take it for -----------------------------------------------------------------------------


def test_who_is_left_out_is_shown_and_the_others_get_it(there: StandIns) -> None:
    to = ["dana@seller.example", "nobody@gone.example", "full@seller.example"]
    [reply] = connect(there).actions["email.send"].deliver([message(to=to)])
    assert isinstance(reply, Done)
    assert reply.note == (
        "not taken for address 2 (550 5.1.1 <(e-mail)>: Recipient address rejected: User unknown) and "
        "address 3 (452 4.2.2 <(e-mail)>: mailbox full) of 3"
    )
    assert [item.to for item in there.get(Email).inbox()] == ["dana@seller.example"]


def test_where_everybody_is_full_it_is_tried_again(there: StandIns) -> None:
    [reply] = connect(there).actions["email.send"].deliver([message(to="full@seller.example")])
    assert isinstance(reply, TryLater) and not reply.maybe_done


# --- settings ---------------------------------------------------------------------------------------------------------


def test_a_sender_that_is_not_ours_is_a_matter_for_a_person(there: StandIns) -> None:
    [reply] = connect(there, sender="Boss <boss@seller.example>").actions["email.send"].deliver([message()])
    assert isinstance(reply, NoAccess) and "we may not send in the name of EMAIL_SENDER (553)" in str(reply)


def test_who_is_not_let_in_tries_once(there: StandIns) -> None:
    there.get(Email).password = "another"
    replies = connect(there).actions["email.send"].deliver([message(str(n)) for n in range(20)])
    assert len(replies) == 20 and all(isinstance(one, NoAccess) for one in replies)
    assert len(there.requests("AUTH")) == 1


def test_a_message_larger_than_the_server_takes_is_not_sent(there: StandIns) -> None:
    there.get(Email).offers[2] = "SIZE 2000"
    [reply] = connect(there).actions["email.send"].deliver([message(text="x" * 3000)])
    assert isinstance(reply, Refused) and "larger than the server takes" in str(reply)
    assert there.requests("MAIL") == []


def test_a_batch_goes_over_one_line(there: StandIns) -> None:
    connect(there).actions["email.send"].deliver([message(str(n)) for n in range(5)])
    assert len(there.requests("CONNECT")) == len(there.requests("AUTH")) == 1
    assert len(there.requests("TEXT")) == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"server": "smtp.acme.example"}, "write `smtp://HOST:587`"),
        ({"server": "smtps://me:pw@smtp.acme.example"}, "leave name and password out"),
        ({"sender": "Expansion"}, "write one address"),
        ({"sender": "a@b.example\nBcc: c@d.example"}, "write one address"),
        ({"lists": "expansion=nobody"}, "the list `expansion` holds what is no e-mail address"),
        ({"lists": "nonsense"}, "write `name=ana@acme.example"),
        ({"password": None}, "EMAIL_USER and EMAIL_PASSWORD go together"),
    ],
)
def test_settings_that_cannot_be_are_said(there: StandIns, changes: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        settings(there, **changes)


# --- doctor -----------------------------------------------------------------------------------------------------------


def test_doctor_signs_in_and_sends_nothing(there: StandIns) -> None:
    found = connect(there).check()
    assert [(one.what, one.ok) for one in found[:2]] == [
        ("127.0.0.1 takes mail, signed in", True),
        ("lists: expansion, renewals", True),
    ]
    assert there.requests("MAIL") == []


def test_doctor_says_that_the_password_is_wrong(there: StandIns) -> None:
    there.get(Email).password = "another"
    [first, *_] = connect(there).check()
    assert not first.ok and "check EMAIL_USER and EMAIL_PASSWORD" in (first.remedy or "")
