# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien serve --lan --tls` as it is run, with the extension's client, `--status`, `--add-client` and the doctor."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import BACKEND
from mien.cli.main import main
from mien.doctor import checks
from mien.doctor.findings import FAIL, OK, WARN
from mien.settings import NAMES

from addon.connection.client import Client, ClientError, TokenWanted, Untrusted
from addon.connection.credentials import Key, invited, plain


class Room:
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
        for _ in range(3000):
            if self.port_file.exists():
                break
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        self.port = json.loads(self.port_file.read_text())["port"]
        self.address = f"https://127.0.0.1:{self.port}"

    def end(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        told, _ = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, self.log.read_text()
        return told

    def mien(self, *arguments: str) -> int:
        return main([*arguments, "--data-folder", str(self.folder / "data")])


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    there = Room(tmp_path_factory.mktemp("room"), "--log", "json")
    yield there
    if there.process.poll() is None:
        there.end()


@pytest.fixture(scope="module")
def key(room: Room) -> Key:
    """What opens the room: a token of its own, and the certificate."""
    with pytest.raises(Untrusted) as refused:
        Client(room.address, key=Key()).info()
    done = subprocess.run(
        [sys.executable, "-m", "mien", "serve", "--add-client", "tester", "--json", "--data-folder",
         str(room.folder / "data")],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(BACKEND)},
    )  # fmt: skip
    return Key(json.loads(done.stdout)["token"], refused.value.sha256)


def test_a_certificate_that_is_not_known_is_shown_and_nothing_is_sent(room: Room, key: Key) -> None:
    with pytest.raises(Untrusted, match="is not known yet. Compare its fingerprint, then trust it") as refused:
        Client(room.address, key=Key(key.token)).info()
    assert refused.value.sha256 == key.sha256 and refused.value.expected == ""
    with pytest.raises(Untrusted, match="has changed since it was trusted, and nothing was sent") as refused:
        Client(room.address, key=Key(key.token, "ab" * 32)).info()
    assert (refused.value.sha256, refused.value.expected) == (key.sha256, "ab" * 32)
    assert Client(room.address, key=key).info().default_engine


def test_a_token_that_is_absent_or_wrong_is_told(room: Room, key: Key) -> None:
    with pytest.raises(TokenWanted, match="asks for a token. Get one from whoever runs it"):
        Client(room.address, key=Key("", key.sha256)).info()
    with pytest.raises(TokenWanted, match="not one of this backend's. Copy it again, whole"):
        Client(room.address, key=Key(key.token[:-1], key.sha256)).info()


def test_a_token_is_revoked_while_the_server_runs(room: Room, key: Key, capsys: pytest.CaptureFixture) -> None:
    assert room.mien("serve", "--add-client", "guest", "--json") == 0
    line = json.loads(capsys.readouterr().out)["invitation"]
    guest = invited(line)
    assert guest.sha256 == key.sha256 and plain(line) == room.address, "as the backend that runs is reached"
    assert Client(room.address, key=guest).info()
    assert room.mien("serve", "--revoke", "guest") == 0
    assert re.search(r"guest +since \d{4}-\d\d-\d\d, revoked \d{4}", capsys.readouterr().out)
    with pytest.raises(TokenWanted, match="token of 'guest' was revoked on .*Ask for a new one"):
        Client(room.address, key=guest).info()
    assert room.mien("serve", "--add-client", "guest", "--json") == 0, "a revoked name may be used again"
    assert room.mien("serve", "--add-client", "guest") == 3
    assert "There is a client 'guest' already" in capsys.readouterr().err
    assert room.mien("serve", "--revoke", "nobody") == 3
    assert "There is no client 'nobody'; there is: everyone, guest, tester." in capsys.readouterr().err


def test_the_status_needs_no_token_of_this_user(room: Room, capsys: pytest.CaptureFixture) -> None:
    assert room.mien("serve", "--status", "--json") == 0
    (seen,) = json.loads(capsys.readouterr().out)["backends"]
    assert seen["url"] == room.address and seen["pid"] == room.process.pid
    assert seen["health"]["status"] == "ok" and "mien_http_requests_total" in seen["metrics"]
    assert room.mien("serve", "--status") == 0
    told = capsys.readouterr().out
    assert room.address in told and "process_resident_memory_bytes" in told and "_bucket" not in told
    assert main(["serve", "--status", "--data-folder", str(room.folder / "nowhere")]) == 1
    assert "No backend of yours runs" in capsys.readouterr().out


