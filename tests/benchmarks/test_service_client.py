# SPDX-License-Identifier: GPL-3.0-or-later
"""The client that loads a backend, against a live one."""

from pathlib import Path

import numpy as np
import pytest
from live_backend import WAV, backend
from mien.audio.speech import read_speech
from mien.benchmarks.service_client import Client, UnexpectedReply, wav
from mien.service.network.connection import NoBackend
from mien.take import read_take


def test_a_take_from_its_submission_to_its_bytes(tmp_path: Path) -> None:
    with backend(tmp_path) as running, Client(int(running.url.rpartition(":")[2])) as client:
        take = client.take(WAV.read_bytes(), engine="toy", fps="24")
        assert read_take(take).fps == 24
        url = client.submit(WAV.read_bytes(), engine="toy", fps="24")
        assert client.wait(url)["state"] == "done" and client.fetch(url) == take
        with pytest.raises(UnexpectedReply, match="GET /v1/takes/nobodys was answered with 404, not 200: .*no take"):
            client.expect(200, "GET", "/v1/takes/nobodys")
        broken = client.submit(WAV.read_bytes(), direction='{"seed": 6}')  # see faulty_work.py
        with pytest.raises(UnexpectedReply, match="failed in a way it should not"):
            client.wait(broken)
        running.process.kill()
        running.process.wait()
        with pytest.raises((OSError, NoBackend)):
            client.expect(200, "GET", "/v1/info")


def test_a_sound_is_decoded_as_it_was_sent() -> None:
    samples = np.sin(np.arange(1600) / 9).astype(np.float32) / 2
    decoded = read_speech(wav(samples), name="sine.wav").samples
    assert decoded.shape == samples.shape and np.abs(decoded - samples).max() < 1 / 32000
