# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest
from mien import __version__
from mien.direction import EMOTIONS
from mien.engines.probtalk3d_published import PAGE
from mien.heads.default import load_head
from service_client import Service, check_problem
from starlette.testclient import TestClient


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
        assert set(engine) == {"name", "version", "emotions", "styles", "licence", "missing", "follows", "head"}
        assert "neutral" in engine["emotions"] and set(engine["emotions"]) <= set(EMOTIONS)


def test_what_an_engine_lacks_is_listed_with_its_page(service: Service, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    info = {engine["name"]: engine["missing"] for engine in service.http.get("/v1/info").json()["engines"]}
    assert info["articulation"] == []
    weights = next(each for each in info["probtalk3d-published"] if each["page"] == PAGE)
    assert "CC-BY-NC-4.0" in weights["sentence"] and "mien models import" in weights["sentence"]


def test_unknown_paths_and_methods_are_problems_too(service: Service) -> None:
    check_problem(service.http.get("/v1"), 404, "Start with GET /v1/info")
    check_problem(service.http.get("/v2/info"), 404, "nothing at /v2/info")
    check_problem(service.http.get("/v1/info/", follow_redirects=False), 404, "nothing at /v1/info/")
    check_problem(service.http.get("/v1/takes/nonsense"), 404, "no take 'nonsense'")
    check_problem(service.http.get("/v1/takes/nonsense/events"), 404, "no take 'nonsense'")
    refused = service.http.put("/v1/info")
    check_problem(refused, 405, "PUT is not possible at /v1/info. Use GET, HEAD.")
    assert refused.headers["allow"] == "GET, HEAD"
    refused = service.http.put("/v1/takes/nonsense")
    check_problem(refused, 405, "PUT is not possible at /v1/takes/nonsense. Use DELETE, GET, HEAD.")
    assert refused.headers["allow"] == "DELETE, GET, HEAD"


def test_an_unexpected_failure_keeps_its_details_to_the_log(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(service.scheduler, "status", broken)
    reply = service.http.get("/v1/takes/abc")
    check_problem(reply, 500, "failed at GET /v1/takes/abc.*restart the backend")
    assert "secret" not in reply.text
    raising = TestClient(service.http.app, base_url="http://127.0.0.1")
    with pytest.raises(RuntimeError, match="secret detail"):  # what uvicorn writes into its log
        raising.get("/v1/takes/abc")


def test_a_web_page_is_refused(service: Service) -> None:
    check_problem(service.http.get("/v1/info", headers={"origin": "http://evil.example"}), 403, "web pages")
    check_problem(service.http.get("/v1/info", headers={"host": "evil.example"}), 403, "not a name of this backend")
