# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the fault table in docs/service.md that are about jobs, each run; those that one part shows alone are in
the test of that part, which the table names."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import faulty_work
import numpy as np
import pytest
import soundfile
from in_thread import Held, InThread
from live_backend import Backend, backend
from mien.take import read_take
from service_client import SETTINGS, check_problem

HOURS = 10 * 3600


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of a backend are found in /proc")
def test_a_live_backend_at_its_worst(tmp_path: Path) -> None:
    """One backend and its heir for many faults: starting one takes seconds."""
    with backend(tmp_path) as running:
        a_take_that_breaks_its_process_fails_alone(running)
        a_take_whose_process_is_killed_for_memory_fails_alone(running)
        a_client_that_vanishes_leaves_nothing_open(running)
        an_unresponsive_engine_is_cancelled(running)
        at_work = running.submit(faulty_work.DAWDLES)
        running.until(at_work, "dawdling")
        waiting = running.submit(20, fps="24")  # of another rate: the heir does not make it in one batch with the other
        left = children(running.process.pid)
        running.process.kill()
        running.process.wait()
    with backend(tmp_path) as heir:
        heir.until(at_work, "dawdling")  # taken up again, under the same address
        assert heir.http.delete(at_work).json()["state"] == "cancelled"
        end = heir.wait(waiting)
        assert end["state"] == "done" and read_take(heir.http.get(end["result"]).content).frames > 0
        for pid in left:
            gone(pid)


def a_take_that_breaks_its_process_fails_alone(running: Backend) -> None:
    bad = running.wait(running.submit(faulty_work.CRASHES))
    assert bad["state"] == "failed" and "broke down on 'voice.wav': it was killed (SIGSEGV)" in bad["error"]
    assert running.wait(running.submit(21))["state"] == "done"


def a_take_whose_process_is_killed_for_memory_fails_alone(running: Backend) -> None:
    url = running.submit(faulty_work.DAWDLES)
    running.until(url, "dawdling")
    for pid in children(running.process.pid):
        os.kill(pid, signal.SIGKILL)  # as the system does
    bad = running.wait(url)
    assert "it was killed (SIGKILL). If the machine was short of memory, cut the sound" in bad["error"]
    assert running.wait(running.submit(22))["state"] == "done"


def an_unresponsive_engine_is_cancelled(running: Backend) -> None:
    url = running.submit(faulty_work.UNRESPONSIVE)
    running.until(url, "unresponsive")
    assert running.http.delete(url).json()["state"] == "cancelled"
    assert running.wait(running.submit(23))["state"] == "done"


def a_client_that_vanishes_leaves_nothing_open(running: Backend) -> None:
    """While it sends, while it listens, and while it fetches."""
    host, port = running.url.removeprefix("http://").split(":")
    done = running.wait(running.submit(24))
    url = running.submit(faulty_work.DAWDLES)
    running.until(url, "dawdling")
    sending = (
        b"POST /v1/takes HTTP/1.1\r\nHost: %b\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 100000\r\n\r\n--x\r\n" % running.url[7:].encode()
    )
    for request in (sending, get(running, url + "/events"), get(running, done["result"])):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(request)
            if request is not sending:
                assert client.recv(20)
    while open_requests(running) > 1:  # but for the one that asks
        time.sleep(0.05)
    assert running.http.get(url).json()["state"] == "running"  # its job goes on: the client may come back
    running.http.delete(url)


def get(running: Backend, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {running.url[7:]}\r\n\r\n".encode()


def open_requests(running: Backend) -> int:
    lines = running.http.get("/v1/metrics").text.splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("mien_http_open "))))


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def gone(pid: int) -> None:
    """Wait until a process has ended, however long; the test's own limit ends this."""
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.05)


# sounds


