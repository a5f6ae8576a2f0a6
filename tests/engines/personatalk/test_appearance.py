# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
import torch
from dub_banks import drawn_bank
from mien.engines.personatalk.appearance import FACE, LIP, Appearance, KernelRegression
from mien.engines.personatalk.references.bank import flattened


@pytest.mark.parametrize("attention", [LIP, FACE])
def test_weights_sum_to_one_and_fall_on_what_is_near(attention) -> None:
    rng = np.random.default_rng(0)
    mouth, turn, ring = rng.normal(0, 0.05, (30, 12)), rng.normal(0, 0.1, (30, 3)), rng.normal(0, 0.1, (30, 8))
    weights = KernelRegression(attention, mouth, turn, ring).weights(mouth, turn, ring)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    assert (weights.argmax(1) == np.arange(30)).mean() > 0.9


def test_far_from_all_references_it_is_their_mean() -> None:
    mouth, nothing = np.random.default_rng(0).normal(0, 0.05, (20, 12)), np.zeros((20, 11))
    regression = KernelRegression(LIP, mouth, nothing[:, :3], nothing[:, 3:])
    far = regression.weights(mouth[:1] + 50, nothing[:1, :3], nothing[:1, 3:])
    np.testing.assert_allclose(far, 1 / 20, atol=1e-6)


def test_a_mouth_that_was_held_out_is_foretold() -> None:
    made = drawn_bank()
    appearance = Appearance(made.bank)
    places = torch.from_numpy(made.template.hidden > 0.5)
    errors, means = [], []
    for frame in range(45, 60):
        assert frame not in made.bank.frames
        one = slice(frame, frame + 1)
        guess = appearance.textures(made.mouth[one], made.talker.shapes.turn[one], np.zeros((1, 8)))[0]
        scale = float(made.talker.shapes.pose.scale[frame])
        own = flattened(made.talker.pictures[frame], made.talker.shapes.vertices(frame), scale, made.template).texture
        mean = made.bank.textures.mean(0).view_as(own)
        errors.append(float((guess - own)[:, places].square().mean()))
        means.append(float((mean - own)[:, places].square().mean()))
    assert np.mean(errors) < 0.8 * np.mean(means)