def test_the_doctor_reaches_it(room: Room, key: Key, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    invitation = f"{room.address}/#token={key.token}&sha256={key.sha256}"
    findings = checks.examine_backend(invitation)
    assert findings[0].level == OK and f"answers at {room.address}, on " in findings[0].found
    assert key.token not in str(findings) and key.sha256 in findings[1].found
    assert {finding.level for finding in findings} <= {OK, WARN}
    monkeypatch.setenv("MIEN_TOKEN", key.token)
    assert main(["doctor", "--backend", room.address, "--json"]) == 0
    assert "engine probtalk3d (default)" in capsys.readouterr().out
    (finding,) = checks.examine_backend(room.address, "wrong")
    assert finding.level == FAIL and "is there; The token is not one of" in finding.found
    (finding,) = checks.examine_backend(f"{room.address}/#sha256={'ab' * 32}", key.token)
    assert finding.level == FAIL and "was expected. Somebody may be in between" in finding.found
    (finding,) = checks.examine_backend(f"http://127.0.0.1:{free_port()}")
    assert finding.level == FAIL and "Nothing answers at" in finding.found
    (finding,) = checks.examine_backend(room.address.replace("https", "http"))
    assert finding.level == FAIL and "is no Mien backend, or one that is reached with https://" in finding.found
    (finding,) = checks.examine_backend("gpu.studio")
    assert finding.level == FAIL and "is no address of a backend" in finding.found


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
    told = " ".join(capsys.readouterr().out.split())
    assert [flag for flag, _ in NAMES.values() if flag not in told] == []
    assert "--cache-bytes SIZE takes and sounds that are kept, so that nothing is made twice (default: 4G)" in told
    assert main(["serve", "--queue-per-client", "none"]) == 2
    assert "--queue-per-client is 'none'; give a whole number from 1 to 1000." in capsys.readouterr().err


def test_a_forged_host_is_refused_and_a_forged_address_not_believed(room: Room, key: Key) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    link = http.client.HTTPSConnection("127.0.0.1", room.port, context=context, timeout=10)
    forged = {"Host": "evil.example", "X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {key.token}"}
    link.request("GET", "/v1/info", headers=forged)
    reply = link.getresponse()
    assert reply.status == 403 and "not a name of this backend" in json.loads(reply.read())["detail"]
    link.close()
    lines = [json.loads(line) for line in room.log.read_text().splitlines()]
    assert {line["address"] for line in lines if line.get("status") == 403} == {"127.0.0.1"}


def test_what_is_kept_is_this_users_alone_and_no_token_is_in_it(room: Room, key: Key) -> None:
    data = room.folder / "data"
    for path in [data / "certificate.pem", *(data / "clients").iterdir(), *(data / "running").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in (data / "clients").iterdir():
        assert key.token not in path.read_text()


def test_the_log_is_json_with_who_asked(room: Room, key: Key) -> None:
    with pytest.raises(ClientError, match="There is no take 'nobody'"):
        Client(room.address, key=key).progress("nobody")
    lines = [json.loads(line) for line in room.log.read_text().splitlines()]
    line = next(line for line in lines if line.get("job") == "nobody")
    assert (line["client"], line["status"], line["level"], line["address"]) == ("tester", 404, "info", "127.0.0.1")
    assert key.token not in room.log.read_text()


def test_the_first_token_is_shown_once_and_holds_after_a_restart(tmp_path: Path) -> None:
    there = Room(tmp_path)
    told = there.end()
    line = next(line.strip() for line in told.splitlines() if "#token=" in line)
    first = invited(line)
    assert plain(line) == there.address and told.count(first.token) == 2 and "▄" in told
    there.start()
    try:
        assert Client(there.address, key=first).info().version, "the token and the certificate are those of before"
    finally:
        again = there.end()
    assert first.token not in again and "with the token of: everyone" in again
    assert not any((tmp_path / "data" / "running").iterdir())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
