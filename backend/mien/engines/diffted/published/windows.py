# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech of any length by DiffTED's windows of 34 frames: each begins with the last four frames of the one before."""

from __future__ import annotations

import numpy as np
import torch

from mien.engines.base import EngineError, Progress, no_progress
from mien.engines.diffted.published.denoiser import (
    COORDINATES,
    FRAMES,
    GUIDANCE,
    SAMPLES,
    SEED_FRAMES,
    PublishedDiffTed,
    seed_of,
)
from mien.engines.diffted.published.noise_schedule import STEPS, step_noise

FPS, RATE = 25, 26_666  # frames and samples a second
STRIDE = FRAMES - SEED_FRAMES


@torch.inference_mode()
def sample_window(
    network: PublishedDiffTed,
    sound: torch.Tensor,
    first: torch.Tensor,
    generator: torch.Generator,
    guidance: float = GUIDANCE,
) -> torch.Tensor:
    """One window: sound (36265,) at 26,666 Hz and its four first frames (4, 100) -> (34, 100), all normalised."""
    device, shape = network.null_cond_emb.device, (1, FRAMES, COORDINATES)
    context = network.context(sound[None].to(device), seed_of(first[None].to(device)))
    x = torch.randn(shape, generator=generator).to(device)  # drawn on the CPU: the same everywhere
    for step in range(STEPS, 0, -1):
        noise = network.guided_noise(x, torch.tensor([step], device=device), context, guidance)
        added = network.schedule.sigmas_inflex[step] * step_noise(shape, step, generator).to(device)
        x = network.schedule.mean(x, noise, step) + added
    return x[0].cpu()


def sample_speech(
    network: PublishedDiffTed,
    sound: np.ndarray,
    first: np.ndarray,
    seed: int,
    guidance: float = GUIDANCE,
    progress: Progress = no_progress,
) -> np.ndarray:
    """Sound (N,) at 26,666 Hz -> normalised key points (T, 50, 2) at 25 fps, T = N / RATE * FPS rounded up.

    `first` (4, 50, 2) are the frames before the first one; who has one picture gives its key points four times. The
    windows' common frames are blended. EngineError for no sound.
    """
    if not len(sound):
        raise EngineError("DiffTED was given no sound; give a recording of at least one frame (40 ms).")
    frames = -(-len(sound) * FPS // RATE)
    starts = range(0, max(frames - SEED_FRAMES, 1), STRIDE)
    generator = torch.Generator().manual_seed(seed)
    before = torch.from_numpy(first.reshape(SEED_FRAMES, COORDINATES).astype(np.float32))
    windows = []
    for i, start in enumerate(starts):
        progress(i / len(starts), "gestures")
        piece = torch.from_numpy(sound_window(sound, start * RATE // FPS))
        windows.append(sample_window(network, piece, before, generator, guidance).numpy())
        before = torch.from_numpy(windows[-1][-SEED_FRAMES:])
    return joined(windows)[:frames].reshape(-1, COORDINATES // 2, 2)


def sound_window(sound: np.ndarray, start: int) -> np.ndarray:
    """(36265,) float32 samples from `start`; a sound that ends before is mirrored at its end, again and again."""
    piece = sound[start : start + SAMPLES]
    if not len(piece):
        piece = sound[-1:]
    return np.pad(piece, (0, SAMPLES - len(piece)), mode="symmetric").astype(np.float32)


def joined(windows: list[np.ndarray]) -> np.ndarray:
    """Windows (34, C), each overlapping the next by four frames, as one motion (T, C)."""
    weight = (np.arange(1, SEED_FRAMES + 1) / (SEED_FRAMES + 1))[:, None].astype(np.float32)
    motion = windows[0]
    for window in windows[1:]:
        seam = motion[-SEED_FRAMES:] * (1 - weight) + window[:SEED_FRAMES] * weight
        motion = np.concatenate([motion[:-SEED_FRAMES], seam, window[SEED_FRAMES:]])
    return motion
