# SPDX-License-Identifier: GPL-3.0-or-later
"""The curve of steps: of takes whose distance is known, and of a small untrained network."""

from pathlib import Path

import numpy as np
import pytest
from emodiffhead import network
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import Direction
from mien.engines.emodiffhead.generate import generate
from mien.engines.emodiffhead.weights import save
from mien.evaluation.takes import sampling_steps
from mien.evaluation.takes.clips import Clip, take_of
from mien.heads.default import load_head
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, 24000).astype(np.float32))
CLIP = Clip("a 0", SPEECH, Direction(seed=3), np.zeros((38, 57)), np.zeros(38, bool), True)


def test_takes_are_as_far_off_as_they_are() -> None:
    """Of a jaw that is open by 1 / steps, and by 0.5 more from another seed."""

    def perform(clip: Clip, seed: int, number: int) -> Take:
        motion = np.zeros((10, 57), np.float32)
        motion[:, INDEX["jawOpen"]] = 1 / number + 0.5 * (seed - clip.direction.seed)
        return take_of(motion)

    rows = sampling_steps.curve([CLIP, CLIP], perform, lambda done, stage: None)
    assert [row.what for row in rows] == ["5", "10", "15", "20", "30", "50", "20, another seed"]
    head = load_head()
    moved = 1000 * np.linalg.norm(head.deltas[head.order(["jawOpen"])[0]], axis=1)
    lips = moved[head.lip_mask.astype(bool)]
    for row, off in zip(rows, [1 / n - 0.01 for n in sampling_steps.STEPS] + [0.54], strict=True):
        np.testing.assert_allclose(
            (row.face, row.lips, row.farthest), (off * moved.mean(), off * lips.mean(), off * lips.max()), rtol=1e-3
        )
    assert rows[3].time == 1 and all(row.time > 0 for row in rows)
    assert len(sampling_steps.cells(rows)) == 7 and all(
        len(each) == len(sampling_steps.HEAD) for each in sampling_steps.cells(rows)
    )


def test_more_steps_of_a_network_are_nearer_to_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = save(network(), tmp_path / "x.safetensors", {})
    track = PhoneTrack.from_segments([("SIL", 0.3), ("AA", 0.5), ("M", 0.2), ("IY", 0.5)])
    prosody = analyse_prosody(SPEECH)

    def perform(clip: Clip, seed: int, number: int) -> Take:
        directions = [clip.direction.with_seed(seed)]
        return generate(SPEECH, track, prosody, directions, weights=weights, steps=number)[0].resample(25)

    monkeypatch.setattr(sampling_steps, "MANY", 40)
    monkeypatch.setattr(sampling_steps, "STEPS", (3, 6, 20))
    rows = sampling_steps.curve([CLIP], perform, lambda done, stage: None)
    near = [row.face for row in rows[:-1]]
    assert near == sorted(near, reverse=True) and near[-1] > 0
    assert rows[-1].face > near[-1]
