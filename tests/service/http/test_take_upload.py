# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import io
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mien import engines
from mien.audio.speech import RATE, Speech
from mien.direction import Direction
from mien.speak import speak
from service_client import SAMPLES, WAV, Service, check_problem

SPOKEN = speak(Speech.from_samples(np.sin(np.arange(RATE) / 20) * 0.3, "hum"), Direction(), "toy")
OFFSETS = np.zeros((SPOKEN.frames, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("empty.wav", "'empty.wav' is empty"),
        ("text.wav", "holds text, not sound"),
        ("cut_short.wav", "cut short"),
        ("film_without_sound.mp4", "a picture but no sound"),
        ("nan.wav", "not a number"),
    ],
)
def test_a_broken_sound_is_refused_in_its_own_sentence(service: Service, name: str, sentence: str) -> None:
    check_problem(service.submit((SAMPLES / name).read_bytes(), name), 422, sentence)


def test_a_broken_sound_is_called_by_its_name_not_its_path(service: Service) -> None:
    """The extension sends names with signs of other alphabets percent-encoded."""
    reply = service.submit(b"", "../../etc/gr%C3%BC%C3%9Fe.wav")
    check_problem(reply, 422, "^The file 'grüße.wav' is empty")


def test_a_film_is_as_good_as_a_sound(service: Service) -> None:
    assert service.submit((SAMPLES / "film.mp4").read_bytes(), "film.mp4").status_code == 202


def test_a_long_sound_is_refused_with_the_way_to_raise_the_limit(service: Service) -> None:
    file = io.BytesIO()
    soundfile.write(file, [0.0] * 8000 * 6, 8000, format="WAV")
    check_problem(service.submit(file.getvalue()), 422, "lasts 6.0 s, more than the limit of 5 s.*--limit-seconds")


def test_a_large_request_is_refused(service: Service) -> None:
    check_problem(service.submit(bytes(2**20)), 413, "larger than 1048576 bytes.*--limit-bytes")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"direction": "{"}, "not JSON"),
        ({"direction": '{"emotion": {"hapy": 1}}'}, "no emotion 'hapy'"),
        ({"direction": '{"seed": NaN}'}, "seed"),
        ({"engine": "magic"}, "no engine 'magic'"),
        ({"direction": '{"onset": 0.1}'}, "toy does not follow 'onset'; ask emodiffhead"),
        ({"direction": '{"style": "loud"}'}, "has no style 'loud'"),
        ({"fps": "29.97"}, "'29.97' is not a whole number or a fraction"),
        ({"fps": "0"}, "must be above 0"),
        ({"engine": "articulation", "direction": '{"lips_model": "no"}'}, "There is no lips model 'no'"),
        ({"direction": '{"seed": 1, "seed": 2}'}, "the key 'seed' is there twice"),
        ({"direction": "[" * 100 + "]" * 100}, "nested more than"),
        ({"speed": "2"}, "has a field 'speed'"),
        ({"performance_part": "hands"}, "'hands'; it can be nonverbal or lips"),
        ({"performance": "act.take"}, "'performance' is text; send the take as a file"),
    ],
)
def test_a_wrong_field_is_refused_by_name(service: Service, fields: dict[str, str], sentence: str) -> None:
    check_problem(service.submit(**fields), 422, sentence)


def with_performance(service: Service, data: bytes, **fields: str):
    files = {"sound": ("voice.wav", WAV), "performance": ("act.take.safetensors", data)}
    return service.http.post("/v1/takes", files=files, data={"engine": "toy"} | fields)


def test_a_performance_is_part_of_what_is_asked_for(service: Service) -> None:
    acted = SPOKEN.to_bytes()
    first, again = (with_performance(service, acted).json()["id"] for _ in range(2))
    other = service.submit().json()["id"]
    requests = {job: service.scheduler.job(job).request for job in (first, again, other)}
    assert requests[first] == requests[again] != requests[other]
    assert requests[first].sources == (requests[other].sound, hashlib.sha256(acted).hexdigest())
    assert requests[first].performance_name == "act.take.safetensors"


@pytest.mark.parametrize(
    ("data", "fields", "sentence"),
    [
        (b"\x00" * 40, {}, "is damaged"),
        (replace(SPOKEN, channels=(), weights=None, offsets=OFFSETS).to_bytes(), {}, "has no channels"),
        (SPOKEN.to_bytes(), {"head": "flame"}, "FLAME|default head"),
    ],
)
def test_a_file_that_is_no_performance_is_refused(service: Service, data: bytes, fields: dict, sentence: str) -> None:
    check_problem(with_performance(service, data, **fields), 422, sentence)


