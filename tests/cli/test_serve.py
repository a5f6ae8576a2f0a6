# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien serve --lan --tls` as it is run, with the extension's client, `--status`, `--add-client` and the doctor."""

import http.client
import json
import os
import re
import signal
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from checkout import BACKEND
from mien.cli.main import main
from mien.doctor import checks
from mien.doctor.diagnostics import FAIL, OK, WARN
from mien.service.workers.worker import Node
from mien.settings import NAMES

from addon.connection.client import Client
from addon.connection.credentials import Credential, parse_invitation, plain_address
from addon.connection.errors import ClientError, TokenWanted, Untrusted


class RunningServer:
    """A server for a room, on loopback so that the test needs no network: it asks for a token all the same."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        self.start(*more)

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", "mien", "serve", "--lan", "--tls", "--host", "127.0.0.1", "--port", "0"]
        self.port_file, self.log = self.folder / "port.json", self.folder / "log.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--data-folder", str(self.folder / "data"), "--port-file", str(self.port_file), *more],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"PYTHONPATH": str(BACKEND)},
            )
        for _ in range(9000):
            if self.port_file.exists():
                break
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        self.port = json.loads(self.port_file.read_text())["port"]
        self.address = f"https://127.0.0.1:{self.port}"

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, self.log.read_text()
        return output

    def logged(self, **fields: object) -> dict:
        """The line of the JSON log with these fields. It may be written after the reply, so it is waited for."""
        for _ in range(3000):
            lines = [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
            for line in lines:
                if fields.items() <= line.items():
                    return line
            time.sleep(0.02)
        pytest.fail(f"nothing with {fields} is in the log: {self.log.read_text()}")

    def mien(self, *arguments: str) -> int:
        return main([*arguments, "--data-folder", str(self.folder / "data")])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    another = RunningServer(tmp_path_factory.mktemp("room"), "--log", "json")
    yield another
    if another.process.poll() is None:
        another.end()


@pytest.fixture(scope="module")
def key(server: RunningServer) -> Credential:
    """What opens the room: a token of its own, and the certificate."""
    with pytest.raises(Untrusted) as refused:
        Client(server.address, credential=Credential()).info()
    done = subprocess.run(
        [sys.executable, "-m", "mien", "serve", "--add-client", "tester", "--json", "--data-folder",
         str(server.folder / "data")],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(BACKEND)},
    )  # fmt: skip
    return Credential(json.loads(done.stdout)["token"], refused.value.sha256)


def test_a_certificate_that_is_not_known_is_shown_and_nothing_is_sent(server: RunningServer, key: Credential) -> None:
    with pytest.raises(Untrusted, match="is not known yet. Compare its fingerprint, then trust it") as refused:
        Client(server.address, credential=Credential(key.token)).info()
    assert refused.value.sha256 == key.sha256 and refused.value.expected == ""
    with pytest.raises(Untrusted, match="has changed since it was trusted, and nothing was sent") as refused:
        Client(server.address, credential=Credential(key.token, "ab" * 32)).info()
    assert (refused.value.sha256, refused.value.expected) == (key.sha256, "ab" * 32)
    assert Client(server.address, credential=key).info().default_engine


def test_a_token_that_is_absent_or_wrong_is_an_error_in_words(server: RunningServer, key: Credential) -> None:
    with pytest.raises(TokenWanted, match="asks for a token. Get one from whoever runs it"):
        Client(server.address, credential=Credential("", key.sha256)).info()
    with pytest.raises(TokenWanted, match="not one of this backend's. Copy it again, whole"):
        Client(server.address, credential=Credential(key.token[:-1], key.sha256)).info()


def test_a_token_is_revoked_while_the_server_runs(
    server: RunningServer, key: Credential, capsys: pytest.CaptureFixture
) -> None:
    assert server.mien("serve", "--add-client", "guest", "--json") == 0
    line = json.loads(capsys.readouterr().out)["invitation"]
    guest = parse_invitation(line)
    assert guest.sha256 == key.sha256 and plain_address(line) == server.address, "as the backend that runs is reached"
    assert Client(server.address, credential=guest).info()
    assert server.mien("serve", "--revoke", "guest") == 0
    assert re.search(r"guest +since \d{4}-\d\d-\d\d, revoked \d{4}", capsys.readouterr().out)
    with pytest.raises(TokenWanted, match="token of 'guest' was revoked on .*Ask for a new one"):
        Client(server.address, credential=guest).info()
    assert server.mien("serve", "--add-client", "guest", "--json") == 0, "a revoked name may be used again"
    assert server.mien("serve", "--add-client", "guest") == 3
    assert "There is a client 'guest' already" in capsys.readouterr().err
    assert server.mien("serve", "--revoke", "nobody") == 3
    assert "There is no client 'nobody'; there is: everyone, guest, tester." in capsys.readouterr().err


def test_the_status_needs_no_token_of_this_user(server: RunningServer, capsys: pytest.CaptureFixture) -> None:
    assert server.mien("serve", "--status", "--json") == 0
    (status,) = json.loads(capsys.readouterr().out)["backends"]
    assert status["url"] == server.address and status["pid"] == server.process.pid
    assert status["health"]["status"] == "ok" and "mien_http_requests_total" in status["metrics"]
    assert server.mien("serve", "--status") == 0
    output = capsys.readouterr().out
    assert server.address in output and "queued" in output and "_bytes" not in output.replace("free_bytes", "")
    assert main(["serve", "--status", "--data-folder", str(server.folder / "nowhere")]) == 1
    assert "No backend of yours runs" in capsys.readouterr().out


def test_the_doctor_reaches_it(server: RunningServer, key: Credential, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    invitation = f"{server.address}/#token={key.token}&sha256={key.sha256}"
    diagnostics = checks.examine_backend(invitation)
    assert diagnostics[0].level == OK and f"answers at {server.address}, on " in diagnostics[0].result
    assert key.token not in str(diagnostics) and key.sha256 in diagnostics[1].result
    assert {diagnostic.level for diagnostic in diagnostics} <= {OK, WARN}
    monkeypatch.setenv("MIEN_TOKEN", key.token)
    assert main(["doctor", "--backend", server.address, "--json"]) == 0
    assert "engine probtalk3d (default)" in capsys.readouterr().out
    (diagnostic,) = checks.examine_backend(server.address, "wrong")
    assert diagnostic.level == FAIL and "is there; The token is not one of" in diagnostic.result
    (diagnostic,) = checks.examine_backend(f"{server.address}/#sha256={'ab' * 32}", key.token)
    assert diagnostic.level == FAIL and "was expected. Somebody may be in between" in diagnostic.result
    (diagnostic,) = checks.examine_backend("http://127.0.0.1:1")
    assert diagnostic.level == FAIL and "Nothing answers at" in diagnostic.result
    (diagnostic,) = checks.examine_backend(server.address.replace("https", "http"))
    assert diagnostic.level == FAIL and "is no Mien backend, or one that is reached with https://" in diagnostic.result
    (diagnostic,) = checks.examine_backend("gpu.studio")
    assert diagnostic.level == FAIL and "is no address of a backend" in diagnostic.result


@pytest.mark.parametrize(("more", "mark"), [((), "serve"), (("--soak", "60"), "soak")])
def test_a_page_without_marks_is_named_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, more: tuple[str, ...], mark: str
) -> None:
    monkeypatch.setattr("mien.benchmarks.speed.shipped_voice", lambda: pytest.fail("it has begun"))
    page = tmp_path / "page.md"
    page.write_text("# Nothing to write between\n")
    assert main(["bench", "serve", "--page", str(page), *more]) == 3
    assert f"page.md has no lines <!-- {mark} --> and <!-- /{mark} -->" in capsys.readouterr().err


def test_every_setting_is_an_option_with_its_default(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    output = " ".join(capsys.readouterr().out.split())
    assert [flag for flag, _ in NAMES.values() if flag not in output] == []
    assert "--cache-bytes SIZE takes and sounds that are kept, so that nothing is made twice (default: 4G)" in output
    assert main(["serve", "--queue-per-client", "none"]) == 2
    assert "--queue-per-client is 'none'; give a whole number from 1 to 1000." in capsys.readouterr().err


def test_a_forged_host_is_refused_and_a_forged_address_not_believed(server: RunningServer, key: Credential) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    link = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
    forged = {"Host": "evil.example", "X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {key.token}"}
    link.request("GET", "/v1/info", headers=forged)
    reply = link.getresponse()
    assert reply.status == 403 and "not a name of this backend" in json.loads(reply.read())["detail"]
    link.close()
    assert server.logged(status=403)["address"] == "127.0.0.1"


def test_what_is_kept_is_this_users_alone_and_no_token_is_in_it(server: RunningServer, key: Credential) -> None:
    data = server.folder / "data"
    for path in [data / "certificate.pem", *(data / "clients").iterdir(), *(data / "running").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (data / "clients").iterdir():
        assert key.token not in path.read_text()


def test_the_log_is_json_with_the_client(server: RunningServer, key: Credential) -> None:
    with pytest.raises(ClientError, match="There is no take 'nobody'"):
        Client(server.address, credential=key).progress("nobody")
    line = server.logged(job="nobody")
    assert (line["client"], line["status"], line["level"], line["address"]) == ("tester", 404, "info", "127.0.0.1")
    assert key.token not in server.log.read_text()


def test_the_first_token_is_shown_once_and_holds_after_a_restart(tmp_path: Path) -> None:
    another = RunningServer(tmp_path)
    output = another.end()
    line = next(line.strip() for line in output.splitlines() if "#token=" in line)
    first = parse_invitation(line)
    assert plain_address(line) == another.address and output.count(first.token) == 2 and "▄" in output
    another.start()
    try:
        assert Client(another.address, credential=first).info().version, (
            "the token and the certificate are those of before"
        )
    finally:
        again = another.end()
    assert first.token not in again and "with the token of: everyone" in again
    assert not any((tmp_path / "data" / "running").iterdir())


def test_the_status_has_a_line_for_each_machine_of_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    nodes = [asdict(Node("one", "10.0.0.1", True, 8, 1, 64 * 10**9)), asdict(Node("two", "10.0.0.2", False, 0, 0, 0))]
    health = {"status": "ok", "nodes": nodes}
    found = {"url": "http://127.0.0.1:1", "pid": 7, "health": health, "metrics": ""}
    monkeypatch.setattr("mien.cli.status._status_of", lambda backend: found)
    monkeypatch.setattr("mien.service.network.running_backends.all_running", lambda folder: [None])
    assert main(["serve", "--status", "--data-folder", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  node       one (10.0.0.1): 8 CPUs, 1 GPUs, 64 GB of memory" in lines
    assert "  node       two (10.0.0.2): lost" in lines
