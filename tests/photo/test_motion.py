# SPDX-License-Identifier: GPL-3.0-or-later
"""What a take asks of a face that is not at rest itself."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from mien.channels import ARKIT, INDEX
from mien.heads.default import load_head
from mien.photo.motion import motion_of
from mien.take import Take

HEAD = load_head()
JAW, SMILE = INDEX["jawOpen"], INDEX["mouthSmileLeft"]


def take(*rows: dict[int, float]) -> Take:
    weights = np.zeros((len(rows), len(ARKIT)), np.float32)
    for row, values in zip(weights, rows, strict=True):
        for channel, value in values.items():
            row[channel] = value
    return Take(
        fps=Fraction(25),
        duration=Fraction(len(rows), 25),
        channels=ARKIT,
        weights=weights,
        head_rotation=np.zeros((len(rows), 3), np.float32),
    )


def test_rest_is_the_photos_own_face_and_speech_shuts_its_mouth() -> None:
    own = np.zeros(len(ARKIT))
    own[JAW], own[SMILE] = 0.5, 0.6
    motion = motion_of(take({}, {INDEX["mouthPressLeft"]: 0.3}, {JAW: 0.2, SMILE: 0.9}), HEAD, own)
    shown = motion.weights[:, HEAD.order(ARKIT)]
    assert np.allclose(shown[0], own)
    assert shown[1, JAW] == 0
    assert np.isclose(shown[1, SMILE], 0.3)
    assert np.isclose(shown[2, JAW], 0.2)
    assert np.isclose(shown[2, SMILE], 0.9)
    assert not motion.gaze.any()


def test_a_smile_of_the_photo_gives_way_to_pursed_lips() -> None:
    own = np.zeros(len(ARKIT))
    own[SMILE] = 0.6
    pucker = INDEX["mouthPucker"]
    shown = motion_of(take({pucker: 0.5}, {pucker: 1.0}), HEAD, own).weights[:, HEAD.order(ARKIT)]
    assert np.allclose(shown[:, SMILE], [0.15, 0.0])
    assert np.allclose(shown[:, pucker], [0.5, 1.0])


def test_strength_scales_and_stays_in_range() -> None:
    motion = motion_of(take({JAW: 0.8}), HEAD, np.zeros(len(ARKIT)), strength=2.0)
    assert motion.weights.max() == 1
    assert not motion_of(take({JAW: 0.8}), HEAD, np.zeros(len(ARKIT)), strength=0.0).weights.any()


def test_a_take_of_vertices_becomes_channels() -> None:
    moved = take({JAW: 0.5}, {JAW: 0.1})
    offsets = (HEAD.faces(moved) - HEAD.vertices).astype(np.float32)
    vertices = Take(fps=moved.fps, duration=moved.duration, offsets=offsets, head_rotation=moved.head_rotation)
    jaw = motion_of(vertices, HEAD, np.zeros(len(ARKIT))).weights[:, HEAD.channels.index("jawOpen")]
    assert abs(jaw[0] - 0.5) < 0.1
    assert jaw[0] > jaw[1]


def test_brows_rise_whole_and_one_may_rise_alone() -> None:
    inner, left, right = (INDEX[name] for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"))
    motion = motion_of(take({left: 0.8, right: 0.6, inner: 0.1}, {right: 0.6}), HEAD, np.zeros(len(ARKIT)))
    shown = motion.weights[:, HEAD.order(ARKIT)]
    assert 0.3 < shown[0, inner] < 0.6
    assert shown[1, inner] == 0


def test_shapes_of_the_tongue_come_along_in_the_order_of_the_head() -> None:
    speech = take({JAW: 0.5}, {JAW: 0.4})
    assert not motion_of(speech, HEAD, np.zeros(52)).tongue.any()
    names = ("tongueBackUp", "tongueTipUp")
    lifted = replace(speech, tongue=np.array([[0.2, 0.0], [0.0, 0.9]], np.float32), tongue_names=names)
    shown = motion_of(lifted, HEAD, np.zeros(52)).tongue
    assert shown.shape == (2, len(HEAD.tongue_names))
    np.testing.assert_allclose(shown[:, [HEAD.tongue_names.index(name) for name in names]], lifted.tongue)


def test_lids_go_with_the_eyes_where_no_channel_says_so() -> None:
    down = INDEX["eyeLookDownLeft"]
    column = int(HEAD.order(("eyeLookDownLeft",))[0])
    looking = replace(take({JAW: 0.5}, {JAW: 0.5}), gaze=np.array([[0.1, 0.0], [-0.1, 0.0]], np.float32))
    lids = motion_of(looking, HEAD, np.zeros(52)).weights[:, column]
    assert 0.4 < lids[0] < 0.6 and lids[1] == 0
    told = replace(looking, weights=take({down: 0.2}, {down: 0.2}).weights)
    np.testing.assert_allclose(motion_of(told, HEAD, np.zeros(52)).weights[:, column], 0.2)