def silence(folder: Path, format: str) -> bytes:
    """Ten hours of it, in at most some megabytes."""
    path = folder / f"silence.{format}"
    with soundfile.SoundFile(path, "w", 1000 if format != "mp3" else 8000, 1, format=format.upper()) as file:
        seconds = HOURS if format != "mp3" else 60
        for _ in range(seconds // 60):
            file.write(np.zeros(60 * file.samplerate, np.int16))
    return path.read_bytes()


def test_ten_hours_of_silence_are_refused_by_their_header(service, tmp_path: Path) -> None:
    data = silence(tmp_path, "flac")
    assert len(data) < SETTINGS.limit_bytes
    check_problem(service.submit(data, "silence.flac"), 422, "lasts 36000.0 s, more than the limit of 5 s")


def test_a_bomb_whose_header_tells_no_length_is_refused_as_soon_as_it_is_too_long(service, tmp_path: Path) -> None:
    flac = bytearray(silence(tmp_path, "flac"))
    flac[21] &= 0xF0  # STREAMINFO: the number of samples, 36 bits, is unknown
    flac[22:26] = bytes(4)
    check_problem(service.submit(bytes(flac), "bomb.flac"), 422, "'bomb.flac' does not end after 5 s")

    mp3 = silence(tmp_path, "mp3")
    size = mp3.find(mp3[:2], 2)  # its first frame counts the samples
    many = mp3[size:] * (SETTINGS.limit_bytes * 9 // 10 // len(mp3[size:]))
    check_problem(service.submit(many, "bomb.mp3"), 422, "'bomb.mp3' does not end after 5 s")
    assert service.submit().status_code == 202


# the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only the superuser of Linux can make a disk of 4 MB")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    file = folder / "full"
    with file.open("wb", buffering=0) as full:
        try:
            while full.write(bytes(4096)) == 4096:
                pass
        except OSError:
            return file
    return file


def test_on_a_full_disk_nothing_is_accepted_and_what_was_accepted_waits(
    small_disk: Path, opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.service.jobs.dispatcher.SPACE_S", (0.2, 0.2))
    held = Held()
    service = opened(held, folder=small_disk)
    url = service.submit().json()["url"]
    assert held.busy.wait(300)
    full = fill(small_disk)
    refused = service.submit(b"RIFF" + bytes(100_000), "another.wav")
    check_problem(refused, 507, "The backend's disk is full, so it cannot take a sound. Whoever runs it must free")
    held.go.set()
    while not service.http.get(url).json()["stage"].startswith("waiting for room on the backend's disk"):
        time.sleep(0.01)
    full.unlink()
    assert service.events(url.split("/")[-1])[-1][1]["state"] == "done"
    assert service.http.get(url + "/result").status_code == 200


# the cache


@pytest.mark.parametrize("damage", ["cut", "flipped", "deleted"])
def test_a_take_damaged_on_the_disk_is_made_anew_and_that_is_logged(opened, damage: str, caplog) -> None:
    worker = InThread()
    service = opened(worker)
    end = service.events(service.submit().json()["id"])[-1][1]
    whole = service.http.get(end["result"]).content
    path = service.scheduler.storage.folder.files / hashlib.sha256(whole).hexdigest()
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(whole[:-1] if damage == "cut" else whole[:-1] + bytes([whole[-1] ^ 1]))
    again = service.submit().json()
    assert again["state"] == "queued" and "what it held is made anew" in caplog.text
    service.events(again["id"])
    assert service.http.get(again["url"] + "/result").content == whole and worker.batches == [[0], [0]]


# the clock


def test_a_clock_that_jumps_by_years_changes_nothing(service, monkeypatch: pytest.MonkeyPatch) -> None:
    url = service.submit().json()["url"]
    service.events(url.split("/")[-1])
    for jump in (1e9, -1e9):
        monkeypatch.setattr(time, "time", lambda jump=jump: 1.7e9 + jump)
        assert service.http.get(url + "/result").status_code == 200 and service.submit().json()["state"] == "done"


# two at once


def test_two_backends_on_one_data_folder_have_a_state_folder_each(opened) -> None:
    first, second = opened(InThread()), opened(InThread())
    assert first.scheduler.storage.folder.folder != second.scheduler.storage.folder.folder
    for service in (first, second):
        assert service.events(service.submit().json()["id"])[-1][1]["state"] == "done"
    assert first.scheduler.snapshot().kinds["take"].statistics.submitted == 1
    assert second.scheduler.snapshot().kinds["take"].statistics.submitted == 1
