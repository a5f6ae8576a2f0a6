# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes said another way and back: what comes back, how near, and that closed lips stay closed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flame
import numpy as np
import pytest
from checkout import SAMPLES
from mien.channels import ARKIT
from mien.heads.correspondence import flame_correspondence
from mien.heads.default import HeadError, load_head, rotation_matrix
from mien.heads.flame import Flame
from mien.heads.lip_aperture import CLOSED
from mien.heads.retarget import angles, held_still, to_basis, to_channels, to_vertices
from mien.take import Take, read_take

HEAD = load_head()


@pytest.fixture(scope="module")
def speech_take() -> Take:
    """3 s of speech by the rules; 47 channels move."""
    return read_take(SAMPLES / "default_style.take.safetensors")


@pytest.fixture(scope="module")
def somebody() -> Flame:
    return flame.on_head()


def ordered(take: Take) -> np.ndarray:
    return take.weights[:, [take.channels.index(name) for name in ARKIT]]


def gaps(take: Take) -> np.ndarray:
    """(F,) metres between the lips."""
    return HEAD.lip_aperture(take.weights, take.channels)


def held(take: Take) -> np.ndarray:
    """(F,) bool: the frames of mouth_holds."""
    begin, end = take.mouth_holds.T
    times = take.times[:, None]
    return ((times >= begin - 1e-6) & (times <= end + 1e-6)).any(1)


def in_closures(take: Take) -> np.ndarray:
    """(F,) bool: those of them in which this take's lips are closed, not lip and teeth."""
    return held(take) & (gaps(take) <= 0.0004)


def farthest(one: Take, other: Take) -> float:
    return float(np.linalg.norm(HEAD.faces(one) - HEAD.faces(other), axis=-1).max())


def test_channels_to_vertices_and_back(speech_take) -> None:
    """Measured: weights within 0.0007, vertices within a micrometre."""
    vertices = to_vertices(speech_take, HEAD)
    assert vertices.weights is None and vertices.channels == () and vertices.offsets.shape == (75, 4538, 3)
    np.testing.assert_allclose(HEAD.offsets(vertices), HEAD.offsets(speech_take), atol=1e-6)
    back = to_channels(vertices, HEAD)
    assert back.channels == ARKIT
    np.testing.assert_allclose(back.weights, ordered(speech_take), rtol=0, atol=0.002)
    assert farthest(back, speech_take) < 5e-6
    assert float(back.meta["channel_error_m"]) < 1e-6
    np.testing.assert_array_equal(back.head_rotation, speech_take.head_rotation)
    for name in ("mouth_holds", "eye_holds", "gaze"):
        np.testing.assert_array_equal(getattr(back, name), getattr(speech_take, name))
    kept = ("engine", "seed", "licence", "audio_sha256")
    assert [back.meta.get(key) for key in kept] == [speech_take.meta.get(key) for key in kept]


def test_closures_survive(speech_take) -> None:
    closed = in_closures(speech_take)
    assert closed.sum() == 3
    for back in (
        to_channels(to_vertices(speech_take, HEAD), HEAD),
        to_channels(to_basis(to_vertices(speech_take, HEAD), HEAD), HEAD),
    ):
        assert gaps(back)[closed].max() <= 0.0004
        assert gaps(back)[closed].min() >= 0.0001  # and no lip goes through the other


def test_head_movement_that_is_in_the_vertices_is_taken_out(speech_take) -> None:
    baked = to_vertices(speech_take, HEAD)
    still = np.zeros_like(speech_take.head_rotation)
    baked = replace(baked, offsets=HEAD.offsets(speech_take).astype(np.float32), head_rotation=still)
    back = to_channels(baked, HEAD)
    np.testing.assert_allclose(back.head_rotation, speech_take.head_rotation, rtol=0, atol=1e-5)
    np.testing.assert_allclose(back.weights, ordered(speech_take), rtol=0, atol=0.005)


def test_large_turns_are_taken_out_to_the_neck() -> None:
    rotation = np.array([[0.5, -0.9, 0.3], [-0.4, 1.2, 0.1]], np.float32)
    weights = np.random.default_rng(0).random((2, 52)).astype(np.float32)
    faces, actual = held_still(HEAD.pose(weights, rotation), HEAD)
    np.testing.assert_allclose(actual, rotation, atol=1e-5)
    np.testing.assert_allclose(faces, HEAD.pose(weights), atol=1e-5)


def test_angles_undo_the_matrix() -> None:
    rotation = np.random.default_rng(1).uniform(-1.5, 1.5, (50, 3))
    np.testing.assert_allclose(angles(rotation_matrix(rotation)), rotation, atol=1e-12)


