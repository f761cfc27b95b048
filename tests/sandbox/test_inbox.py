"""The inbox page shows what arrived, safely, and works from a file without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from sandbox.all import STAND_INS
from sandbox.kit.inbox import anchor, inbox_routes, initials, render_inbox
from sandbox.kit.server import Server, build_app
from sandbox.kit.stand_in import InboxItem, StandIn
from sandbox.kit.state import State

NASTY = "<script>alert(1)</script>\"'&"


def item(**what: object) -> InboxItem:
    usual = {
        "system": "salesforce", "what": "task", "to": "Dana Reyes", "title": "Seats: Acme is at 92%",
        "html": "46 of 50 seats", "at": "2026-11-20T09:00:00.000+0000", "account": "Acme", "key": "a" * 64,
        "facts": {"Due": "24 Nov 2026"},
    }  # fmt: skip
    return InboxItem(**{**usual, **what})  # type: ignore[arg-type]


class Page(HTMLParser):
    """The words, ids and counts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.ids, self.addresses = "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attributes)
        self.ids.append(named.get("id"))
        self.addresses += [value for name, value in attributes if name in ("src", "href") and value]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_task_shows_who_what_when_and_for_which_account() -> None:
    text = Page(render_inbox([item()], STAND_INS)).text
    for word in ("Seats: Acme is at 92%", "Dana Reyes", "46 of 50 seats", "24 Nov 2026", "20 Nov 2026, 09:00 UTC"):
        assert word in text


def test_everything_from_outside_is_escaped() -> None:
    html = render_inbox(
        [item(title=NASTY, to=NASTY, account=NASTY, key=NASTY, what=NASTY, facts={NASTY: NASTY})], STAND_INS
    )
    assert "<script>alert" not in html
    assert Page(html).tags.count("script") == 1


def test_the_page_loads_nothing_and_its_policy_names_its_own_style_and_script_alone() -> None:
    html = render_inbox([item(), item(system="slack")], STAND_INS)
    assert not [address for address in Page(html).addresses if not address.startswith("#")]
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    for tag in ("style", "script"):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert inside is not None
        digest = b64encode(sha256(inside[1].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]
    assert " style=" not in html, "the policy forbids them"
    assert "onclick" not in html


def test_the_systems_are_counted() -> None:
    page = Page(render_inbox([item(), item(key="b"), item(system="slack"), item(system="pagerduty")], STAND_INS))
    words = page.text.split()
    for name, count in (("Everything", "4"), ("Salesforce", "2"), ("Slack", "1"), ("Pagerduty", "1")):
        assert words[words.index(name) + 1] == count
    assert page.ids.index("slack") < page.ids.index("salesforce") < page.ids.index("pagerduty")


def test_newest_comes_first() -> None:
    text = Page(render_inbox([item(title="old", at="2026-01-01T00:00:00Z"), item(title="new")], STAND_INS)).text
    assert text.index("new") < text.index("old")


def test_people_who_became_eligible_for_the_same_share_a_card() -> None:
    same = {"system": "intercom", "title": "Eligible for the series Nudge", "what": "series"}
    html = render_inbox(
        [item(**same, to="Ana", key="1"), item(**same, to="Ben", key="2"), item(**same, account="B")], STAND_INS
    )
    page = Page(html)
    assert page.tags.count("article") == 2
    assert {anchor("intercom", "1"), anchor("intercom", "2")} <= set(page.ids), "links to each still lead there"
    assert "<option>Ana</option>" not in html, "the owner filter holds owners"


def test_a_digest_is_found_by_each_of_its_accounts() -> None:
    html = render_inbox([item(system="slack", to="#expansion", account="Acme · Globex")], STAND_INS)
    assert "<option>Acme</option>" in html
    assert "<option>Globex</option>" in html
    assert 'data-accounts="Acme\nGlobex"' in html


def test_nothing_yet_says_what_to_do() -> None:
    assert "Nothing has arrived yet" in Page(render_inbox([], STAND_INS)).text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-03-02", "2 Mar 2026"),
        ("2026-03-02T17:00:00Z", "2 Mar 2026, 17:00 UTC"),
        ("2026-03-02T17:00:00.000+0100", "2 Mar 2026, 16:00 UTC"),
        ("20 seats", "20 seats"),
        ("20260302", "20260302"),
    ],
)
def test_dates_among_the_facts_are_readable(text: str, shown: str) -> None:
    assert f"<dd>{shown}</dd>" in render_inbox([item(facts={"Due": text})], STAND_INS)


