# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-mel spectrum, one frame every 10 ms, centred in the frame of the PhoneTrack it belongs to."""

from __future__ import annotations

import functools

import numpy as np
import torch

RATE = 16000
HOP = 160  # samples a frame
WINDOW = 400  # 25 ms
FFT = 512
BANDS = 80
LOWEST, HIGHEST = 40.0, 7800.0  # Hz
FLOOR = 1e-5  # power of a band: some -50 dB below quiet speech, so that digital silence is no outlier
MARGIN = (WINDOW - HOP) // 2  # samples of a frame's window in either neighbour


def log_mel(samples: torch.Tensor) -> torch.Tensor:
    """(B, REACH + 160 T + REACH) samples in [-1, 1] at 16 kHz -> (B, T, 80) natural log of mel power, near 0 +- 2."""
    frames = samples.unfold(1, WINDOW, HOP) * _window(samples.device)
    power = torch.fft.rfft(frames, FFT).abs().square()
    return (torch.log(power @ _filters(samples.device) + FLOOR) + 6.0) / 3.0


def padded(samples: torch.Tensor) -> torch.Tensor:
    """(B, N) -> (B, REACH + 160 ceil(N / 160) + REACH), with silence."""
    rest = -samples.shape[1] % HOP
    return torch.nn.functional.pad(samples, (MARGIN, MARGIN + rest))


@functools.lru_cache(maxsize=4)
def _window(device: torch.device) -> torch.Tensor:
    return torch.hann_window(WINDOW, device=device)


@functools.lru_cache(maxsize=4)
def _filters(device: torch.device) -> torch.Tensor:
    """(FFT / 2 + 1, BANDS) triangles of equal area, equally wide in mel (O'Shaughnessy's 2595 log10(1 + f/700))."""
    edges = 700 * (10 ** (np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2) / 2595) - 1)
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    low, mid, high = edges[:-2], edges[1:-1], edges[2:]
    rise = (bins[:, None] - low) / (mid - low)
    fall = (high - bins[:, None]) / (high - mid)
    triangles = np.maximum(0, np.minimum(rise, fall))
    # narrow triangles may fall between two bins
    triangles[np.abs(bins[:, None] - mid).argmin(0), np.arange(BANDS)] += 1e-3
    return torch.tensor(triangles / triangles.sum(0), dtype=torch.float32, device=device)


def _mel(hertz: float) -> float:
    return 2595 * np.log10(1 + hertz / 700)
