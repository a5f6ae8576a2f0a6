# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.diffted.denoiser import conditions, motion_space
from mien.engines.diffted.denoiser.network import FRAMES, SEED, WAVES, GestureConfig, GestureDenoiser, waves

SMALL = GestureConfig(width=16, blocks=2, heads=2, kernel=3)


def inputs(seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    noisy, features, known = (
        torch.randn(2, frames, size, generator=generator)
        for frames, size in ((FRAMES, motion_space.SIZE), (FRAMES, conditions.SIZE), (SEED, motion_space.SIZE))
    )
    return noisy, torch.tensor([0.2, 0.8]), features, known, torch.tensor([True, True])


def network() -> GestureDenoiser:
    torch.manual_seed(0)
    return GestureDenoiser(SMALL).eval()


def test_a_window_is_predicted_and_every_condition_counts() -> None:
    net, given = network(), inputs()
    with torch.inference_mode():
        whole = net(*given)
        assert whole.shape == (2, FRAMES, motion_space.SIZE)
        for i in range(4):
            changed = list(given)
            changed[i] = inputs(1)[i] if i != 1 else torch.tensor([0.5, 0.5])
            assert not torch.allclose(net(*changed), whole, atol=1e-4)


def test_without_the_sound_only_what_is_wanted_counts() -> None:
    net, (noisy, t, features, known, _) = network(), inputs()
    other = features.clone()
    other[..., : conditions.SOUND] += 1
    off = torch.tensor([False, False])
    with torch.inference_mode():
        torch.testing.assert_close(net(noisy, t, features, known, off), net(noisy, t, other, known, off))
        other[..., conditions.SOUND :] += 1
        assert not torch.allclose(net(noisy, t, features, known, off), net(noisy, t, other, known, off), atol=1e-4)


def test_sizes_go_and_come_back() -> None:
    assert GestureConfig.from_dict(SMALL.as_dict()) == SMALL
    with pytest.raises(TypeError):
        GestureConfig.from_dict({"depth": 3})


def test_each_time_has_waves_of_its_own() -> None:
    found = waves(torch.tensor([0.1, 0.101, 0.9]))
    assert found.shape == (3, WAVES) and found.abs().max() <= 1
    assert (found[0] - found[1]).abs().max() > 1e-3
