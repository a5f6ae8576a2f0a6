# SPDX-License-Identifier: GPL-3.0-or-later
import probtalk3d
import pytest
import torch
from mien.engines.probtalk3d_published.quantiser import Layout, Quantiser, nearest, sample_codes, sampling
from mien.files.checkpoint import read_checkpoint
from mien.numeric.random_streams import stream


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(("frames", "channels", "width"), [(5, 16, 8), (1, 8, 8), (128, 16, 4), (7, 6, 2)])
def test_both_layouts_are_undone(layout: Layout, frames: int, channels: int, width: int) -> None:
    features = torch.randn(3, frames, channels)
    rows = layout.rows(features, width)
    assert rows.shape == (3 * frames * channels // width, width)
    torch.testing.assert_close(layout.features(rows, frames, channels), features, rtol=0, atol=0)


def test_a_row_as_published_runs_through_time() -> None:
    """Element n of the channel-major array, n = c T + t, lies in row n // width."""
    frames, channels, width = 5, 4, 2
    features = torch.tensor([[[100 * c + t for c in range(channels)] for t in range(frames)]])
    rows = Layout.PUBLISHED.rows(features, width)
    for c in range(channels):
        for t in range(frames):
            n = c * frames + t
            assert rows[n // width, n % width] == 100 * c + t


def test_a_row_a_frame_stays_within_the_frame() -> None:
    features = torch.arange(24).reshape(1, 3, 8)
    assert Layout.FRAME.rows(features, 4).tolist() == features.reshape(6, 4).tolist()


@pytest.mark.parametrize("layout", Layout)
def test_the_clips_of_a_batch_are_quantised_apart(layout: Layout) -> None:
    quantiser = Quantiser(12, 8, layout)
    features = torch.randn(3, 7, 16)
    together = quantiser(features)
    apart = [quantiser(clip[None]) for clip in features]
    torch.testing.assert_close(together.features, torch.cat([one.features for one in apart]))
    assert together.codes.tolist() == torch.cat([one.codes for one in apart]).tolist()


def test_a_frame_of_its_own_keeps_its_codes_whatever_comes_after() -> None:
    """Which the published layout does not."""
    features = torch.randn(1, 20, 16)
    codebook = torch.randn(12, 8)
    for layout, same in ((Layout.FRAME, True), (Layout.PUBLISHED, False)):
        quantiser = Quantiser(12, 8, layout)
        quantiser.embedding.weight.data = codebook
        whole, part = quantiser(features).features, quantiser(features[:, :11]).features
        assert torch.allclose(whole[:, :11], part, atol=1e-5) == same


def test_the_nearest_code_is_the_nearest() -> None:
    quantiser = Quantiser(12, 8)
    quantiser.embedding.weight.data.normal_()
    features = torch.randn(2, 5, 16)
    rows = Layout.PUBLISHED.rows(features, 8)
    wanted = (rows[:, None] - quantiser.embedding.weight).square().sum(2)
    torch.testing.assert_close(quantiser.distances(features), wanted, rtol=0, atol=1e-4)
    quantised = quantiser(features)
    assert quantised.codes.tolist() == wanted.argmin(1).tolist()
    rows = Layout.PUBLISHED.rows(quantised.features, 8)
    torch.testing.assert_close(rows, quantiser.embedding.weight[quantised.codes], rtol=0, atol=1e-6)


def test_a_new_codebook_is_evenly_spread_and_narrow() -> None:
    weight = Quantiser(256, 128).embedding.weight.detach()
    assert weight.abs().max() <= 1 / 256 and weight.std() == pytest.approx(1 / 256 / 3**0.5, rel=0.02)


def test_gradients_pass_through_as_if_nothing_was_chosen() -> None:
    quantiser = Quantiser(12, 8)
    features = torch.randn(2, 5, 16, requires_grad=True)
    direction = torch.randn(2, 5, 16)
    (quantiser(features).features * direction).sum().backward()
    torch.testing.assert_close(features.grad, direction)
    assert quantiser.embedding.weight.grad is None


def test_the_loss_pulls_features_by_a_quarter_and_codes_by_a_whole() -> None:
    quantiser = Quantiser(12, 8, Layout.FRAME)
    features = torch.randn(1, 5, 8, requires_grad=True)
    quantised = quantiser(features)
    codes = quantiser.embedding.weight[quantised.codes].detach()
    apart = features.detach()[0] - codes
    assert quantised.loss.item() == pytest.approx(1.25 * apart.square().mean().item(), rel=1e-5)
    quantised.loss.backward()
    torch.testing.assert_close(features.grad[0], 0.25 * 2 * apart / apart.numel())
    wanted = torch.zeros(12, 8).index_add(0, quantised.codes, -2 * apart / apart.numel())
    torch.testing.assert_close(quantiser.embedding.weight.grad, wanted)


def test_perplexity_counts_the_codes_in_use() -> None:
    quantiser = Quantiser(8, 2, Layout.FRAME)
    quantiser.embedding.weight.data.normal_()
    every = quantiser.embedding.weight.detach()[None]
    assert quantiser(every).perplexity.item() == pytest.approx(8, rel=1e-4)
    assert quantiser(every[:, :1].repeat(1, 5, 1)).perplexity.item() == pytest.approx(1, rel=1e-4)


def test_drawn_codes_are_as_frequent_as_their_probability() -> None:
    distances = torch.tensor([[0.0, 1.0, 2.0, 5.0]]).repeat(40_000, 1)
    codes = sampling(stream(1, "codes"), temperature=1.5)(distances)
    share = torch.bincount(codes, minlength=4) / len(codes)
    wanted = torch.softmax(-distances[0] / 1.5, 0)
    deviation = torch.sqrt(wanted * (1 - wanted) / len(codes))
    assert ((share - wanted).abs() < 4 * deviation).all()


def test_the_second_of_two_is_drawn_without_the_first() -> None:
    """k = 2 over two codes: what was likely becomes rare."""
    distances = torch.tensor([[0.0, 1.0]]).repeat(40_000, 1)
    codes = sampling(stream(1, "codes"), temperature=1.0, k=2)(distances)
    assert codes.float().mean().item() == pytest.approx(torch.softmax(-distances[0], 0)[0].item(), abs=0.01)


def test_the_kth_is_by_probability_over_noise() -> None:
    distances, noise = 3 * torch.rand(50, 9), torch.empty(50, 9).exponential_()
    ratio = torch.softmax(-distances / 0.7, 1) / noise
    for k in (1, 2, 9):
        assert (
            sample_codes(distances, noise, 0.7, k).tolist() == ratio.sort(1, descending=True).indices[:, k - 1].tolist()
        )


def test_where_probabilities_vanish_the_order_of_distances_stays() -> None:
    distances = torch.tensor([[0.0, 900.0, 300.0, 600.0]])
    noise = torch.ones(1, 4)
    assert torch.softmax(-distances / 0.2, 1).tolist() == [[1, 0, 0, 0]]
    assert [sample_codes(distances, noise, 0.2, k).item() for k in (1, 2, 3, 4)] == [0, 2, 3, 1]


def test_a_cold_draw_is_the_nearest_code() -> None:
    distances = torch.rand(200, 30)
    assert sampling(stream(3, "codes"), temperature=1e-6)(distances).tolist() == nearest(distances).tolist()


def test_a_seed_is_one_performance() -> None:
    distances = torch.rand(100, 30)
    first, same, other = (sampling(stream(seed, "codes"), 0.5)(distances).tolist() for seed in (1, 1, 2))
    assert first == same != other


@pytest.mark.parametrize(("temperature", "k"), [(0.0, 1), (-1.0, 1), (float("nan"), 1), (float("inf"), 1), (0.2, 0)])
def test_draws_that_mean_nothing_are_refused(temperature: float, k: int) -> None:
    with pytest.raises(ValueError, match="a temperature above 0 and k from 1 on"):
        sampling(stream(0, "codes"), temperature, k)


@probtalk3d.needs_golden
@pytest.mark.parametrize("clip", ["m0", "m1"])
def test_codes_and_losses_are_the_recorded_ones(clip: str) -> None:
    wanted = probtalk3d.recorded(1, clip)
    codebook = read_checkpoint(probtalk3d.checkpoint(1)).weights["quantize.embedding.weight"]
    quantiser = Quantiser(*codebook.shape)
    quantiser.embedding.weight.data = codebook
    features = torch.from_numpy(wanted["encoder_out"])
    quantised = quantiser(features)
    assert quantised.codes.tolist() == wanted["indices"].tolist()
    probtalk3d.close(quantised.features.detach(), wanted["quant"], 1e-5)
    probtalk3d.close(quantised.loss.detach(), wanted["embed_loss"], 1e-5)
    probtalk3d.close(quantised.perplexity, wanted["perplexity"], 1e-4)
    two = quantiser.distances(features).detach().sort(1).values
    probtalk3d.close(two[:, 1] - two[:, 0], wanted["argmin_gap"], 1e-3)  # differences of sums of some 100
    a_frame = Quantiser(*codebook.shape, Layout.FRAME)
    a_frame.embedding.weight.data = codebook
    assert (a_frame(features).codes.numpy() != wanted["indices"]).mean() > 0.5  # the trap


@probtalk3d.needs_golden
@pytest.mark.parametrize(("temperature", "k"), [(0.2, 1), (5.0, 1), (5.0, 3)])
def test_drawn_codes_are_the_recorded_ones_for_the_recorded_noise(temperature: float, k: int) -> None:
    wanted = probtalk3d.recorded(2, "a_M009_angry_medium")
    codebook = read_checkpoint(probtalk3d.checkpoint(2)).weights["motion_prior.quantize.embedding.weight"]
    quantiser = Quantiser(*codebook.shape)
    quantiser.embedding.weight.data = codebook
    distances = quantiser.distances(torch.from_numpy(wanted["prequant"])).detach()
    probtalk3d.close(torch.softmax(-distances / temperature, 1), wanted[f"sample_t{temperature}_k{k}_probs"], 1e-3)
    noise = torch.from_numpy(wanted[f"sample_t5.0_k{k}_expnoise"])  # the same seed, so the same noise at 0.2
    codes = sample_codes(distances, noise, temperature, k)
    assert codes.tolist() == wanted[f"sample_t{temperature}_k{k}_indices"].tolist()
