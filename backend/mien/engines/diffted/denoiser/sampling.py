# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands for a voice of any length: windows of 128 frames, each given the last eight of the one before.

Where a window does not go on smoothly others are drawn, and the one with the least jerk is kept (after S2G-MDDiffusion,
He et al. 2024, who draw five and keep the one with the smallest gap). The first that is smooth enough is kept, not the
smoothest of all: that one rests.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from mien.body.skeleton import SIDES
from mien.engines.base import Progress, no_progress
from mien.engines.diffted.denoiser import motion_space
from mien.engines.diffted.denoiser.network import FRAMES, SEED, GestureDenoiser
from mien.engines.diffted.denoiser.noise_schedule import STEPS, solve
from mien.numeric.random_streams import stream

GUIDANCE = 1.75
CALM = 1.5  # frames: deviation of the Gaussian that takes what is left of the noise
CANDIDATES = 3
SMOOTH = 0.003  # shoulder widths a frame^3 at a seam; the mean of the grammar's moving wrists is .0047
BLEND = 10  # frames over which a window comes from where the one before ended
STRIDE = FRAMES - SEED
WRISTS = [i * motion_space.HAND + axis for i in range(len(SIDES)) for axis in range(3)]


def sample(
    network: GestureDenoiser, features: np.ndarray, rest: np.ndarray, seed: int, guidance: float = GUIDANCE,
    candidates: int = CANDIDATES, steps: int = STEPS, progress: Progress = no_progress,
) -> np.ndarray:  # fmt: skip
    """(F, motion_space.SIZE) for features (SEED + F, conditions.SIZE), SEED frames before the sound being the first;
    rest (motion_space.SIZE,): what both hands do there."""
    mean, scale = network.mean.numpy(), network.scale.numpy()
    motion = np.tile((rest - mean) / scale, (SEED, 1)).astype(np.float32)
    rng = stream(seed, "gesture diffusion")
    starts = range(0, len(features) - SEED, STRIDE)
    for i, start in enumerate(starts):
        progress(i / len(starts), "gestures")
        part = features[start : start + FRAMES]
        part = np.pad(part, ((0, FRAMES - len(part)), (0, 0)), mode="edge")
        found: list[tuple[float, np.ndarray]] = []
        while not found or (found[-1][0] > SMOOTH and len(found) < candidates):
            drawn = rng.standard_normal((FRAMES, motion_space.SIZE), np.float32)
            new = continued(motion[-SEED:], sample_window(network, part, motion[-SEED:], drawn, guidance, steps))
            found.append((seam_jerk(motion[-SEED:] * scale, new * scale), new))
        motion = np.concatenate([motion, min(found, key=lambda each: each[0])[1]])
    return calmed(motion[: len(features)])[SEED:] * scale + mean


@torch.inference_mode()
def sample_window(
    network: GestureDenoiser, features: np.ndarray, seed: np.ndarray, drawn: np.ndarray, guidance: float, steps: int
) -> np.ndarray:
    """(FRAMES, SIZE) in the network's units of the noise `drawn` (FRAMES, SIZE); features (FRAMES, conditions.SIZE),
    seed (SEED, SIZE), which is put into every step's prediction, so that the rest goes on from it. Guided without a
    classifier: null + guidance (conditional - null)."""
    known, given = (torch.from_numpy(each.astype(np.float32)).expand(2, -1, -1) for each in (seed, features))
    use_sound = torch.tensor([True, False])

    def predict(noisy: torch.Tensor, t: float) -> torch.Tensor:
        nonlocal last
        conditional, null = network(noisy.expand(2, -1, -1), torch.full((2,), t), given, known, use_sound)
        last = null + guidance * (conditional - null)
        return torch.cat([known[0], last[SEED:]])

    last = torch.empty(0)
    solve(predict, torch.from_numpy(drawn), steps)
    return last.numpy()


def continued(last: np.ndarray, window: np.ndarray) -> np.ndarray:
    """(FRAMES - SEED, SIZE): what of a window (FRAMES, SIZE) comes after its seed `last` (SEED, SIZE), moved to where
    that ended; the move ends within BLEND frames."""
    gap = last[-1] - window[SEED - 1]
    share = (np.arange(1, len(window) - SEED + 1) / (BLEND + 1))[:, None].clip(0, 1)
    return window[SEED:] + (1 - share**3 * (10 - 15 * share + 6 * share**2)) * gap


def seam_jerk(last: np.ndarray, new: np.ndarray) -> float:
    """The larger of the wrists' mean third differences where `new` (F, SIZE) follows `last` (SEED, SIZE), both calmed:
    what is left of the noise is no seam's."""
    wrists = calmed(np.concatenate([last, new[:SEED]])[:, WRISTS])
    around = wrists[len(last) - 3 : len(last) + 3].reshape(-1, len(SIDES), 3)
    return float(np.linalg.norm(np.diff(around, 3, axis=0), axis=2).mean(0).max())


def calmed(motion: np.ndarray) -> np.ndarray:
    """Motion (F, C) without what is left of the noise."""
    return gaussian_filter1d(motion, CALM, axis=0, mode="nearest")
