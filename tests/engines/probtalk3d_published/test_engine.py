# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine probtalk3d-published, on small random weights and a made-up FLAME."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import probtalk3d
import published
import pytest
from mien import engines
from mien.channels import ARKIT
from mien.direction import Direction, DirectionError
from mien.engines import EngineError
from mien.engines.probtalk3d_published import FOLDER, NAME, PAGE
from mien.engines.probtalk3d_published.engine import PublishedProbTalk3D
from mien.engines.probtalk3d_published.flame_motion import to_flame
from mien.engines.probtalk3d_published.style_labels import style
from mien.engines.probtalk3d_published.weights import import_weights, read_weights
from mien.heads.default import load_head
from mien.heads.flame import FLAME_FOLDER, FLAME_PAGE, Flame, read_flame
from mien.heads.flame_file import FlameError
from mien.speak import speak, speak_takes
from mien.take import read_take

SURE = {"temperature": 0.0, "style": "M009", "emotion": {"angry": 1.0}, "intensity": "medium"}


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    """A data folder with both."""
    folder = tmp_path_factory.mktemp("data")
    checkpoint = published.download(folder / "download")
    import_weights(checkpoint, folder / FOLDER, checkpoint.with_name("config.json"))
    published.import_flame(folder)
    return folder


@pytest.fixture(scope="module")
def flame(full) -> Flame:
    return read_flame(full / FLAME_FOLDER)


@pytest.fixture
def data(full, monkeypatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(full))
    return full


def direction(**fields) -> Direction:
    return Direction.from_json(SURE | fields)


