# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.diffted.published.noise_schedule import STEPS, NoiseSchedule, shared_share, step_noise
from tps_golden import needs_golden, recorded


@needs_golden
def test_the_tables_are_the_recorded_ones() -> None:
    golden, schedule = recorded("diffted_denoiser_rule7"), NoiseSchedule()
    for name in ("betas", "alpha_bars", "sigmas_inflex"):
        torch.testing.assert_close(getattr(schedule, name), golden[name], rtol=0, atol=1e-6)
    shares = torch.tensor([shared_share(step) for step in range(1, 25)], dtype=torch.float64)
    torch.testing.assert_close(shares, golden["annealed_sigma_a_t1_24"], rtol=0, atol=1e-12)


@needs_golden
def test_the_mean_of_a_step_is_the_recorded_one() -> None:
    golden = recorded("diffted_denoiser_rule7")
    mean = NoiseSchedule().mean(golden["x"], golden["eps_guided_1p15"], 250)
    torch.testing.assert_close(mean, golden["mean_t250"], rtol=0, atol=1e-5)


def test_variance_grows_to_nearly_all_and_no_step_adds_any_at_the_end() -> None:
    schedule = NoiseSchedule()
    assert schedule.betas.shape == (STEPS + 1,) and schedule.alpha_bars[0] == 1 and schedule.alpha_bars[-1] < 0.01
    assert (schedule.alpha_bars.diff() < 0).all()
    assert schedule.sigmas_inflex[:2].tolist() == [0, 0]  # step 1 ends at the key points
    assert (schedule.sigmas_inflex <= schedule.sigmas_flex).all()


def test_the_mean_of_the_first_step_is_what_the_noise_was_added_to() -> None:
    schedule, clean, noise = NoiseSchedule(), torch.rand(1, 3, 4), torch.randn(1, 3, 4)
    noisy = schedule.alpha_bars[1].sqrt() * clean + (1 - schedule.alpha_bars[1]).sqrt() * noise
    torch.testing.assert_close(schedule.mean(noisy, noise, 1), clean, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("step", "together"), [(2, True), (400, False)])
def test_the_last_steps_share_their_noise_between_frames(step: int, together: bool) -> None:
    noise = step_noise((4, 40, 500), step, torch.Generator().manual_seed(0))
    assert noise.std() == pytest.approx(1, abs=0.02)  # 80,000 numbers
    correlation = float((noise[:, 0] * noise[:, 20]).mean())
    assert correlation == pytest.approx(shared_share(step) ** 2, abs=0.1) and (correlation > 0.5) is together


def test_nothing_is_added_after_the_last_step() -> None:
    assert not step_noise((1, 34, 100), 1, torch.Generator()).any()
