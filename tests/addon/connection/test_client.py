# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against a fake backend."""

import hashlib
import json
import socket

import pytest
from fake_backend import MISSING_WEIGHTS, FakeBackend, channel_take

from addon.connection.backend_info import MissingPart
from addon.connection.client import Client
from addon.connection.errors import Busy, ClientError, Stopped, Unreachable


@pytest.fixture
def backend():
    with FakeBackend() as server:
        yield server


def test_info_lists_engines_and_limits(backend):
    info = Client(backend.address).info()
    assert [engine.name for engine in info.engines] == ["toy", "other", "closer"]
    assert info.engines[0].follows == () and "face" in info.engines[2].follows and info.engines[0].head == "mien"
    assert (info.made_with, info.own_models) == ("ab" * 32, "cd" * 32)
    assert (info.personas, info.lips_models) == (("ada", "bob"), ("mine",))
    assert info.learnt == (("persona/ada", "ef" * 32), ("persona/bob", "ef" * 32))
    assert info.engines[1].missing == (MissingPart(MISSING_WEIGHTS["sentence"], "https://example.org/other"),)
    assert (info.default_engine, info.device, info.limits["bytes"]) == ("toy", "cpu", 1_000_000)


def test_a_take_is_requested_and_fetched(backend, tmp_path):
    sound = tmp_path / 'vo"ice é\n.wav'
    sound.write_bytes(bytes(range(256)) * 1000)  # 256 kB: several chunks, with every byte and line end
    client, shares = Client(backend.address), []
    job = client.submit(sound, json.dumps({"seed": 7}), "toy", "30000/1001", shares.append)
    form = backend.requests[0]
    assert form["sound"] == sound.read_bytes()
    assert (form["direction"], form["engine"], form["fps"]) == ('{"seed": 7}', "toy", "30000/1001")
    assert shares[-1] == 1.0 and len(shares) > 2
    assert client.progress(job).state == "done"
    assert client.result(job) == channel_take(fps="30000/1001", seed="7")


def test_a_cancel_reaches_the_backend(backend, tmp_path):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(b"RIFF")
    client = Client(backend.address)
    client.cancel(client.submit(sound, "{}"))
    assert backend.cancelled == ["job1"]


def test_sending_can_be_stopped(backend, tmp_path):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(bytes(500_000))

    def stop(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Client(backend.address).submit(sound, "{}", on_sent=stop)
    assert backend.requests == []


def test_a_refusal_is_the_sentence_of_the_problem(backend, tmp_path):
    backend.refuse = "The sound holds no audio."
    sound = tmp_path / "voice.wav"
    sound.write_bytes(bytes(100))
    with pytest.raises(ClientError, match=r"^The sound holds no audio\.$"):
        Client(backend.address).submit(sound, "{}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 1.0), ("3600", 60.0), ("", 10.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 10.0), ("²", 10.0)],
)
def test_a_full_queue_gives_the_time_of_the_retry(backend, tmp_path, monkeypatch, header, seconds):
    def full(handler):
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.problem(429, "As many wait as may.", **{"Retry-After": header.encode().decode("latin-1")})

    monkeypatch.setattr("fake_backend.Handler.do_POST", full)
    (tmp_path / "voice.wav").write_bytes(bytes(10))
    with pytest.raises(Busy, match="As many wait as may") as caught:
        Client(backend.address).submit(tmp_path / "voice.wav", "{}")
    assert caught.value.seconds == seconds


def test_an_unknown_job_is_refused(backend):
    with pytest.raises(ClientError, match="no such job"):
        Client(backend.address).progress("gone")


def test_a_missing_sound_is_a_sentence(backend, tmp_path):
    with pytest.raises(ClientError, match=r"gone\.wav' cannot be read"):
        Client(backend.address).submit(tmp_path / "gone.wav", "{}")


@pytest.mark.parametrize("where", ["api", "header_api"])
def test_another_api_version_names_both(backend, where):
    setattr(backend, where, "2")
    with pytest.raises(ClientError, match="API version 2 and this extension speaks version 1"):
        Client(backend.address).info()


def test_another_server_is_not_taken_for_a_backend(backend):
    backend.header_api = ""
    with pytest.raises(ClientError, match="not a Mien backend"):
        Client(backend.address).info()


def test_a_take_damaged_in_transfer_is_refused(backend, tmp_path):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(bytes(10))
    client = Client(backend.address)
    job = client.submit(sound, "{}")
    backend.damage = True
    with pytest.raises(ClientError, match="damaged on its way"):
        client.result(job)
    backend.damage = False
    assert hashlib.sha256(client.result(job)).hexdigest()


def test_a_closed_port_is_unreachable():
    with pytest.raises(Unreachable, match="No backend answers at"):
        Client("http://127.0.0.1:1").info()


def test_silence_is_unreachable_after_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with pytest.raises(Unreachable, match="did not answer within 0.2 seconds"):
            client.info()


def test_a_server_without_http_is_refused():
    import threading

    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            link, _ = other.accept()
            link.recv(1000)
            link.sendall(b"SSH-2.0-x\r\n\r\n")
            link.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ClientError, match="not a Mien backend"):
            Client(f"http://127.0.0.1:{other.getsockname()[1]}").info()


def test_a_film_is_sent_and_its_take_fetched_and_cancelled_as_a_track(backend, tmp_path):
    film = tmp_path / "act.mp4"
    film.write_bytes(bytes(range(256)) * 1000)
    client, shares = Client(backend.address), []
    assert client.info().tracks
    job = client.submit_film(film, {"face": "2", "sound": "", "fps": "24"}, shares.append)
    assert backend.requests == [{"film": film.read_bytes(), "filename": "act.mp4", "face": "2", "fps": "24"}]
    assert shares[-1] == 1.0 and len(shares) > 2
    assert client.progress(job, "tracks").state == "done"
    assert client.result(job, "tracks") == channel_take(fps="24")
    client.cancel(job, "tracks")
    assert (backend.cancelled, backend.cancelled_kinds) == ([job], ["tracks"])
    with pytest.raises(ClientError, match="The film file .* cannot be read"):
        client.submit_film(tmp_path / "gone.mp4", {})


def test_a_backend_that_does_not_say_so_tracks_no_films(backend):
    backend.tracks = False
    assert not Client(backend.address).info().tracks


def test_what_a_voice_suggests_is_the_reply(backend, tmp_path):
    sound = tmp_path / "voice.wav"
    sound.write_bytes(b"RIFF sound")
    assert Client(backend.address).suggest_emotion(sound) == backend.suggested
    assert backend.requests[-1]["sound"] == b"RIFF sound" and Client(backend.address).info().suggests_emotions
    backend.suggested = None
    with pytest.raises(ClientError, match="No voice is heard"):
        Client(backend.address).suggest_emotion(sound)
