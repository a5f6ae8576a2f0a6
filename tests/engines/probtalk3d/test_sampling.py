# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling with Mien's own ProbTalk3D, on small untrained networks."""

import functools

import numpy as np
import pytest
import torch
from mien.engines.neural import audio_features, style_features, windows
from mien.engines.neural.motion_space import MOUTH, NONVERBAL
from mien.engines.probtalk3d import sampling
from mien.engines.probtalk3d.code_predictor import CodePredictor, FaceSampler, PredictorConfig, draw
from mien.engines.probtalk3d.codec import Codec, CodecConfig
from mien.numeric.random_streams import stream

RNG = np.random.default_rng(0)
AUDIO = RNG.standard_normal((230, audio_features.SIZE)).astype(np.float32)
STYLE = 0.3 * RNG.standard_normal((230, style_features.SIZE)).astype(np.float32)


@functools.cache
def networks() -> tuple[torch.nn.ModuleDict, CodePredictor]:
    torch.manual_seed(3)
    small = {"groups": 2, "codes": 16, "depth": 4, "width": 24, "blocks": 1}
    codecs = torch.nn.ModuleDict({
        "mouth": Codec(CodecConfig(numbers=len(MOUTH), stride=1, **small)),
        "life": Codec(CodecConfig(numbers=len(NONVERBAL), stride=4, **small)),
    }).eval()  # fmt: skip
    config = PredictorConfig(
        audio=audio_features.SIZE, style=style_features.SIZE, width=32, blocks=1, face_blocks=1, memory=24
    )
    return codecs, CodePredictor(config, codecs["mouth"].codebook, codecs["life"].codebook, 4).eval()


def takes(temperature: float, *seeds: int) -> np.ndarray:
    return sampling.sample(*networks(), AUDIO, STYLE, temperature, list(seeds))


def test_a_seed_is_a_take_whatever_is_made_beside_it() -> None:
    """To the bit: GROUP keeps the shapes of the products, codes are discrete, and each take is decoded by itself."""
    one, two, again = takes(1.0, 5, 6, 5)
    assert one.shape == (230, 57)
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(takes(1.0, 6)[0], two)
    np.testing.assert_array_equal(takes(1.0, *range(7))[6], two)
    assert np.abs(one[:, NONVERBAL] - two[:, NONVERBAL]).mean() > 0.01


def test_without_temperature_every_seed_gives_the_most_probable_take() -> None:
    one, two = takes(0.0, 1, 2)
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("window", [40, 64, 1000])
def test_windows_change_nothing(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = takes(1.0, 7)
    monkeypatch.setattr(windows, "WINDOW", window)
    np.testing.assert_allclose(takes(1.0, 7), whole, atol=1e-5)


def test_takes_differ_more_the_warmer_they_are() -> None:
    spread = [np.std(takes(t, *range(6)), axis=0).mean() for t in (0.1, 0.5, 1.0, 2.0)]
    assert spread == sorted(spread) and spread[0] < spread[-1]


def test_noise_draws_from_the_distribution_it_is_added_to() -> None:
    """20,000 codes drawn at temperature 0.7 are as frequent as softmax says, smoothed noise or not."""
    logit = torch.tensor([0.0, 0.5, -1.0, 1.2])
    wanted = torch.softmax(logit / 0.7, -1).numpy()
    for slow in (0.0, 2.5):
        noise = torch.from_numpy(sampling.GumbelNoise(stream(1, "x"), (4,), slow)(20_000))
        codes = draw(logit.expand(20_000, 4), 0.7, noise)
        np.testing.assert_allclose(np.bincount(codes, minlength=4) / 20_000, wanted, atol=0.02)


def test_smooth_noise_keeps_its_choice_for_some_frames() -> None:
    noises = [torch.from_numpy(sampling.GumbelNoise(stream(1, "x"), (4,), slow)(2000)) for slow in (0.0, 2.5)]
    quick, slow = (float((draw(torch.zeros(2000, 4), 1.0, noise).diff() != 0).float().mean()) for noise in noises)
    assert slow < quick / 3


def test_noise_is_the_same_in_pieces() -> None:
    whole = sampling.GumbelNoise(stream(2, "x"), (3, 5), 2.5)(100)
    noise = sampling.GumbelNoise(stream(2, "x"), (3, 5), 2.5)
    np.testing.assert_allclose(np.concatenate([noise(7), noise(60), noise(33)]), whole, atol=1e-5)


def test_the_sampler_remembers_as_training_does() -> None:
    """Step by step and all at once, a known past gives the same features, and so the same most probable codes."""
    codecs, predictor = networks()
    codebook = codecs["life"].codebook
    features = torch.randn(1, 9, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        drawn = FaceSampler(predictor, codebook, 1)(features, 0.0, None)
        before = torch.cat([torch.zeros_like(drawn[:, :1]), drawn[:, :-1]], 1)
        likely = predictor.face_logits(features, before, drawn, codebook).argmax(-1)
        torch.testing.assert_close(codebook.look_up(likely), drawn)
