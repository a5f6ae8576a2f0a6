# SPDX-License-Identifier: GPL-3.0-or-later
import errno
import io
import json
import struct

import numpy as np
import pytest
import soundfile
from in_thread import Held
from mien.heads.identity import load_identity
from mien.service.http.page import take_exports
from mien.service.http.page.take_exports import MEDIA_TYPES, wav
from mien.take import read_take
from service_client import WAV, Service, check_problem


@pytest.fixture
def done(service: Service) -> str:
    """The id of a take that is done."""
    job_id = service.submit(direction=json.dumps({"emotion": {"happy": 1.0}})).json()["id"]
    assert service.events(job_id)[-1][1]["state"] == "done"
    return job_id


def gltf(content: bytes) -> dict:
    length = struct.unpack_from("<4sIII", content)[3]
    return json.loads(content[20 : 20 + length])


def test_the_head_of_a_take_is_gltf_with_its_animation(service: Service, done: str) -> None:
    reply = service.http.get(f"/page/takes/{done}/take.glb")
    content = gltf(reply.content)
    take = read_take(service.http.get(f"/v1/takes/{done}/result").content)
    times = content["accessors"][content["animations"][0]["samplers"][0]["input"]]
    assert reply.headers["content-type"] == MEDIA_TYPES[".glb"] and times["count"] == take.frames
    assert reply.headers["cache-control"].startswith("private")
    again = service.http.get(f"/page/takes/{done}/take.glb", headers={"if-none-match": reply.headers["etag"]})
    assert again.status_code == 304
    other = service.http.get(
        f"/page/takes/{done}/take.glb?face=adult", headers={"if-none-match": reply.headers["etag"]}
    )
    assert other.status_code == 200 and [mesh["name"] for mesh in gltf(other.content)["meshes"]] == (
        ["face", "hair"] if load_identity("adult").hair is not None else ["face"]
    )


def test_other_formats_are_those_that_stay_small(service: Service, done: str) -> None:
    for suffix in (".csv", ".json"):
        assert service.http.get(f"/page/takes/{done}/take{suffix}?face=adult").status_code == 200
    for suffix in (".obj", ".pc2", ".npz", ".exe"):
        check_problem(service.http.get(f"/page/takes/{done}/take{suffix}"), 422, "ask for .glb")
    assert list(service.scheduler.storage.folder.incoming.iterdir()) == []


def test_a_full_disk_is_a_problem_in_words(service: Service, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(take_exports, "export", full)
    check_problem(service.http.get(f"/page/takes/{done}/take.glb"), 507, "disk is full, so it cannot make the .glb")
    assert list(service.scheduler.storage.folder.incoming.iterdir()) == []


def test_a_face_that_nobody_has_is_refused(service: Service, done: str) -> None:
    check_problem(service.http.get(f"/page/takes/{done}/take.glb?face=../x"), 422, "no identity.*choose one of")


def test_the_voice_is_what_was_decoded(service: Service, done: str) -> None:
    reply = service.http.get(f"/page/takes/{done}/voice.wav")
    samples, rate = soundfile.read(io.BytesIO(reply.content))
    expected, _ = soundfile.read(io.BytesIO(WAV))
    assert rate == 16000 and len(samples) == len(expected)
    assert np.abs(samples - expected).max() < 2 / 32768
    service.scheduler.storage.cache.path(service.scheduler.job(done).request.sound).unlink()
    check_problem(service.http.get(f"/page/takes/{done}/voice.wav"), 404, "Drop its file here again")


def test_loud_samples_are_clipped_and_not_wrapped() -> None:
    samples, _ = soundfile.read(io.BytesIO(wav(np.array([2.0, -2.0, 0.0], np.float32))), dtype="int16")
    assert samples.tolist() == [32767, -32767, 0]


def test_a_take_that_is_not_done_has_no_head_yet(opened) -> None:
    service: Service = opened(Held())
    job_id = service.submit().json()["id"]
    check_problem(service.http.get(f"/page/takes/{job_id}/take.glb"), 409, "no result to fetch")
    for path in ("take.glb", "voice.wav"):
        check_problem(service.http.get(f"/page/takes/nonsense/{path}"), 404, "no take 'nonsense'")