def test_a_time_that_cannot_be_read_is_shown_as_it_came() -> None:
    assert "yesterday" in Page(render_inbox([item(at="yesterday")], STAND_INS)).text


@pytest.mark.parametrize(
    ("name", "letters"), [("Dana Reyes", "DR"), ("dana@acme.example", "D"), ("#expansion", "#"), ("", "?")]
)
def test_a_person_has_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


class OneTask(StandIn):
    name = "salesforce"

    def routes(self) -> list:  # type: ignore[type-arg]
        return []

    def inbox(self) -> list[InboxItem]:
        return [item()]


@pytest.mark.starts
def test_the_page_is_served_with_a_policy_and_from_the_root() -> None:
    members = [OneTask(State())]
    with Server(build_app(State(), members, inbox_routes(members))) as url:
        reply = httpx.get(f"{url}/", follow_redirects=True, trust_env=False)
    assert reply.url.path == "/inbox"
    assert "Seats: Acme is at 92%" in reply.text
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "default-src 'none'" in reply.headers["content-security-policy"]


# --- in a browser -----------------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
@pytest.mark.parametrize(
    ("address", "titles"),
    [
        ("", {"Acme task", "Globex task", "Message"}),
        ("#slack", {"Message"}),
        ("?account=Globex", {"Globex task", "Message"}),
        ("?owner=Sam%20Ortiz&q=storage%20GLOBEX", {"Globex task"}),
        ("?q=nothing%20fits", set()),
    ],
)
def test_filters_leave_what_fits(tmp_path: Path, address: str, titles: set[str]) -> None:
    items = [
        item(title="Acme task"),
        item(title="Globex task", account="Globex", to="Sam Ortiz", html="storage", key="2"),
        item(system="slack", title="Message", html="<h4>Message</h4>", account="Acme · Globex", to="#expansion"),
    ]
    page = tmp_path / "inbox.html"
    page.write_text(render_inbox(items, STAND_INS))
    shown = dump(f"{page.as_uri()}{address}", tmp_path)
    assert '<form class="filters" role="search">' in shown, "the script ran under its policy"
    articles = re.findall(r"<article([^>]*)>(.*?)</article>", shown, re.DOTALL)
    visible = {re.search(r"<h[34]>(.*?)</h[34]>", body)[1] for start, body in articles if "hidden" not in start}  # type: ignore[index]
    assert visible == titles
    assert ('id="none" hidden' in shown) == bool(titles)


def dump(address: str, folder: Path) -> str:
    """The page after its script ran."""
    quiet = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync"
    )
    command = [str(CHROMIUM), *quiet.split(), f"--user-data-dir={folder / 'profile'}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


ADDRESS = "http://127.0.0.1:34097/salesforce/lightning/r/Account/0015e0000000005AAA/view"


def test_addresses_of_the_stand_ins_are_links_while_they_answer_and_crossed_out_afterwards():
    one = item(
        html=f"Account: {ADDRESS}<br>Elsewhere: http://acme.example/a, {ADDRESS.replace('127.0.0.1', 'acme.example')}"
    )
    assert f'<a href="{ADDRESS}">{ADDRESS}</a>' in render_inbox([one], STAND_INS)
    ended = render_inbox([one], STAND_INS, up=False)
    assert f'<span class="ended">{ADDRESS}</span> (ended with the demo)' in ended
    assert f'href="{ADDRESS}"' not in ended
    assert 'href="http://acme.example' not in render_inbox([one], STAND_INS), "nothing else becomes a link"


def test_a_link_that_is_one_already_stays_as_it_is():
    html = f'<a href="{ADDRESS}">{ADDRESS}</a>'
    assert html in render_inbox([item(html=html)], STAND_INS)


def test_the_note_stands_above_the_cards():
    assert '<p class="small note">The sample data end on 2 March &lt;2026&gt;</p>' in render_inbox(
        [item()], STAND_INS, note="The sample data end on 2 March <2026>"
    )
