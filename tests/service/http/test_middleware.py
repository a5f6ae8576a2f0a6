# SPDX-License-Identifier: GPL-3.0-or-later
import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from mien.service.http.middleware import HEADERS, AccessMiddleware, foreign_reason
from mien.service.http.problems import Problem, problem_response
from mien.service.monitoring.request_statistics import RequestStatistics
from mien.service.network.addresses import Names
from mien.service.network.tokens import THIS_MACHINE, Tokens
from mien.settings import Settings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

HERE = Names(Settings())
LAN = Names(Settings(host="192.168.7.7", lan=True, names=("gpu.studio",)))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8642", "localhost:1", "LOCALHOST", "[::1]:8642", "127.1.2.3", "localhost."]
)
def test_this_machine_is_let_in(host: str) -> None:
    for names in (HERE, LAN):
        assert foreign_reason(Headers({"host": host}), names) is None
        assert foreign_reason(Headers({"host": host, "origin": f"http://{host}"}), names) is None


@pytest.mark.parametrize("host", ["192.168.7.7:80", "gpu.studio:8642", "GPU.studio", socket.gethostname()])
def test_other_machines_use_the_bound_address_and_the_names_of_this_one(host: str) -> None:
    assert foreign_reason(Headers({"host": host}), LAN) is None
    assert foreign_reason(Headers({"host": host}), HERE) is not None
    assert foreign_reason(Headers({"host": host, "origin": f"https://{host}"}), LAN, "https") is None
    assert foreign_reason(Headers({"host": host, "origin": f"http://{host}"}), LAN, "https") is not None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8642", "192.168.7.8", "0.0.0.0", "[::]",
     "evil@127.0.0.1", "127.0.0.1/evil", "127.0.0.1:http", "[::1", "2130706433", "0x7f000001"],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    for names in (HERE, LAN, Names(Settings(host="0.0.0.0", lan=True))):
        assert "not a name of this backend" in foreign_reason(Headers({"host": host}), names)


def test_two_hosts_are_none() -> None:
    two = Headers(raw=[(b"host", b"127.0.0.1"), (b"host", b"evil.example")])
    assert "not a name of this backend" in foreign_reason(two, HERE)


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://127.0.0.1:8642", "http://127.0.0.1:80", "http://127.0.0.1", ""]
)
def test_other_origins_are_refused(origin: str) -> None:
    reason = foreign_reason(Headers({"host": "127.0.0.1:8642", "origin": origin}), HERE)
    assert "web pages may not use this backend" in reason


async def length(scope, receive, send) -> None:
    try:
        body = await Request(scope, receive).body()
    except Problem as problem:
        await problem_response(problem.status_code, problem.detail, problem.headers)(scope, receive, send)
    else:
        await PlainTextResponse(str(len(body)))(scope, receive, send)


LIMITED = Settings(limit_bytes=1000)
CLIENT = TestClient(AccessMiddleware(length, LIMITED), base_url="http://127.0.0.1")


async def _where(scope, receive, send) -> None:
    await PlainTextResponse(f"{scope['path']} {Headers(scope=scope).getlist('host')}")(scope, receive, send)


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        (b"http://127.0.0.1:8642/v1/info", 200, "/v1/info ['127.0.0.1:8642']"),
        (b"HTTP://LOCALHOST/a%20b", 200, "/a b ['LOCALHOST']"),
        (b"http://127.0.0.1", 200, "/ ['127.0.0.1']"),
        (b"/v1/info", 200, "/v1/info ['127.0.0.1']"),
        (b"//evil.example/x", 200, "//evil.example/x ['127.0.0.1']"),
        (b"http://evil.example/v1/info", 403, "not a name of this backend"),
        (b"ftp://127.0.0.1/v1/info", 400, "should be a path"),
        (b"127.0.0.1:80", 400, "should be a path"),
        (b"http:///v1/info", 400, "should be a path"),
        (b"http://[::1/v1", 400, "should be a path"),
    ],
)
def test_a_target_in_absolute_form_is_its_path_and_host(target: bytes, status: int, text: str) -> None:
    """RFC 9112, section 3.2.2: its host counts, and not that of the header."""
    scope = {
        "type": "http", "method": "GET", "path": unquote(target.decode()), "raw_path": target, "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "scheme": "http", "client": ("127.0.0.1", 1),
    }  # fmt: skip
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(AccessMiddleware(_where, Settings())(scope, receive, send))
    assert sent[0]["status"] == status
    assert text in b"".join(message.get("body", b"") for message in sent[1:]).decode()


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


def test_too_many_headers_and_too_large_ones_are_refused() -> None:
    assert CLIENT.get("/", headers={f"x-{i}": "1" for i in range(HEADERS)}).status_code == 431
    assert CLIENT.get("/", headers={"x": "1" * 20_000}).status_code == 431
    assert CLIENT.get("/", headers={"x": "1" * 2000}).status_code == 200


async def who(scope, receive, send) -> None:
    await PlainTextResponse(scope["state"]["client"])(scope, receive, send)


def test_nobody_is_let_in_from_elsewhere_without_tokens() -> None:
    with pytest.raises(ValueError, match="needs tokens"):
        AccessMiddleware(who, Settings(host="192.168.7.7", lan=True))


