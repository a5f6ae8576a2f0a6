# SPDX-License-Identifier: GPL-3.0-or-later
"""The level of a voice: gated loudness (EBU R128, ITU-R BS.1770, by FFmpeg's `ebur128`), not the peak, which one glitch
sets."""

from __future__ import annotations

import av
import numpy as np

RATE = 16000
LOWEST, HIGHEST, TARGET = -38.0, -8.0, -23.0  # LUFS: a voice outside of the range is brought to R128's level
SILENT = -95.0  # LUFS: below, there is nothing but rounding
BLOCK_S, GLITCH_S = 0.01, 0.1
GLITCH = 3.0  # times the largest but one in a hundred of the blocks' peaks


def loudness(samples: np.ndarray) -> float | None:
    """LUFS of (N,) samples at 16 kHz; None for silence. Glitches shorter than GLITCH_S do not count."""
    if not len(samples):
        return None
    limited = without_glitches(samples - samples.mean(dtype=np.float64).astype(np.float32))
    scale = float(np.sqrt(np.mean(np.square(limited, dtype=np.float64))))
    if scale <= 0.0:
        return None
    level = 20 * np.log10(scale)
    # The gate of R128 lies at -70 LUFS and the meter ends above 0: what is far off is measured after a gain, which is
    # taken off again.
    gain = 0.0 if -40 <= level <= -10 else -23.0 - level
    measured = _integrated((limited * 10 ** (gain / 20)).astype(np.float32))
    value = level if measured is None else measured - gain
    return None if value < SILENT else value


def gain_db(measured: float | None) -> float:
    """What brings a voice of this loudness to where the engines know voices: 0 within the range, and for silence."""
    return 0.0 if measured is None or LOWEST <= measured <= HIGHEST else TARGET - measured


def without_glitches(samples: np.ndarray) -> np.ndarray:
    """(N,) samples whose short peaks far above all others are cut down to what the others reach."""
    width = round(BLOCK_S * RATE)
    count = len(samples) // width
    if count < 10:
        return samples
    peaks = np.abs(samples[: count * width].reshape(-1, width)).max(1)
    sounding = peaks[peaks > 0]
    if not len(sounding):
        return samples
    cap = GLITCH * float(np.percentile(sounding, 99))
    if peaks.max() <= cap:
        cap = GLITCH * 3 * float(np.percentile(sounding, 95))  # one in a hundred may be the glitch itself
    above = np.flatnonzero(np.diff(np.concatenate([[0], peaks > cap, [0]]).astype(int)))
    limited = samples.copy()
    for begin, end in above.reshape(-1, 2):
        if (end - begin) * BLOCK_S <= GLITCH_S:
            part = slice(begin * width, end * width)
            limited[part] = np.clip(limited[part], -cap, cap)
    rest = slice(count * width, len(samples))
    limited[rest] = np.clip(limited[rest], -cap, cap)
    return limited


def _integrated(samples: np.ndarray) -> float | None:
    """Integrated loudness; None where the sound is shorter than a block of 400 ms, or below the gate."""
    if len(samples) < round(0.4 * RATE):
        return None
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=f"1/{RATE}")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    value: float | None = None
    piece = 10 * RATE
    for begin in [*range(0, len(samples), piece), None]:
        if begin is None:
            graph.push(None)
        else:
            frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + piece], format="flt", layout="mono")
            frame.sample_rate, frame.pts = RATE, begin
            graph.push(frame)
        while True:
            try:
                out = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            value = float(out.metadata.get("lavfi.r128.I", "nan"))
    return value if value is not None and np.isfinite(value) and value > -70.0 else None
