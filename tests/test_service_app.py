# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from mien import __version__, engines
from mien.direction import Direction
from mien.engines.probtalk3d.published import PAGE
from mien.heads.mien import load_head
from mien.service.app import create_app
from mien.service.jobs import JobStore, Perform
from mien.settings import Settings
from mien.speak import speak
from mien.speech import read_speech
from mien.take import read_take
from starlette.testclient import TestClient
from test_service_jobs import Held, toy

SAMPLES = Path(__file__).parent / "samples"
WAV = (SAMPLES / "mono_16k.wav").read_bytes()
SETTINGS = Settings(limit_s=5, limit_bytes=2**20, queue=2)


class Service:
    """A client of an app with its own jobs."""

    def __init__(self, perform: Perform = toy, settings: Settings = SETTINGS) -> None:
        self.jobs = JobStore(perform, settings.queue, settings.keep_takes, settings.keep_s)
        app = create_app(settings, self.jobs)
        self.http = TestClient(app, base_url="http://127.0.0.1:8642", raise_server_exceptions=False)

    def ask(self, sound: bytes = WAV, name: str = "voice.wav", **fields: str):
        return self.http.post("/v1/takes", files={"sound": (name, sound)}, data={"engine": "toy"} | fields)

    def events(self, id: str) -> list[tuple[str, dict]]:
        """Every event of a take until its stream ends."""
        text = self.http.get(f"/v1/takes/{id}/events").text
        found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
        return [(kind, json.loads(data)) for kind, data in found]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.jobs.close()