def test_a_client_is_its_address_where_no_token_is_required(tmp_path: Path) -> None:
    client = TestClient(
        AccessMiddleware(who, Settings(), Tokens(tmp_path)), base_url="http://127.0.0.1", client=("127.0.0.7", 1)
    )
    assert client.get("/").text == "127.0.0.7"


def test_every_client_needs_a_token_with_lan(tmp_path: Path) -> None:
    tokens, settings = Tokens(tmp_path), replace(LIMITED, host="192.168.7.7", lan=True)
    anna, bert = tokens.add("anna"), tokens.add("bert")
    client = TestClient(AccessMiddleware(who, settings, tokens), base_url="http://192.168.7.7")

    def reply_to(authorization: str | None) -> tuple[int, str]:
        reply = client.get("/v1/info", headers={} if authorization is None else {"Authorization": authorization})
        if reply.status_code == 401:
            assert reply.headers["www-authenticate"].startswith("Bearer") and reply.headers["mien-api"] == "1"
        return reply.status_code, reply.text if reply.status_code == 200 else reply.json()["detail"]

    assert reply_to(f"Bearer {anna}") == (200, "anna")
    assert reply_to(f"bearer  {bert} ") == (200, "bert")
    assert reply_to(f"Bearer {tokens.of_this_run}") == (200, THIS_MACHINE)
    for absent in (None, "", "Bearer", "Bearer "):
        assert reply_to(absent)[0] == 401 and "asks for a token" in reply_to(absent)[1]
    for wrong in (
        "Bearer mien-nobody",
        f"Bearer {anna[:-1]}",
        f"Bearer {anna}x",
        "Bearer \udcff".encode("utf-8", "surrogateescape"),
    ):
        assert reply_to(wrong)[0] == 401 and "not one of this backend's" in reply_to(wrong)[1]
    assert reply_to(f"Basic {anna}")[1].startswith("The backend takes a token as 'Authorization: Bearer TOKEN'")

    Tokens(tmp_path).revoke("anna")  # by another process, while the server runs
    status, sentence = reply_to(f"Bearer {anna}")
    assert status == 401 and "token of 'anna' was revoked on" in sentence
    assert reply_to(f"Bearer {bert}") == (200, "bert")


def test_the_files_of_the_page_alone_need_no_token(tmp_path: Path) -> None:
    app = AccessMiddleware(who, Settings(host="192.168.7.7", lan=True), Tokens(tmp_path))
    client = TestClient(app, base_url="http://192.168.7.7")
    for path in ("/", "/page/page.js", "/page/three/LICENSE.txt"):
        assert client.get(path).status_code == client.head(path).status_code == 200
        assert client.post(path).status_code == client.delete(path).status_code == 401
        assert client.get(path, headers={"origin": "http://evil.example"}).status_code == 403
        assert client.get(path, headers={"host": "evil.example"}).status_code == 403
    for path in ("/page/jobs", "/page/machines", "/page/faces", "/page/takes/x/take.glb", "/page/nothing.js",
                 "/page/../v1/info", "/page/page.js/../../v1/info", "/page/%2e%2e/v1/info", "/v1/info"):  # fmt: skip
        assert client.get(path).status_code == 401, path


def test_a_forged_host_is_refused_before_the_token_is_looked_at(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    client = TestClient(
        AccessMiddleware(who, Settings(host="192.168.7.7", lan=True), tokens), base_url="http://evil.example"
    )
    assert client.get("/", headers={"Authorization": f"Bearer {tokens.add('anna')}"}).status_code == 403


def test_clients_that_cannot_be_read_let_no_client_in_and_do_not_show_their_folder(tmp_path: Path, caplog) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.add("anna")
    (tmp_path / "anna.json").write_text("{")
    app = AccessMiddleware(who, Settings(host="192.168.7.7", lan=True), tokens)
    reply = TestClient(app, base_url="http://192.168.7.7").get("/v1/info", headers={"Authorization": f"Bearer {token}"})
    assert reply.status_code == 503 and str(tmp_path) not in reply.text
    assert str(tmp_path) in caplog.text


def test_every_request_is_counted_and_logged_with_its_client(caplog) -> None:
    statistics = RequestStatistics()
    app = AccessMiddleware(length, LIMITED, statistics=statistics)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.7", 1))
    with caplog.at_level("INFO", "mien.service.http.middleware"):
        client.get("/fine")
        client.head("/fine")
        client.post("/much%0Amore", content=b"x" * 1001)
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in statistics.collect()
        for sample in metric.samples
    }
    assert samples["mien_http_open",] == 0
    assert {key[1:]: count for key, count in samples.items() if key[0] == "mien_http_requests_total"} == {
        ("GET", "other", "200"): 1, ("HEAD", "other", "200"): 1, ("POST", "other", "413"): 1,
    }  # fmt: skip
    assert samples["mien_http_request_seconds_count", "other"] == 3
    assert samples["mien_http_request_seconds_sum", "other"] > 0
    (record,) = [record for record in caplog.records if record.name == "mien.service.http.middleware"]
    assert (record.client, record.address, record.status) == ("127.0.0.7", "127.0.0.7", 413)
