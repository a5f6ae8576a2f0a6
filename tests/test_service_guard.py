# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.service.guard import Guard, foreign_reason
from mien.service.problem import Problem, problem_response
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8642", "localhost:1", "LOCALHOST", "[::1]:8642", "127.1.2.3", "192.168.7.7:80"]
)
def test_this_machine_and_the_bound_address_may_ask(host: str) -> None:
    assert foreign_reason(Headers({"host": host}), "192.168.7.7") is None
    assert foreign_reason(Headers({"host": host, "origin": f"http://{host}"}), "192.168.7.7") is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8642", "192.168.7.8", "0.0.0.0",
     "evil@127.0.0.1", "127.0.0.1/evil", "127.0.0.1:http", "[::1", "2130706433"],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    assert "answers as 127.0.0.1" in foreign_reason(Headers({"host": host}), "127.0.0.1")


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://127.0.0.1:8642", "http://127.0.0.1:80", "http://127.0.0.1", ""]
)
def test_other_origins_are_refused(origin: str) -> None:
    reason = foreign_reason(Headers({"host": "127.0.0.1:8642", "origin": origin}), "127.0.0.1")
    assert "web pages may not use this backend" in reason


async def length(scope, receive, send) -> None:
    try:
        body = await Request(scope, receive).body()
    except Problem as problem:
        await problem_response(problem.status_code, problem.detail, problem.headers)(scope, receive, send)
    else:
        await PlainTextResponse(str(len(body)))(scope, receive, send)


CLIENT = TestClient(Guard(length, "127.0.0.1", 1000), base_url="http://127.0.0.1")


def test_every_reply_is_signed() -> None:
    assert CLIENT.get("/").headers["mien-api"] == "1"
    refused = CLIENT.get("/", headers={"host": "evil.example"})
    assert (refused.status_code, refused.headers["mien-api"]) == (403, "1")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["title"] == "Forbidden"


def test_a_large_body_is_refused_announced_or_not() -> None:
    assert CLIENT.post("/", content=b"x" * 1000).text == "1000"
    announced = CLIENT.post("/", content=b"x" * 1001)
    counted = CLIENT.post("/", content=(b"x" * 100 for _ in range(11)))
    assert "content-length" not in counted.request.headers
    for reply in (announced, counted):
        assert reply.status_code == 413
        assert "larger than 1000 bytes" in reply.json()["detail"]
