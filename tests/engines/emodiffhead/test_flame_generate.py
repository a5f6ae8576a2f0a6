# SPDX-License-Identifier: GPL-3.0-or-later
"""A small network of FLAME's parameters, trained in a few steps on a made-up FLAME: it learns, and lips meet."""

from dataclasses import replace
from pathlib import Path

import flame
import numpy as np
import pytest
import torch
from emodiffhead import SMALL
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.base import EngineError
from mien.engines.emodiffhead import flame_space, user_weights
from mien.engines.emodiffhead.engine import EMOdiffhead
from mien.engines.emodiffhead.flame_generate import generate
from mien.engines.emodiffhead.flame_space import FlameRetargeter, Lips, space_of
from mien.engines.emodiffhead.network import Denoiser
from mien.engines.emodiffhead.weights import load, save
from mien.heads.default import load_head
from mien.heads.flame import Flame
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.training.emodiffhead.train import DenoisingLoss, new_denoiser
from motion_data import expression_dataset

HEAD = load_head()
TRACK = PhoneTrack.from_segments([("SIL", 0.3), ("AA", 0.3), ("M", 0.2), ("IY", 0.3), ("SIL", 0.4)])
SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, 24000).astype(np.float32))


@pytest.fixture(scope="module")
def somebody() -> Flame:
    return flame.on_head()


@pytest.fixture(scope="module")
def retarget(somebody: Flame) -> FlameRetargeter:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flame_space, "FITTED", 200)
        return FlameRetargeter(somebody)


def test_motion_becomes_parameters_and_the_lip_aperture_follows(somebody: Flame, retarget: FlameRetargeter) -> None:
    motion = np.zeros((3, 57), np.float32)
    motion[1, 24], motion[2, 43], motion[:, 55] = 0.5, 0.5, 0.1  # a jaw, a smile, a gaze
    parameters = retarget(motion)
    assert parameters.shape == (3, 58) and retarget.error < 0.001
    np.testing.assert_array_equal(parameters[:, 53:], motion[:, 52:])
    assert np.abs(parameters[0, :53]).max() < 1e-6
    assert parameters[1, HEAD.channels.index("jawOpen")] > 0.3  # its expressions are the channels
    gaps, space = Lips(somebody).gaps(parameters[:, :53]).min(1), space_of(somebody)
    assert gaps[1] > gaps[0] + 0.005
    linear = (space.pairs + parameters @ space.gains).min(1)
    np.testing.assert_allclose(linear, 1000 * gaps, atol=0.3)
    assert space.size == 58 and space.mm.min() >= 0 and space.flame == somebody.sha256


def test_it_learns_and_performs_with_lips_that_meet(somebody: Flame, retarget: FlameRetargeter, tmp_path: Path) -> None:
    space, known = space_of(somebody), replace(expression_dataset(), retarget=retarget)
    torch.manual_seed(0)
    network = new_denoiser(replace(SMALL, motion=space.size), known)
    loss, optimiser = DenoisingLoss(space), torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses, batches = [], known.batches(0, 0, 8, 40)
    for _ in range(12):
        total = sum(loss(network, next(batches)).values())
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        losses.append(float(total.detach()))
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    path = save(network, tmp_path / "x.safetensors", {}, space.flame)
    with pytest.raises(EngineError, match="move the FLAME 000000000000, not the default head; train others for it"):
        load(path)
    ready = load(path, somebody.sha256)
    directions = [Direction.from_json({"emotion": "happy", "seed": seed}) for seed in (1, 2)]
    takes = generate(SPEECH, TRACK, analyse_prosody(SPEECH), directions, ready, somebody, steps=3)
    assert [take.frames for take in takes] == [150, 150] and takes[0].to_bytes() != takes[1].to_bytes()
    for take in takes:
        assert take.meta["head"] == "flame" and take.gaze.shape == (150, 2)
        marks = somebody.landmarks(somebody.faces(take))
        gap = (marks[:, [44, 45, 46], 1] - marks[:, [50, 49, 48], 1]).min(1)
        assert gap[60:80].min() < 0.0005 and gap.min() > -0.0002  # 0.1 mm is the basis's own
    held = Direction.from_json({"held": {"jawOpen": [[[0.5, 0.2]]]}})
    with pytest.raises(EngineError, match="channels are held, and a take of FLAME's own numbers has none"):
        generate(SPEECH, TRACK, analyse_prosody(SPEECH), [held], ready, somebody)


def test_the_engine_poses_the_flame_that_there_are_weights_for(
    somebody: Flame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    assert not EMOdiffhead.info.poses_flame(somebody)
    path = user_weights()
    path.parent.mkdir(parents=True)
    save(Denoiser(replace(SMALL, motion=58)), path, {}, somebody.sha256)
    assert EMOdiffhead.info.poses_flame(somebody) and not EMOdiffhead.info.poses_flame(
        replace(somebody, sha256="1" * 64)
    )
