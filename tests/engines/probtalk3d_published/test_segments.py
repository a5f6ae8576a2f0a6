# SPDX-License-Identifier: GPL-3.0-or-later
"""Long sounds in segments: their sound, their style, and their motion cross-faded."""

from __future__ import annotations

import numpy as np
import pytest
from mien.direction import Direction
from mien.engines.probtalk3d_published.hubert import pair_frames
from mien.engines.probtalk3d_published.segments import (
    FADE,
    FEATURE_TAIL,
    LONGEST,
    SHIFT,
    STEP,
    USUAL,
    cross_faded,
    segments_of,
    sound_of,
    span,
    style_of,
)

SAD = Direction.from_json({"emotion": {"sad": 1.0}, "intensity": "medium"})


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, frames * STEP).astype(np.float32)


def test_a_short_sound_is_one_segment_of_all_its_samples() -> None:
    samples = noise(LONGEST)
    (whole,) = segments_of(samples[:-100], SAD)
    assert (whole.begin, whole.emotion, whole.level) == (0, "sad", "medium")
    assert len(sound_of(samples[:-100], whole)) == len(samples) - 100


@pytest.mark.parametrize("frames", [LONGEST + 1, 777, 3000])
def test_segments_follow_each_other_and_none_is_longer_than_what_is_known(frames: int) -> None:
    samples = noise(frames)
    parts = segments_of(samples, SAD)
    assert parts[0].begin == 0 and parts[-1].end == frames
    assert all(one.end == other.begin for one, other in zip(parts, parts[1:], strict=False))
    lengths = [end - begin for begin, end in (span(samples, part) for part in parts)]
    assert max(lengths) <= LONGEST and min(lengths) > USUAL / 2 - 2 * SHIFT
    for part in parts[:-1]:
        begin, end = span(samples, part)
        assert len(sound_of(samples, part)) == (end - begin) * STEP + FEATURE_TAIL


def test_a_segment_has_audio_features_to_its_last_frame() -> None:
    """HuBERT's strides give Ts = (N - 400) // 320 + 1 features, two a frame."""
    import torch

    for frames in (2, 57, 200):
        features = (frames * STEP + FEATURE_TAIL - 400) // 320 + 1
        assert pair_frames(torch.zeros(1, features, 3)).shape[1] == frames


def test_sounds_are_cut_where_they_are_quiet() -> None:
    samples = noise(400)
    samples[190 * STEP : 196 * STEP] = 0
    first, second = segments_of(samples, SAD)
    assert 191 <= first.end == second.begin <= 195


def test_the_strongest_emotion_at_the_nearest_level() -> None:
    def style(**asked) -> tuple[str, str]:
        return style_of(Direction.from_json(asked), 0, 100)

    assert style() == ("neutral", "low") == style(emotion={"neutral": 1.0})
    assert style(emotion={"happy": 0.7, "angry": 0.2}) == ("happy", "medium")
    assert style(emotion={"happy": 1.0}) == ("happy", "high")
    assert style(emotion={"happy": 1.0}, intensity="low") == ("happy", "low")
    assert style(emotion={"happy": 0.1}) == ("neutral", "low")
    assert style(emotion={"sad": [[0, 1.0], [1, 0.0]], "fear": [[1, 0.0], [1.5, 1.0]]}) == ("fear", "medium")


def test_an_emotion_that_changes_changes_from_segment_to_segment() -> None:
    change = Direction.from_json({"emotion": {"happy": [[10, 1.0], [14, 0.0]], "sad": [[10, 0.0], [14, 1.0]]}})
    parts = segments_of(noise(600), change)
    assert [part.emotion for part in parts] == ["happy", "sad", "sad"]


def test_equal_motion_is_joined_without_a_trace_and_others_fade() -> None:
    samples = noise(400)
    spans = [span(samples, part) for part in segments_of(samples, SAD)]
    path = np.sin(np.arange(400) / 9)[:, None]
    whole = cross_faded([path[begin:end] for begin, end in spans], spans, 402)
    np.testing.assert_allclose(whole[:400], path, atol=1e-12)
    np.testing.assert_array_equal(whole[400:], path[[-1, -1]])
    steps = [np.full((end - begin, 1), float(n)) for n, (begin, end) in enumerate(spans)]
    stepped = cross_faded(steps, spans, 400)[:, 0]
    assert np.diff(stepped).min() == 0 and np.diff(stepped).max() <= 1 / FADE + 1e-12
    assert ((stepped > 0) & (stepped < 1)).sum() == FADE


def test_a_segment_that_comes_out_a_frame_short_is_held() -> None:
    whole = cross_faded([np.arange(9.0)[:, None]], [(0, 10)], 10)
    np.testing.assert_array_equal(whole[:, 0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 8])
