# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures of held keys: of takes that keep them or do not, and of a small untrained network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emodiffhead import network
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import Direction
from mien.engines.emodiffhead.generate import generate
from mien.engines.emodiffhead.weights import save
from mien.evaluation.takes import held_keys
from mien.evaluation.takes.clips import Clip, take_of
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.2, 0.2, 48000).astype(np.float32))
CLIP = Clip("a 0", SPEECH, Direction(seed=3), np.zeros((75, 57)), np.zeros(75, bool), True)
HELD = Direction.from_json({"held": {"jawOpen": [[[1.0, 0.4], [1.4, 0.4]]]}})


def still(value: float = 0.2) -> Take:
    motion = np.zeros((75, 57), np.float32)
    motion[:, INDEX["jawOpen"]] = value
    return take_of(motion)


def test_the_error_is_the_distance_from_the_key() -> None:
    assert held_keys.largest_error(still(0.4), HELD) == 0
    assert held_keys.largest_error(still(), HELD) == pytest.approx(0.2)


def test_a_jump_at_a_joint_is_counted_apart_from_one_elsewhere() -> None:
    take = still()
    take.weights[25:36, INDEX["jawOpen"]] = 0.4
    joint, elsewhere = held_keys.jumps(take, still(), HELD)
    step = 0.2 * held_keys.visible()[INDEX["jawOpen"]]
    assert joint == pytest.approx(2 * step, rel=1e-4) and elsewhere == 0  # a step's third differences: 1, -2, 1
    other = still()
    other.weights[50:, INDEX["jawOpen"]] = 0.5
    assert held_keys.jumps(take, other, HELD)[1] == pytest.approx(3 * step, rel=1e-4)
    assert held_keys.jumps(still(), still(), HELD) == (0, 0)


def test_the_takes_of_the_network_hold_to_the_last_bit_and_join_as_they_move_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On noise that nothing has trained; the numbers of the trained one are in docs/emodiffhead.md."""
    # A head of noise alone is made three times as slow, but not beside what is held, so that nothing could be compared
    monkeypatch.setattr("mien.engines.neural.postprocess.scale_fast_motion", lambda rotation, free: rotation)
    weights = save(network(), tmp_path / "x.safetensors", {})
    track = PhoneTrack.from_segments([("SIL", 0.5), ("AA", 0.5), ("M", 0.2), ("IY", 0.8), ("P", 0.2), ("OW", 0.8)])
    prosody = analyse_prosody(SPEECH)

    def perform(clip: Clip, direction: Direction) -> Take:
        return generate(SPEECH, track, prosody, [direction], weights=weights, steps=3)[0]

    rows = held_keys.measure([CLIP, replace(CLIP, direction=Direction(seed=4))], perform)
    assert len(rows) == 4 and all(row.error == 0 for row in rows)
    of = {row.what.split()[-1]: row for row in rows}
    for name in ("everything", "throughout"):
        assert of[name].within == 1 and of[name].joint <= of[name].elsewhere
    assert of["throughout"].joint == 0  # there is none
    assert all(len(each) == len(held_keys.HEAD) for each in held_keys.cells(rows))
