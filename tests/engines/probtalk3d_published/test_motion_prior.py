# SPDX-License-Identifier: GPL-3.0-or-later
import probtalk3d
import pytest
import torch
from mien.engines.probtalk3d_published.motion_prior import MotionPrior, PriorConfig
from mien.engines.probtalk3d_published.network import read_prior
from mien.engines.probtalk3d_published.quantiser import Layout


@pytest.fixture
def prior() -> MotionPrior:
    torch.manual_seed(0)
    prior = MotionPrior(probtalk3d.PRIOR).eval()
    prior.quantize.embedding.weight.data.normal_()
    return prior


def test_motion_comes_back_in_its_shape_with_its_codes(prior: MotionPrior) -> None:
    motion, quantised = prior(torch.rand(3, 10, 53))
    assert motion.shape == (3, 10, 53)
    assert quantised.codes.shape == (3 * 10 * 2,)  # twice as wide as a code
    assert quantised.features.shape == (3, 10, 16)


@pytest.mark.parametrize("layout", Layout)
def test_a_clip_is_the_same_alone_and_in_company(layout: Layout) -> None:
    torch.manual_seed(0)
    prior = MotionPrior(probtalk3d.PRIOR, layout).eval()
    motion = torch.rand(3, 10, 53)
    together, apart = prior(motion)[0], torch.cat([prior(clip[None])[0] for clip in motion])
    torch.testing.assert_close(together, apart, rtol=0, atol=1e-5)


def test_given_codes_are_decoded(prior: MotionPrior) -> None:
    motion = torch.rand(1, 10, 53)
    zeros = prior(motion, lambda distances: torch.zeros(len(distances), dtype=torch.long))
    assert zeros[1].codes.tolist() == [0] * 20
    assert not torch.allclose(zeros[0], prior(motion)[0])


def test_every_weight_learns(prior: MotionPrior) -> None:
    motion = torch.rand(2, 10, 53)
    found, quantised = prior.train()(motion)
    (1.5 * quantised.loss + (found - motion).abs().mean()).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in prior.parameters())


def test_the_published_sizes_make_the_published_number_of_weights() -> None:
    with torch.device("meta"):
        prior = MotionPrior(PriorConfig())
    assert round(sum(weight.numel() for weight in prior.parameters()) / 1e6, 2) == 6.38


@probtalk3d.needs_golden
@pytest.mark.parametrize("clip", ["m0", "m1"])
@torch.inference_mode()
def test_every_recorded_number_of_stage_1(clip: str) -> None:
    wanted = probtalk3d.recorded(1, clip)
    prior = read_prior(probtalk3d.checkpoint(1))
    motion = torch.from_numpy(wanted["motion_norm"])
    probtalk3d.close(prior.motion_encoder(motion), wanted["encoder_out"], 1e-4)
    found, quantised = prior(motion)
    assert quantised.codes.tolist() == wanted["indices"].tolist()
    probtalk3d.close(quantised.features, wanted["quant"], 1e-5)
    probtalk3d.close(found, wanted["recon_norm"], 1e-5)
    probtalk3d.close(quantised.loss, wanted["embed_loss"], 1e-5)
    probtalk3d.close(quantised.perplexity, wanted["perplexity"], 1e-4)