def test_a_basis_of_channels_is_their_shapes(speech_take) -> None:
    basis = to_basis(speech_take, HEAD)
    np.testing.assert_array_equal(basis.coefficients, speech_take.weights)
    assert farthest(basis, speech_take) < 1e-6 and basis.meta["basis_error_m"] == "0"


@pytest.mark.parametrize("error_mm", [0.1, 1.0])
def test_a_basis_of_vertices_is_small_and_within_the_error(speech_take, error_mm) -> None:
    """Measured: 18 movements for a tenth of a millimetre."""
    basis = to_basis(to_vertices(speech_take, HEAD), HEAD, error_mm / 1000)
    measured = farthest(basis, speech_take)
    assert measured <= error_mm / 1000
    assert float(basis.meta["basis_error_m"]) == pytest.approx(measured, rel=0.02, abs=1e-7)
    assert len(basis.basis) <= 25 and np.abs(basis.coefficients).max() == pytest.approx(1)
    fewer = replace(basis, basis=basis.basis[:-1], coefficients=basis.coefficients[:, :-1])
    assert farthest(fewer, speech_take) > error_mm / 1000


def test_a_still_take_converts_too() -> None:
    still = np.zeros((5, 3), np.float32)
    zero = np.zeros((5, len(HEAD.vertices), 3), np.float32)
    take = Take(fps=Fraction(25), duration=Fraction(1, 5), head_rotation=still, offsets=zero)
    assert to_channels(take, HEAD).weights.max() == 0
    basis = to_basis(take, HEAD)
    assert len(basis.basis) == 1 and not basis.coefficients.any()


def test_what_is_channels_already_stays(speech_take) -> None:
    assert to_channels(speech_take, HEAD) is speech_take


def test_a_take_of_another_mesh_is_refused() -> None:
    still = np.zeros((1, 3), np.float32)
    take = Take(
        fps=Fraction(25), duration=Fraction(1, 25), head_rotation=still, offsets=np.zeros((1, 9, 3), np.float32)
    )
    with pytest.raises(HeadError, match="the take moves 9 vertices and the mien head has 4538"):
        to_channels(take, HEAD)


def test_a_converted_take_is_a_take_file(speech_take) -> None:
    for take in (to_vertices(speech_take, HEAD), to_basis(to_vertices(speech_take, HEAD), HEAD)):
        again = read_take(take.to_bytes())
        assert again.to_bytes() == take.to_bytes() and again.meta["head"] == "mien"


def test_a_flame_take_becomes_channels_of_the_default_head(speech_take, somebody) -> None:
    """On the made-up FLAME whose expressions are the channels. Measured: mouth and brow channels within 0.06, the
    vertices of the lips within 0.2 mm, of the gap 0.18 mm. Where its eyes look to the side nothing of it shows."""
    expression = np.zeros((speech_take.frames, len(ARKIT)), np.float32)
    expression[:, HEAD.order(speech_take.channels)] = speech_take.weights
    offsets = somebody.vertices(expression) - somebody.template
    take = replace(speech_take, weights=None, channels=(), offsets=offsets)
    back = to_channels(take, HEAD, somebody, flame_correspondence(somebody, HEAD))
    mouth = [i for i, name in enumerate(ARKIT) if name.startswith(("mouth", "jaw", "brow"))]
    np.testing.assert_allclose(back.weights[:, mouth], ordered(speech_take)[:, mouth], rtol=0, atol=0.12)
    lips = HEAD.lip_mask.astype(bool)
    away = np.linalg.norm(HEAD.faces(back) - HEAD.faces(speech_take), axis=-1)[:, lips]
    assert away.max() < 0.0005 and away.mean() < 0.0001
    assert gaps(back)[in_closures(speech_take)].max() <= 0.0004
    assert back.weights[:, ARKIT.index("eyeLookInLeft")].max() == 0 == back.weights[:, ARKIT.index("tongueOut")].max()
    assert back.meta["head"] == "mien" and 0 < float(back.meta["channel_error_m"]) < 0.0005


def test_lips_that_touch_at_rest_on_the_other_face_close_here(speech_take, somebody) -> None:
    """The default head's lips are 1.3 mm apart at rest, FLAME's are shut: no movement at all means closed there."""
    correspondence = flame_correspondence(somebody, HEAD)
    assert correspondence.aperture_difference < 0.0003  # this one's lips are as far apart as Mien's
    shut = replace(correspondence, aperture_difference=0.0013)
    take = replace(
        speech_take,
        weights=None,
        channels=(),
        offsets=np.zeros((speech_take.frames, len(somebody.template), 3), np.float32),
    )
    back = to_channels(take, HEAD, somebody, shut)
    closed = held(speech_take)
    assert gaps(back)[closed].max() <= CLOSED + 0.0001 and gaps(back)[~closed].min() > 0.001