def test_without_its_files_it_says_what_it_needs_where_it_is_and_under_which_licence(
    hum, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    info = engines.info_of(NAME)
    weights, head = info.missing()[-2:]
    assert (weights.page, head.page) == (PAGE, FLAME_PAGE)
    assert "CC-BY-NC-4.0" in weights.sentence and PAGE in weights.sentence and "mien models import" in weights.sentence
    assert "non-commercial" in head.sentence and FLAME_PAGE in head.sentence
    with pytest.raises(EngineError, match=f"The engine {NAME} cannot work yet. .*ProbTalk3D.* FLAME"):
        speak(hum, direction(), NAME)
    published.import_flame(tmp_path)
    assert [each.page for each in info.missing() if each.page] == [PAGE]


def test_without_transformers_it_says_how_to_install_it(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("mien.engines.probtalk3d_published.find_spec", lambda name: None)
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    assert "pip install 'mien[hubert]'" in PublishedProbTalk3D.info.missing()[0].sentence


@probtalk3d.needs_transformers
def test_a_take_is_the_published_motion_posed_on_flame(hum, data, flame) -> None:
    take = speak(hum, direction(), NAME, head=flame)
    motion = read_weights(data / FOLDER).generate(hum.samples, style("M009", "angry", "medium"))
    numbers = to_flame(motion)
    faces = flame.vertices(numbers[:, 300:350], numbers[:, 400:])
    assert take.fps == 25 and take.frames == 30 and len(motion) == 29
    away = np.linalg.norm(flame.faces(take)[:29] - faces, axis=-1).max()
    assert away <= 0.0001 and float(take.meta["basis_error_m"]) <= 0.0001
    assert np.linalg.norm(faces - flame.template, axis=-1).max() > 0.001  # and it moves at all
    at_end = flame.faces(take)[28:]  # the last frame of motion is held to the end of the sound
    np.testing.assert_allclose(at_end[1], at_end[0], rtol=0, atol=1e-6)  # m: two rows of one float32 product


@probtalk3d.needs_transformers
def test_the_take_says_what_was_used_and_every_licence(hum, data, flame) -> None:
    take = read_take(speak(hum, direction(temperature=1.0), NAME, head=flame).to_bytes())
    assert json.loads(take.meta["published"]) == {
        "speaker": "M009",
        "temperature": 0.2,
        "passages": [{"start": 0.0, "emotion": "angry", "level": "medium"}],
    }
    assert take.meta["head"] == "flame" and take.meta["head_sha256"] == flame.sha256
    assert take.meta["licence"] == "CC-BY-NC-4.0; FLAME model licence (non-commercial)"
    assert take.meta["engine"] == NAME and take.meta["audio_sha256"] == hum.sha256
    channels = speak(hum, direction(), NAME)
    assert channels.meta["head"] == "mien" and channels.meta["licence"] == take.meta["licence"]


@probtalk3d.needs_transformers
def test_it_becomes_channels_of_the_default_head(hum, data) -> None:
    take = speak(hum, direction(), NAME, fps="24")
    assert take.channels == ARKIT and take.fps == 24 and take.basis is None
    assert take.weights.max() > 0.05 and 0 <= take.weights.min() <= take.weights.max() <= 1
    assert float(take.meta["channel_error_m"]) > 0
    load_head().faces(take)


@probtalk3d.needs_transformers
def test_seeds_draw_other_takes_and_a_temperature_of_0_draws_none(hum, data, flame) -> None:
    def coefficients(**fields) -> bytes:
        return speak(hum, direction(**fields), NAME, head=flame).coefficients.tobytes()

    assert coefficients(seed=1) == coefficients(seed=2)
    hot = {"temperature": 2.0}
    assert coefficients(**hot, seed=1) == coefficients(**hot, seed=1) != coefficients(**hot, seed=2)
    several = speak_takes(hum, direction(**hot), [1, 2], NAME, head=flame)
    assert [take.coefficients.tobytes() for take in several] == [coefficients(**hot, seed=seed) for seed in (1, 2)]


@probtalk3d.needs_transformers
def test_style_emotion_and_jaw_change_the_take(hum, data, flame) -> None:

    def faces(**fields) -> np.ndarray:
        return flame.faces(speak(hum, direction(**fields), NAME, head=flame))

    for other in ({"style": "W029"}, {"emotion": {"happy": 1.0}}, {"intensity": "high"}, {"jaw": 0.0}):
        assert np.abs(faces(**other) - faces()).max() > 1e-5, other
    np.testing.assert_array_equal(faces(style="default"), faces(style="M003"))
    with pytest.raises(DirectionError, match="has no style 'careful'; it has default, M003"):
        speak(hum, direction(style="careful"), NAME)


@probtalk3d.needs_transformers
def test_another_persons_face_is_posed_as_such(hum, data, flame) -> None:
    seeded = np.random.default_rng(3).normal(0, 0.0005, flame.shape_basis.shape).astype(np.float32)
    person = replace(flame, shape_basis=seeded).shaped(np.array([2.0, -1.0]))
    take = speak(hum, direction(), NAME, head=person)
    assert json.loads(take.meta["head_shape"]) == [2.0, -1.0]
    numbers = to_flame(read_weights(data / FOLDER).generate(hum.samples, style("M009", "angry", "medium")))
    faces = person.vertices(numbers[:, 300:350], numbers[:, 400:])
    assert np.linalg.norm(person.faces(take)[:29] - faces, axis=-1).max() <= 0.0001


@probtalk3d.needs_transformers
def test_a_flame_without_landmarks_is_refused_before_the_work(hum, full, tmp_path, monkeypatch) -> None:
    (tmp_path / "engines").symlink_to(full / "engines")
    made = published.import_flame(tmp_path)
    monkeypatch.setattr("mien.heads.flame.read_flame", lambda folder: replace(made, landmark_triangles=None))
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    stages = []
    with pytest.raises(FlameError, match="FLAME's landmarks are not here. To turn its takes into channels"):
        speak(hum, direction(), NAME, progress=lambda fraction, stage: stages.append(stage))
    assert stages == []


@probtalk3d.needs_transformers
def test_a_sound_of_a_moment_is_refused(hum, data) -> None:
    with pytest.raises(EngineError, match="the sound lasts 0.062 s; ProbTalk3D needs at least 0.085 s"):
        speak(replace(hum, samples=hum.samples[:1000]), direction(), NAME)
