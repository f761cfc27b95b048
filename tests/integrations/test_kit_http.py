"""The one HTTP client, against a server on this machine: turns, deadlines, repeats, shapes, pages and streams."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from expansion.contract import Failure, NoAccess, NotItsTurn, Refused, TryLater
from expansion.limits import Limit
from integrations.kit.budgets import Budget
from integrations.kit.http import Api, json_of
from integrations.kit.meanings import SERVER_TROUBLE, Meanings, Row, Told
from integrations.kit.retry import RetryPolicy
from integrations.kit.waits import retry_after
from integrations.kit.world import World
from sandbox.kit.stand_in import StandIn
from tests.integrations.conftest import StandIns
from tests.integrations.contract import FakeClock

MEANINGS = Meanings(
    "Acme",
    Row(429, TryLater, "too many calls", wait=retry_after),
    Row(SERVER_TROUBLE, TryLater, "trouble at Acme's side ({status})", maybe_done="as written"),
    Row(401, NoAccess, "the token is not accepted; check ACME_TOKEN"),
    otherwise="refused ({code}): {message}",
)
RETRY = RetryPolicy(tries=3, first_wait=0.01, longest_wait=30.0, sleep=lambda _: None)
TIMEOUT = 0.3


class Acme(StandIn):
    """Tasks that are made as often as they are sent, a list in pages of two, and many lines."""

    name = "acme"

    def routes(self) -> list[BaseRoute]:
        async def me(request: Request) -> Response:
            return JSONResponse({key: request.headers.get(key) for key in ("authorization", "x-version", "accept")})

        async def task(request: Request) -> Response:
            body = await request.json() if request.method != "DELETE" else {"name": "gone"}
            self.state.applied("acme", "task", body["name"])
            return JSONResponse({"id": body["name"]}) if request.method != "DELETE" else Response(status_code=204)

        async def numbers(request: Request) -> Response:
            start = int(request.query_params.get("after", 0))
            following = {"after": start + 2} if start + 2 < 5 else {}
            page = {"numbers": list(range(start, min(start + 2, 5))), "of": request.query_params["of"]}
            return JSONResponse(page | following)

        async def several(request: Request) -> Response:
            return JSONResponse([1, 2])

        async def lines(request: Request) -> Response:
            async def pieces() -> Any:
                for n in range(int(request.query_params["many"])):
                    yield f'{{"n": {n}, "text": "one\u2028two"}}\n\n'.encode()
                yield b'{"n": "last"}'

            return StreamingResponse(pieces())

        return [
            Route("/v1/me", me),
            Route("/v1/tasks", task, methods=["POST", "PUT", "DELETE"]),
            Route("/v1/numbers", numbers),
            Route("/v1/several", several),
            Route("/v1/lines", lines),
        ]


def told(reply: httpx.Response) -> Told:
    error = json_of(reply)["error"]
    return Told(reply.status_code, error["code"], error["message"], reply.headers)


@pytest.fixture
def acme(stand_ins: Callable[..., StandIns]) -> StandIns:
    return stand_ins(Acme)


def api(acme: StandIns, **how: Any) -> Api:
    world = how.pop("world", World(retry=RETRY, timeout=TIMEOUT))
    return Api(f"{acme.base_url('acme')}/v1", MEANINGS, RETRY, world, told=told, **how)


def made(acme: StandIns) -> int:
    return acme.applied("task").get("Call", 0)


def test_a_call_is_signed_in_and_gives_json(acme: StandIns) -> None:
    there = api(acme, headers={"Authorization": "Bearer x", "X-Version": "2"})
    assert there.get("/me", "looking") == {"authorization": "Bearer x", "x-version": "2", "accept": "application/json"}
    assert api(acme, auth=("me", "secret")).get("me", "looking")["authorization"] == "Basic bWU6c2VjcmV0"
    assert there.post("/tasks", "making a task", {"name": "Call"}) == {"id": "Call"}
    assert there.call("GET", "/several", "listing", shape=list) == [1, 2]


def test_neither_netrc_nor_a_proxy_is_used_for_this_machine(
    acme: StandIns, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert api(acme).get("/me", "looking")["authorization"] is None


def test_an_error_is_read_from_the_table(acme: StandIns) -> None:
    body = {"error": {"code": "bad_name", "message": "no such\nperson"}}
    acme.fault("acme", "status", status=422, body=body, path="tasks")
    with pytest.raises(Refused) as caught:
        api(acme).post("/tasks", "making a task", {"name": "Call"})
    assert str(caught.value) == "Acme, making a task: refused (bad_name): no such person"
    acme.fault("acme", "status", status=401, body="<html>", path="tasks")
    with pytest.raises(NoAccess, match="check ACME_TOKEN"):
        api(acme).post("/tasks", "making a task", {"name": "Call"})
    assert made(acme) == 0


def test_a_redirect_is_not_followed(acme: StandIns) -> None:
    acme.fault("acme", "status", status=302, headers={"location": f"{acme.base_url('acme')}/v1/me"}, path="numbers")
    with pytest.raises(Refused):
        api(acme).get("/numbers", "counting", {"of": "x"})
    assert len(acme.requests()) == 1


def make(there: Api) -> Any:
    return there.post("/tasks", "making a task", {"name": "Call"})


def make_again(there: Api) -> Any:
    return there.post("/tasks", "making a task", {"name": "Call"}, again=True)


def ask(there: Api) -> Any:
    return there.post("/tasks", "asking", {"name": "Call"}, wrote=False)


def put(there: Api) -> Any:
    return there.put("/tasks", "setting a task", {"name": "Call"})


def get(there: Api) -> Any:
    return there.get("/me", "looking")


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "slow"])
@pytest.mark.parametrize(("call", "tries"), [(make, 1), (make_again, 2), (ask, 2), (put, 2), (get, 2)])
def test_what_broke_off_is_repeated_only_where_that_is_safe(
    acme: StandIns, call: Callable[[Api], Any], tries: int, kind: str
) -> None:
    acme.fault("acme", kind, seconds=3 * TIMEOUT)
    try:
        call(api(acme))
    except TryLater as failure:
        assert tries == 1 and failure.maybe_done
        assert any(words in str(failure) for words in ("broke the connection off", "did not answer in time"))
    assert len(acme.requests()) == tries


def test_what_certainly_was_not_done_is_repeated_and_what_is_in_doubt_is_not(acme: StandIns) -> None:
    acme.fault("acme", "status", status=429, times=2)
    make(api(acme))
    assert (made(acme), len(acme.requests())) == (1, 3)
    acme.fault("acme", "status", status=503)
    with pytest.raises(TryLater) as caught:
        make(api(acme))
    assert caught.value.maybe_done and made(acme) == 1
    acme.fault("acme", "status", status=503, times=3)
    with pytest.raises(TryLater) as caught:
        ask(api(acme))
    assert not caught.value.maybe_done


def test_what_never_went_out_is_not_in_doubt() -> None:
    nowhere = Api("http://127.0.0.1:9", MEANINGS, RETRY, World(retry=RETRY))
    with pytest.raises(TryLater, match="Acme cannot be reached") as caught:
        make(nowhere)
    assert not caught.value.maybe_done


@pytest.mark.parametrize("kind", ["trickle", "trickle_headers"])
def test_a_reply_that_trickles_is_given_up(acme: StandIns, kind: str) -> None:
    acme.fault("acme", kind, seconds=15)
    begun = time.monotonic()
    with pytest.raises(TryLater, match="did not answer in time") as caught:
        api(acme, headers={"X-Version": "x" * 300}, world=World(retry=RetryPolicy(tries=1), timeout=TIMEOUT)).get(
            "/me", "looking"
        )
    assert time.monotonic() - begun < 9
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<html>Down for maintenance</html>", "Acme, looking: the answer is not JSON"),
        ('{"half": ', "Acme, looking: the answer is not JSON"),
        ("", "Acme, looking: the answer is not JSON"),
        ("[" * 50_000, "Acme, looking: the answer is not JSON"),
        ("[1]", "Acme, looking: the answer is not what Acme documents"),
        ("null", "Acme, looking: the answer is not what Acme documents"),
    ],
)
def test_an_answer_in_another_shape_is_a_failure(acme: StandIns, body: str, says: str) -> None:
    acme.fault("acme", "status", status=200, body=body, times=3)
    with pytest.raises(TryLater) as caught:
        get(api(acme))
    assert str(caught.value) == says
    assert len(acme.requests()) == 3


def test_a_web_page_in_place_of_what_was_made_is_in_doubt(acme: StandIns) -> None:
    acme.fault("acme", "status", status=200, body="<html>")
    with pytest.raises(TryLater) as caught:
        make(api(acme))
    assert caught.value.maybe_done


def test_done_without_a_word_is_the_status_that_was_named_and_no_other(acme: StandIns) -> None:
    assert api(acme).delete("/tasks", "removing a task", empty=204) == {}
    with pytest.raises(TryLater, match="not JSON"):
        api(acme).delete("/tasks", "removing a task", empty=202)


# --- turns ------------------------------------------------------------------------------------------------------------


def budget(clock: FakeClock, calls: int = 3, patience: float = 60.0) -> Budget:
    return Budget("Acme", Limit(calls, 60, "here"), clock=clock, patience=patience)


def test_every_try_takes_its_turn_and_none_is_sent_out_of_turn(acme: StandIns) -> None:
    there = api(acme, turn=budget(FakeClock(), patience=1.0))
    acme.fault("acme", "status", status=503)
    get(there)
    get(there)
    with pytest.raises(NotItsTurn, match="Acme: the limit leaves no call"):
        get(there)
    assert len(acme.requests()) == 3


def test_no_call_goes_out_while_the_server_asks_for_a_pause(acme: StandIns) -> None:
    clock = FakeClock()
    shared = budget(clock, calls=100)
    acme.fault("acme", "status", status=429, headers={"Retry-After": "20"})
    get(api(acme, turn=shared))
    assert sum(clock.slept) == pytest.approx(20)
    acme.fault("acme", "status", status=429, headers={"Retry-After": "45"})
    with pytest.raises(TryLater, match="too many calls"):
        get(api(acme, turn=shared))
    begun = clock.now
    get(api(acme, turn=shared))
    assert clock.now - begun == pytest.approx(45)


def test_a_call_may_count_in_a_budget_of_its_own(acme: StandIns) -> None:
    of_all, own, inside = budget(FakeClock()), budget(FakeClock()), []

    class Turn:
        @contextmanager
        def one(self) -> Iterator[None]:
            inside.append(threading.get_ident())
            with own.one():
                yield

    there = api(acme, turn=of_all)
    there.post("/tasks", "making a task", {"name": "Call"}, turn=Turn())
    assert (of_all.left(), own.left(), len(inside)) == (3, 2, 1)


# --- pages and streams ------------------------------------------------------------------------------------------------


def after(page: Mapping[str, Any]) -> dict[str, int] | None:
    return {"after": page["after"]} if "after" in page else None


def test_pages_are_read_to_the_last(acme: StandIns) -> None:
    pages = list(api(acme).pages("/numbers", "counting", {"of": "x"}, following=after))
    assert [n for page in pages for n in page["numbers"]] == [0, 1, 2, 3, 4]
    assert {page["of"] for page in pages} == {"x"}
    assert len(acme.requests()) == 3


def test_a_page_that_fails_loses_none_of_those_before(acme: StandIns) -> None:
    acme.fault("acme", "status", status=500, after=1, times=9)
    seen = []
    with pytest.raises(TryLater):
        for page in api(acme).pages("/numbers", "counting", {"of": "x"}, following=after):
            seen += page["numbers"]
    assert seen == [0, 1]


def test_pages_that_never_end_are_given_up(acme: StandIns) -> None:
    with pytest.raises(TryLater, match="Acme sends the same page again and again"):
        list(api(acme).pages("/numbers", "counting", {"of": "x"}, following=lambda page: {"after": 2}))
    assert len(acme.requests()) == 2


def test_lines_come_whole_and_end_at_a_line_feed_alone(acme: StandIns) -> None:
    lines = [json.loads(line) for line in api(acme).stream("/lines", "reading the lines", {"many": 100})]
    assert [line["n"] for line in lines] == [*range(100), "last"]
    assert lines[0]["text"] == "one\u2028two"


def test_nothing_is_asked_before_the_first_line_is_wanted(acme: StandIns) -> None:
    lines = api(acme).stream("/lines", "reading the lines", {"many": 1})
    assert acme.requests() == []
    next(lines)
    lines.close()
    assert len(acme.requests()) == 1


def test_a_stream_that_breaks_off_keeps_what_came_and_says_how_much(acme: StandIns) -> None:
    acme.fault("acme", "truncate")
    seen = []
    with pytest.raises(TryLater) as caught:
        for line in api(acme).stream("/lines", "reading the lines", {"many": 5000}):
            seen.append(line)
    assert 0 < len(seen) < 5000
    assert str(caught.value) == f"Acme, reading the lines: the answer broke off after {len(seen):,} lines"
    assert len(acme.requests()) == 1, "what was read would be read twice"


def test_only_the_beginning_of_a_stream_is_tried_again(acme: StandIns) -> None:
    acme.fault("acme", "status", status=503)
    acme.fault("acme", "cut_before")
    assert len(list(api(acme).stream("/lines", "reading the lines", {"many": 3}))) == 4
    assert len(acme.requests()) == 3
    acme.fault("acme", "status", status=401, body="<html>")
    with pytest.raises(NoAccess):
        list(api(acme).stream("/lines", "reading the lines", {"many": 3}))


def test_a_stream_has_an_end_however_its_pieces_come(acme: StandIns) -> None:
    acme.fault("acme", "trickle", seconds=15)
    begun = time.monotonic()
    with pytest.raises(TryLater, match=r"had not ended after 0 minutes"):
        list(api(acme).stream("/lines", "reading the lines", {"many": 20}, lasts=1.0))
    assert time.monotonic() - begun < 9


def test_every_failure_names_what_was_tried(acme: StandIns) -> None:
    for fault in ({"status": 503}, {"status": 429}, {"status": 401}, {"status": 200, "body": "x"}):
        acme.fault("acme", "status", times=3, **fault)
        with pytest.raises(Failure, match="Acme, looking: "):
            get(api(acme))
        acme.app.faults.waiting.clear()


def test_fields_of_a_form_are_sent_and_words_are_an_answer_but_no_web_page(acme: StandIns) -> None:
    there, sent = api(acme), {}
    as_ever = acme.app.app

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent.update(body=(await receive())["body"], kind=dict(scope["headers"])[b"content-type"])
        said = b"success" if sent["body"].endswith(b"one") else b" <html>"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said})

    acme.app.app = app
    assert there.post("/tasks", "making a task", form={"name": "a b", "n": "one"}, plain=True) == {}
    assert (sent["body"], sent["kind"]) == (b"name=a+b&n=one", b"application/x-www-form-urlencoded")
    with pytest.raises(TryLater, match="not JSON") as caught:
        there.post("/tasks", "making a task", form={"n": "two"}, plain=True)
    assert caught.value.maybe_done
    acme.app.app = as_ever
