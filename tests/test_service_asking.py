# SPDX-License-Identifier: GPL-3.0-or-later
import io

import pytest
import soundfile
from mien import engines
from service_client import SAMPLES, WAV, Service, check_problem


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
    check_problem(service.ask((SAMPLES / name).read_bytes(), name), 422, sentence)


def test_a_broken_sound_is_called_by_its_name_not_its_path(service: Service) -> None:
    """The extension sends names with signs of other alphabets percent-encoded."""
    reply = service.ask(b"", "../../etc/gr%C3%BC%C3%9Fe.wav")
    check_problem(reply, 422, "^The file 'grüße.wav' is empty")


def test_a_film_is_as_good_as_a_sound(service: Service) -> None:
    assert service.ask((SAMPLES / "film.mp4").read_bytes(), "film.mp4").status_code == 202


def test_a_long_sound_is_refused_with_the_way_to_raise_the_limit(service: Service) -> None:
    file = io.BytesIO()
    soundfile.write(file, [0.0] * 8000 * 6, 8000, format="WAV")
    check_problem(service.ask(file.getvalue()), 422, "lasts 6.0 s, more than the limit of 5 s.*--limit-seconds")


def test_a_large_request_is_refused(service: Service) -> None:
    check_problem(service.ask(bytes(2**20)), 413, "larger than 1048576 bytes.*--limit-bytes")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"direction": "{"}, "not JSON"),
        ({"direction": '{"emotion": {"hapy": 1}}'}, "no emotion 'hapy'"),
        ({"direction": '{"seed": NaN}'}, "seed"),
        ({"engine": "magic"}, "no engine 'magic'"),
        ({"fps": "29.97"}, "'29.97' is not a whole number or a fraction"),
        ({"fps": "0"}, "must be above 0"),
        ({"speed": "2"}, "has a field 'speed'"),
    ],
)
def test_a_wrong_field_is_refused_by_name(service: Service, fields: dict[str, str], sentence: str) -> None:
    check_problem(service.ask(**fields), 422, sentence)


def test_an_engine_that_lacks_something_says_what(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    lack = engines.Missing("Run `mien models`.", "https://example.org")

    class Unfinished(engines.Toy):
        info = engines.EngineInfo("unfinished", "1", ("happy",), (), "MIT", missing=lambda: (lack,))

    monkeypatch.setitem(engines.ENGINES, "unfinished", Unfinished)
    check_problem(service.ask(engine="unfinished"), 422, "cannot work yet. Run `mien models`.")


def test_a_take_of_flame_needs_a_flame(service: Service) -> None:
    check_problem(service.ask(head="flame"), 422, "FLAME is not here. FLAME is the user's own to bring")
    check_problem(service.ask(head="robot"), 422, "there is no head 'robot'; this Mien knows mien and flame")


def test_requests_without_a_file_are_refused(service: Service) -> None:
    post = service.http.post
    check_problem(post("/v1/takes", json={"sound": "/etc/passwd"}), 415, "application/json; send multipart")
    check_problem(post("/v1/takes"), 415, "no content type")
    check_problem(post("/v1/takes", files={"voice": WAV}), 422, "has a field 'voice'")
    check_problem(post("/v1/takes", files={"engine": ("a", "toy")}), 422, "no file `sound`")
    check_problem(post("/v1/takes", files=[("sound", WAV), ("sound", WAV)]), 400, "Too many files")
    as_text = b'--x\r\nContent-Disposition: form-data; name="sound"\r\n\r\n/etc/passwd\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    check_problem(post("/v1/takes", content=as_text, headers=kind), 422, "no file `sound`")
    check_problem(post("/v1/takes", content=b"rubbish", headers=kind), 400, "multipart body cannot be read")
