# SPDX-License-Identifier: GPL-3.0-or-later
"""The level of a voice: gated loudness (EBU R128, ITU-R BS.1770, by FFmpeg's `ebur128`), not the peak, which one glitch
sets."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from mien.audio.speech_likeness import LEAST_S, seconds_like_speech

RATE = 16000
LOWEST, HIGHEST, TARGET = -38.0, -8.0, -23.0  # LUFS: a voice outside of the range is brought to R128's level
SILENT = -95.0  # LUFS: below, there is nothing but rounding
BLOCK_S = 0.01
GATE = 10.0  # LU below the loudness, as R128's relative gate
BANG_S = 1.5  # with the meter's 400 ms around it
GLITCH_BLOCKS = 12  # a glitch lasts as many at most, and so many of the highest blocks may be glitches
GLITCH_SHARE = 500  # of long sounds: one block in as many
GLITCH = 3.0  # times the highest of the other blocks


def loudness(samples: np.ndarray) -> float | None:
    """LUFS of (N,) samples at 16 kHz; None for silence. Glitches do not count."""
    if not len(samples):
        return None
    limited = without_glitches(samples - np.median(samples))
    measured = _level(limited)
    if measured is None:
        return None
    value, loud = measured
    quiet = limited * ~loud
    # a bang above a soft voice: all that passes the gate is short, and below it somebody speaks
    if loud.sum() <= BANG_S * RATE and seconds_like_speech(quiet)[0] >= LEAST_S:
        softer = _level(quiet)
        value = value if softer is None else softer[0]
    return None if value < SILENT else value


def _level(samples: np.ndarray) -> tuple[float, np.ndarray] | None:
    """(LUFS, (N,) bool: where it is as loud as the gate lets through) of samples (N,); None for zeros."""
    scale = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    if scale <= 0.0:
        return None
    level = 20 * np.log10(scale)
    # The gate of R128 lies at -70 LUFS and the meter ends above 0: what is far off is measured after a gain, which is
    # taken off again.
    gain = 0.0 if -40 <= level <= -10 else -23.0 - level
    value, momentary = _integrated((samples * 10 ** (gain / 20)).astype(np.float32))
    if value is None:
        return level, np.ones(len(samples), bool)
    loud = np.zeros(len(samples), bool)
    for number in np.flatnonzero(momentary > value - GATE):
        end = round(0.1 * (number + 1) * RATE)  # of the last 400 ms
        loud[max(0, end - round(0.4 * RATE)) : end] = True
    return value - gain, loud


def gain_db(measured: float | None) -> float:
    """What brings a voice of this loudness to where the engines know voices: 0 within the range, and for silence."""
    return 0.0 if measured is None or LOWEST <= measured <= HIGHEST else TARGET - measured


def without_glitches(samples: np.ndarray) -> np.ndarray:
    """(N,) samples with silence in place of short sounds far above all others."""
    width = round(BLOCK_S * RATE)
    count = len(samples) // width
    if count < 10:
        return samples
    peaks = np.abs(samples[: count * width].reshape(-1, width)).max(1)
    glitches = min(max(GLITCH_BLOCKS, count // GLITCH_SHARE), count // 5)
    cap = GLITCH * float(np.sort(peaks)[-1 - glitches])
    if not 0 < cap < np.abs(samples).max():
        return samples
    above = np.flatnonzero(np.diff(np.concatenate([[0], peaks > cap, [0]]).astype(int)))
    limited = samples.copy()
    for begin, end in above.reshape(-1, 2):
        if end - begin <= GLITCH_BLOCKS:
            limited[begin * width : end * width] = 0
    rest = limited[count * width :]
    rest[np.abs(rest) > cap] = 0
    return limited


def _integrated(samples: np.ndarray) -> tuple[float | None, np.ndarray]:
    """(integrated loudness, the momentary loudness of each 100 ms); None where the sound is shorter than a block of
    400 ms, or below the gate."""
    if len(samples) < round(0.4 * RATE):
        return None, np.zeros(0)
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=Fraction(1, RATE))
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    values: list[float] = []
    momentary: list[float] = []
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
            values.append(float(out.metadata.get("lavfi.r128.I", "nan")))
            momentary.append(float(out.metadata.get("lavfi.r128.M", "nan")))
    value = values[-1] if values else -np.inf
    return value if np.isfinite(value) and value > -70.0 else None, np.array(momentary)
