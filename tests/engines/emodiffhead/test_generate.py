# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes of a small untrained network: the rules are kept whatever is sampled, and what is held is held."""

from pathlib import Path

import numpy as np
import pytest
from emodiffhead import network
from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.engines import emodiffhead
from mien.engines.base import EngineError, EngineMissing
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.emodiffhead.generate import generate
from mien.engines.emodiffhead.weights import save
from mien.engines.neural.held_keys import enforced
from mien.heads.default import load_head
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

TRACK = PhoneTrack.from_segments([("SIL", 0.3), ("AA", 0.3), ("M", 0.2), ("IY", 0.3), ("SIL", 0.4)])
SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, 24000).astype(np.float32))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(network(), tmp_path_factory.mktemp("weights") / "x.safetensors", {})


def takes_of(weights: Path, *seeds: int, **fields) -> list[Take]:
    directions = [Direction.from_json({"emotion": "happy", "seed": seed, **fields}) for seed in seeds]
    return generate(SPEECH, TRACK, analyse_prosody(SPEECH), directions, weights=weights, steps=3)


def test_a_take_keeps_the_rules_and_a_seed_its_bytes(weights: Path) -> None:
    one, two = takes_of(weights, 1, 2)
    assert one.frames == 150 and one.fps == 100 and len(one.channels) == 52
    assert one.weights.min() >= 0 and one.weights.max() <= 1
    gap = load_head().lip_aperture(one.weights, one.channels)
    assert gap[60:80].min() < 0.0005 and gap.min() > 0  # the lips meet on the m
    assert takes_of(weights, 1)[0].to_bytes() == one.to_bytes() != two.to_bytes()


def test_what_is_held_is_in_the_take_and_the_rest_joins_it(weights: Path) -> None:
    names = ("jawOpen", "mouthSmileLeft", "browDownLeft", "gazeYaw")
    fields = {name: [[[0.7, 0.25], [0.9, 0.25]]] for name in names} | {"browInnerUp": [[[0, 0.1], [2, 0.3]]]}
    (take,), (free,) = takes_of(weights, 1, held=fields), takes_of(weights, 1)
    for name in names[:3]:
        np.testing.assert_array_equal(take.channel(name)[70:91], np.float32(0.25))
    np.testing.assert_array_equal(take.gaze[70:91, 1], np.float32(0.25))
    rising = np.float32(np.interp(np.arange(150) / 100, [0, 2], [0.1, 0.3]))
    np.testing.assert_array_equal(take.channel("browInnerUp"), rising)

    def jump(motion: np.ndarray) -> float:
        return float(np.abs(np.diff(motion, 3, axis=0)).max())

    for name in names[:3]:
        assert jump(take.channel(name)[66:74]) <= jump(free.channel(name)) + 0.02


def test_a_face_may_be_given_besides_an_emotion(weights: Path) -> None:
    (take,), (other,) = takes_of(weights, 1, face={"browInnerUp": 0.8}), takes_of(weights, 1)
    assert np.abs(take.weights - other.weights).max() > 1e-3


def test_guidance_is_followed(weights: Path) -> None:
    (take,), (other,) = takes_of(weights, 1, emotion_guidance=2.0), takes_of(weights, 1)
    assert np.abs(take.weights - other.weights).max() > 1e-3


def test_the_engine_says_what_it_is_and_where_it_runs() -> None:
    assert EMOdiffhead.info.name == "emodiffhead" and len(EMOdiffhead.info.emotions) == 8
    with pytest.raises(EngineError, match="'cuda' was asked for"):
        EMOdiffhead().load("cuda")


def test_without_weights_the_engine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emodiffhead, "WEIGHTS", tmp_path / "absent.safetensors")
    with pytest.raises(EngineMissing, match="cannot work yet. It has no weights yet; .* mien train emodiffhead"):
        EMOdiffhead().load("auto")


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_lips_meet_under_every_emotion(weights: Path, emotion: str) -> None:
    """Whatever is sampled: the rules come last."""
    (take,) = takes_of(weights, 1, emotion=emotion)
    gap = load_head().lip_aperture(take.weights, take.channels)
    assert gap[60:80].min() < 0.0005 and gap.min() > 0


@pytest.mark.parametrize("fps", [24, 25, 30, "30000/1001", 60, 100])
def test_what_is_held_is_exact_at_every_rate(weights: Path, fps: int | str) -> None:
    keys = [[0.5, 0.2], [0.8, 0.7], [1.1, 0.3]]
    fields = Direction.from_json({"seed": 1, "held": {"jawOpen": [keys], "headYaw": [keys]}})
    (take,) = takes_of(weights, 1, held={"jawOpen": [keys], "headYaw": [keys]})
    take = enforced(take.resample(fps), fields)
    times = np.arange(take.frames) / float(take.fps)
    inside = (times >= 0.4999) & (times <= 1.1001)
    wanted = np.interp(times, *zip(*keys, strict=True)).astype(np.float32)[inside]
    np.testing.assert_array_equal(take.channel("jawOpen")[inside], wanted)
    np.testing.assert_array_equal(take.head_rotation[inside, 1], wanted)
