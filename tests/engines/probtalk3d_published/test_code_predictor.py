# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses

import probtalk3d
import pytest
import torch
from mien.engines.probtalk3d_published.blocks import TransformerConfig
from mien.engines.probtalk3d_published.code_predictor import FeaturePredictor, Predictor, PredictorConfig
from mien.engines.probtalk3d_published.motion_prior import MotionPrior
from mien.engines.probtalk3d_published.style_labels import style
from mien.files.checkpoint import read_checkpoint


@pytest.fixture
def predictor() -> Predictor:
    torch.manual_seed(0)
    predictor = Predictor(probtalk3d.PREDICTOR, MotionPrior(probtalk3d.PRIOR)).eval()
    predictor.motion_prior.quantize.embedding.weight.data.normal_()
    return predictor


def test_motion_has_the_frames_of_the_sound(predictor: Predictor) -> None:
    motion, quantised = predictor(torch.randn(2, 9, 20), style("M003", "sad", "low").repeat(2, 1))
    assert motion.shape == (2, 9, 53) and quantised.codes.shape == (2 * 9 * 2,)


def test_the_style_multiplies_the_audio_features(predictor: Predictor) -> None:
    """So that without a style nothing is heard."""
    silent = torch.zeros(1, 43)
    features = predictor.feature_predictor
    torch.testing.assert_close(features(torch.randn(1, 9, 20), silent), features(torch.randn(1, 9, 20), silent))
    audio = torch.randn(1, 9, 20)
    happy, angry = (features(audio, style("M003", emotion, "high")) for emotion in ("happy", "angry"))
    assert (happy - angry).abs().max() > 0.01


def test_a_style_that_stays_is_the_same_given_once_or_for_every_frame(predictor: Predictor) -> None:
    audio, one = torch.randn(1, 9, 20), style("W029", "fear", "medium")
    features = predictor.feature_predictor
    torch.testing.assert_close(features(audio, one), features(audio, one[:, None].expand(1, 9, 43)))


def test_a_clip_is_the_same_alone_and_in_company(predictor: Predictor) -> None:
    audio, styles = torch.randn(3, 9, 20), torch.randn(3, 43)
    together = predictor.feature_predictor(audio, styles)
    torch.testing.assert_close(predictor.feature_predictor(audio[1:2], styles[1:2]), together[1:2], rtol=0, atol=1e-5)


def test_the_predictor_learns_through_a_frozen_prior(predictor: Predictor) -> None:
    predictor.motion_prior.requires_grad_(False)
    motion, _ = predictor(torch.randn(1, 9, 20), torch.randn(1, 43))
    motion.abs().mean().backward()
    assert all(weight.grad is not None for weight in predictor.feature_predictor.parameters())
    assert all(weight.grad is None for weight in predictor.motion_prior.parameters())


def test_the_published_sizes_make_the_published_number_of_weights() -> None:
    with torch.device("meta"):
        predictor = FeaturePredictor(PredictorConfig())
    assert round(sum(weight.numel() for weight in predictor.parameters()) / 1e6, 1) == 6.3


@probtalk3d.needs_golden
@pytest.mark.parametrize("case", probtalk3d.CASES)
@torch.inference_mode()
def test_every_recorded_number_behind_the_audio_model(case: str) -> None:
    """Without `transformers`, from the features that were recorded."""
    weights = read_checkpoint(probtalk3d.checkpoint(2)).weights
    shape = TransformerConfig(width=32, heads=4, hidden=48)
    both = dataclasses.replace(shape, layers=2)
    prior = MotionPrior(dataclasses.replace(probtalk3d.PRIOR, encoder=both, decoder=both, codes=24, code_width=16))
    predictor = Predictor(PredictorConfig(64, 43, dataclasses.replace(shape, layers=3)), prior).eval()
    loaded = predictor.load_state_dict(weights, strict=False)
    assert not loaded.missing_keys
    assert all("feature_extractor." in k or k.endswith(".pe") or "_losses." in k for k in loaded.unexpected_keys)

    wanted = probtalk3d.recorded(2, case)
    audio, one_hot = torch.from_numpy(wanted["paired_features"]), torch.from_numpy(wanted["style_onehot"])
    probtalk3d.close(predictor.feature_predictor(audio, one_hot), wanted["prequant"], 1e-4)
    motion, quantised = predictor(audio, one_hot)
    assert quantised.codes.tolist() == wanted["indices"].tolist()
    probtalk3d.close(quantised.features, wanted["quant"], 1e-5)
    probtalk3d.close(motion, wanted["motion_norm"], 1e-5)