def check_problem(reply, status: int, sentence: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["mien-api"] == "1"
    body = reply.json()
    assert body["status"] == status and body["type"] == "about:blank" and body["title"]
    assert re.search(sentence, body["detail"]), body["detail"]


def test_info_lets_a_panel_draw_itself(service: Service) -> None:
    reply = service.http.get("/v1/info")
    info, head = reply.json(), load_head()
    assert reply.status_code == 200 and reply.headers["mien-api"] == "1"
    assert (info["name"], info["version"], info["api"]) == ("mien", __version__, 1)
    assert info["limits"] == {"seconds": 5, "bytes": 2**20}
    assert info["head"] == {"name": head.name, "sha256": head.sha256, "vertices": len(head.vertices)}
    names = [engine["name"] for engine in info["engines"]]
    assert info["default_engine"] in names and "toy" not in names
    for engine in info["engines"]:
        assert set(engine) == {"name", "version", "emotions", "styles", "licence", "missing"}
        assert "happy" in engine["emotions"]


def test_a_sound_becomes_the_take_that_the_main_path_makes() -> None:
    service = Service(speak)
    asked = {"emotion": {"happy": 0.7}, "seed": 3}
    reply = service.ask(direction=json.dumps(asked), fps="30000/1001")
    assert reply.status_code == 202
    body = reply.json()
    assert body["state"] == "queued" and reply.headers["location"] == body["url"] == f"/v1/takes/{body['id']}"
    kind, end = service.events(body["id"])[-1]
    assert (kind, end["state"], end["fraction"], end["error"]) == ("end", "done", 1.0, None)
    assert service.http.get(body["url"]).json() == end

    result = service.http.get(end["result"])
    assert result.headers["content-type"] == "application/octet-stream"
    assert result.headers["etag"] == f'"{hashlib.sha256(result.content).hexdigest()}"'
    again = service.http.get(end["result"], headers={"if-none-match": result.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    direct = speak(read_speech(WAV), Direction.from_json(asked), engine="toy", fps="30000/1001")
    assert result.content == direct.to_bytes()
    assert str(read_take(result.content).fps) == "30000/1001"
    service.jobs.close()


def test_events_tell_every_stage_and_end(service: Service) -> None:
    held = Held()
    service = Service(held)
    id = service.ask().json()["id"]
    assert held.busy.wait(20)
    assert service.http.get(f"/v1/takes/{id}").json()["stage"] == "holding"
    check_problem(service.http.get(f"/v1/takes/{id}/result"), 409, "is running, so there is no result")
    held.go.set()
    events = service.events(id)
    assert [kind for kind, _ in events[-1:]] == ["end"] and {kind for kind, _ in events[:-1]} <= {"progress"}
    fractions = [job["fraction"] for _, job in events]
    assert fractions == sorted(fractions)
    service.jobs.close()


def test_delete_cancels_and_then_forgets() -> None:
    held = Held()
    service = Service(held)
    url = service.ask().json()["url"]
    assert held.busy.wait(20)
    assert service.http.delete(url).json()["state"] == "cancelled"
    assert service.events(url.split("/")[-1])[-1][1]["state"] == "cancelled"
    check_problem(service.http.get(url + "/result"), 409, "is cancelled")
    assert service.http.delete(url).status_code == 204
    for method in ("GET", "DELETE"):
        check_problem(service.http.request(method, url), 404, "There is no take")
    service.jobs.close()


def test_a_full_queue_says_so_before_reading_the_sound() -> None:
    held = Held()
    service = Service(held)
    service.ask()
    assert held.busy.wait(20)
    assert [service.ask().status_code for _ in range(2)] == [202, 202]
    refused = service.ask(sound=b"not even a sound")
    check_problem(refused, 429, "2 takes are waiting already")
    assert refused.headers["retry-after"] == "5"
    service.jobs.close()


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


def test_what_an_engine_lacks_is_told_with_its_page(service: Service, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    told = {engine["name"]: engine["missing"] for engine in service.http.get("/v1/info").json()["engines"]}
    assert told["articulation"] == []
    weights = next(each for each in told["probtalk3d-published"] if each["page"] == PAGE)
    assert "CC-BY-NC-4.0" in weights["sentence"] and "mien models import" in weights["sentence"]


def test_a_take_of_flame_needs_a_flame(tmp_path: Path) -> None:
    service = Service(settings=replace(SETTINGS, data_folder=tmp_path))
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


def test_unknown_paths_and_methods_are_problems_too(service: Service) -> None:
    check_problem(service.http.get("/"), 404, "Start with GET /v1/info")
    check_problem(service.http.get("/v2/info"), 404, "nothing at /v2/info")
    check_problem(service.http.get("/v1/takes/nonsense"), 404, "no take 'nonsense'")
    check_problem(service.http.get("/v1/takes/nonsense/events"), 404, "no take 'nonsense'")
    refused = service.http.put("/v1/info")
    check_problem(refused, 405, "PUT is not possible at /v1/info. Use GET.")
    assert refused.headers["allow"] == "GET"


def test_a_failure_nobody_thought_of_keeps_its_details_to_the_log(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(id: str):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(service.jobs, "job", broken)
    reply = service.http.get("/v1/takes/abc")
    check_problem(reply, 500, "failed at GET /v1/takes/abc.*restart the backend")
    assert "secret" not in reply.text
    raising = TestClient(service.http.app, base_url="http://127.0.0.1")
    with pytest.raises(RuntimeError, match="secret detail"):  # what uvicorn writes into its log
        raising.get("/v1/takes/abc")


def test_a_web_page_may_not_ask(service: Service) -> None:
    check_problem(service.http.get("/v1/info", headers={"origin": "http://evil.example"}), 403, "web pages")
    check_problem(service.http.get("/v1/info", headers={"host": "evil.example"}), 403, "not a name of this backend")


def test_a_failed_take_says_why(service: Service) -> None:
    def perform(speech, direction, engine, fps, progress, head=None):
        raise engines.EngineError("The toy is broken. Mend it.")

    service = Service(perform)
    id = service.ask().json()["id"]
    assert service.events(id)[-1][1]["error"] == "The toy is broken. Mend it."
    check_problem(service.http.get(f"/v1/takes/{id}/result"), 409, "is failed.*The toy is broken")
    service.jobs.close()
