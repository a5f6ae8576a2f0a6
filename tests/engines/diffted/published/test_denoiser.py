# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.diffted.published.denoiser import (
    CONTEXT,
    COORDINATES,
    FRAMES,
    SAMPLES,
    PublishedDiffTed,
    seed_of,
)
from tps_golden import GOLDEN, fill, needs_golden, recorded


@pytest.fixture(scope="module")
def network() -> PublishedDiffTed:
    torch.manual_seed(0)
    return PublishedDiffTed().eval()


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_it_is_as_large_as_published(network: PublishedDiffTed) -> None:
    assert parameters(network.audio_encoder) == 69_728
    assert parameters(network.diffusion_net.net) == 6_434_276
    assert network.null_cond_emb.shape == (1, CONTEXT) == (1, 133)


@torch.inference_mode()
def test_a_window_of_sound_is_exactly_its_frames(network: PublishedDiffTed) -> None:
    sound = torch.rand(1, SAMPLES)
    assert network.audio_encoder(sound).shape == (1, FRAMES, 32)
    assert network.audio_encoder(sound[:, :-1100]).shape[1] < FRAMES


@torch.inference_mode()
def test_guidance_of_one_is_the_condition_alone_and_of_none_the_null_context(network: PublishedDiffTed) -> None:
    x, step = torch.randn(1, FRAMES, COORDINATES), torch.tensor([77])
    context = network.context(torch.rand(1, SAMPLES), seed_of(torch.rand(1, 4, COORDINATES)))
    one, null = network.noise(x, step, context), network.noise(x, step, None)
    assert (one - null).abs().max() > 1e-3
    torch.testing.assert_close(network.guided_noise(x, step, context, 1.0), one, rtol=0, atol=1e-5)
    torch.testing.assert_close(network.guided_noise(x, step, context, 0.0), null, rtol=0, atol=1e-5)


def test_a_seed_has_a_bit_behind_its_frames_and_zeros_after_them() -> None:
    points = torch.rand(2, 4, COORDINATES)
    seed = seed_of(points)
    assert seed.shape == (2, FRAMES, COORDINATES + 1)
    assert torch.equal(seed[:, :4, :-1], points) and (seed[:, :4, -1] == 1).all() and not seed[:, 4:].any()


@needs_golden
def test_the_weights_have_the_recorded_names_and_shapes(network: PublishedDiffTed) -> None:
    rows = (line.split("\t") for line in (GOLDEN / "diffted_keys.txt").read_text("utf-8").splitlines())
    recorded_shapes = {row[0]: row[1] for row in rows}
    assert {key: str(tuple(tensor.shape)) for key, tensor in network.state_dict().items()} == recorded_shapes


@needs_golden
@torch.inference_mode()
def test_the_recorded_sound_and_noise() -> None:
    golden, network = recorded("diffted_denoiser_rule7"), PublishedDiffTed()
    fill(network, "diffted", keep=("var_sched",))
    seed = seed_of(golden["pre_seq"][:, :4, :COORDINATES])
    assert torch.equal(seed, golden["pre_seq"])
    x, step, context = golden["x"], golden["t"], network.context(golden["wav_f16"], seed)
    torch.testing.assert_close(context[..., -32:], golden["audio_feat"], rtol=0, atol=1e-4)
    torch.testing.assert_close(network.noise(x, step, context), golden["eps_cond"], rtol=0, atol=1e-4)
    torch.testing.assert_close(network.noise(x, step, None), golden["eps_uncond"], rtol=0, atol=1e-4)
    torch.testing.assert_close(network.guided_noise(x, step, context), golden["eps_guided_1p15"], rtol=0, atol=1e-4)