@pytest.mark.parametrize("kind", ["MULTIPART/FORM-DATA", "Multipart/Form-Data ", "multipart/form-data"])
def test_media_types_are_the_same_in_capitals(service: Service, kind: str) -> None:
    """RFC 9110, section 8.3.1."""
    body = b'--b\r\nCONTENT-DISPOSITION: form-data; name="sound"; filename="a.wav"\r\n\r\n' + WAV + b"\r\n--b--\r\n"
    reply = service.http.post("/v1/takes", content=body, headers={"Content-Type": f"{kind}; boundary=b"})
    assert reply.status_code == 202, reply.text
    other = service.http.post(
        "/v1/takes", content=body, headers={"Content-Type": "multipart/form-database; boundary=b"}
    )
    check_problem(other, 415, "send multipart/form-data")


def test_an_engine_that_lacks_something_says_what(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    lack = engines.Missing("Run `mien models`.", "https://example.org")
    unfinished = replace(engines.ENGINES["toy"], name="unfinished", missing=lambda: (lack,))
    monkeypatch.setitem(engines.ENGINES, "unfinished", unfinished)
    check_problem(service.submit(engine="unfinished"), 422, "cannot work yet. Run `mien models`.")


def test_a_take_of_flame_needs_a_flame(service: Service) -> None:
    check_problem(service.submit(head="flame"), 422, "FLAME is not here. FLAME is the user's own to bring")
    check_problem(service.submit(head="robot"), 422, "there is no head 'robot'; this Mien knows mien and flame")


def test_requests_without_a_file_are_refused(service: Service) -> None:
    post = service.http.post
    check_problem(post("/v1/takes", json={"sound": "/etc/passwd"}), 415, "application/json; send multipart")
    check_problem(post("/v1/takes"), 415, "no content type")
    check_problem(post("/v1/takes", files={"voice": WAV}), 422, "has a field 'voice'")
    check_problem(post("/v1/takes", files={"engine": ("a", "toy")}), 422, "no file `sound`")
    check_problem(post("/v1/takes", files=[("sound", WAV), ("sound", WAV)]), 422, "'sound' more than once")
    check_problem(post("/v1/takes", files=[("sound", WAV)] * 3), 400, "Too many files")
    as_text = b'--x\r\nContent-Disposition: form-data; name="sound"\r\n\r\n/etc/passwd\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    check_problem(post("/v1/takes", content=as_text, headers=kind), 422, "no file `sound`")
    check_problem(post("/v1/takes", content=b"rubbish", headers=kind), 400, "multipart body cannot be read")


# Any bytes for a body: pieces of a sound one, and what is next to them.
NAMED = b"Content-Disposition: form-data; name="
PIECES = [
    b"--x\r\n", b"--x--\r\n", b"--x--", b"\r\n", b"\r\n\r\n", b"--", b"x", b"\0", b"\xff\xfe", WAV,
    NAMED + b'"sound"; filename="v.wav"\r\n\r\n', NAMED + b'"sound"; filename*=utf-8\'\'%ff\r\n\r\n',
    NAMED + b'"direction"\r\n\r\n', NAMED + b'"engine"\r\n\r\n', NAMED + b'"\xff"\r\n\r\n', NAMED + b"\r\n\r\n",
    b"Content-Disposition: form-data\r\n\r\n", b"Content-Type: text/plain; charset=utf-99\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"toy", b'{"seed": 1}', b"X" * 5000,
]  # fmt: skip
FORM = "multipart/form-data"
CONTENT_TYPES = [FORM + rest for rest in ("; boundary=x", '; boundary="x"', "", "; boundary=", ";boundary=\xe9")]
CONTENT_TYPES += [f"{FORM}; boundary=x; charset=utf-99"]


@pytest.fixture(scope="module")
def any_service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("anything"))
    yield service
    service.scheduler.close()


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=12), st.sampled_from(CONTENT_TYPES)
)
@settings(max_examples=150)
def test_any_body_is_accepted_or_refused_in_words(any_service: Service, pieces: list[bytes], kind: str) -> None:
    headers = {"content-type": kind.encode("latin-1")}
    reply = any_service.http.post("/v1/takes", content=b"".join(pieces), headers=headers)
    if reply.status_code != 202:
        assert 400 <= reply.status_code < 500 and reply.json()["detail"].endswith((".", "`"))


@given(st.dictionaries(st.sampled_from(["direction", "engine", "fps", "head", "other"]), st.text(max_size=30)))
@settings(max_examples=60)
def test_any_text_in_the_fields_is_accepted_or_refused(any_service: Service, fields: dict[str, str]) -> None:
    reply = any_service.submit(**fields)
    if reply.status_code != 202:
        assert 400 <= reply.status_code < 500 and len(reply.json()["detail"]) < 2000
