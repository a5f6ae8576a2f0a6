# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials: every file that has a card is in it, as the file that the card describes."""

import importlib.util
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from checkout import ROOT

spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci" / "sbom.py")
sbom = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sbom)


def test_weights_networks_and_meshes_are_listed_with_licence_and_digest() -> None:
    found = {component["name"]: component for component in sbom.models()}
    weights = found["backend/mien/engines/probtalk3d/mien.safetensors"]
    assert weights["type"] == "machine-learning-model" and len(weights["hashes"][0]["content"]) == 64
    assert found["backend/mien/face_tracking/face_landmarker_v2.task"]["licenses"] == [
        {"license": {"name": "Apache-2.0"}}
    ]
    assert found["meshes/mien.safetensors"]["type"] == found["meshes/body.safetensors"]["type"] == "data"
    assert found["backend/mien/body_tracking/pose_detection.tflite"]["type"] == "machine-learning-model"
    assert found["backend/mien/service/http/page/static/three/GLTFLoader.js"]["type"] == "library"


def test_a_file_that_is_not_its_cards_is_refused(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "a.bin").write_bytes(b"another")
    card = {"name": "a", "file": "a.bin", "licence": "CC0-1.0", "sha256": "0" * 64}
    (tmp_path / "meshes" / "a.card.json").write_text(json.dumps(card))
    monkeypatch.setattr(sbom, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="a.bin is not the file that its card describes"):
        sbom.models()


def test_the_bill_has_packages_and_models(monkeypatch) -> None:
    answer = SimpleNamespace(returncode=0, stdout='{"components": [{"name": "numpy"}]}', stderr="")
    monkeypatch.setattr(sbom.subprocess, "run", lambda *arguments, **options: answer)
    names = [component["name"] for component in sbom.bill(sys.executable)["components"]]
    assert names[0] == "numpy" and "meshes/mien.safetensors" in names
    monkeypatch.setattr(
        sbom.subprocess, "run", lambda *a, **o: SimpleNamespace(returncode=1, stdout="", stderr="no such python")
    )
    with pytest.raises(SystemExit, match="no such python"):
        sbom.bill("python-of-nobody")
