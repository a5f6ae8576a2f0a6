# SPDX-License-Identifier: GPL-3.0-or-later
"""What Mien's own ProbTalk3D hears and is told."""

import numpy as np
from mien.direction import EMOTIONS, Direction, strength
from mien.engines.articulation.styles import STYLES
from mien.engines.neural import audio_features, style_features
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack

NEUTRAL = np.tile(np.eye(8, dtype=np.float32)[0], (3, 1))


def test_every_speaker_differs_and_none_is_far_off() -> None:
    numbers = np.stack([style_features.style_features(style, NEUTRAL, {})[0] for style in STYLES.values()])
    assert numbers.shape == (len(STYLES), style_features.SIZE) and np.isfinite(numbers).all()
    assert np.abs(numbers).max() < 6
    apart = np.linalg.norm(numbers[:, None] - numbers[None], axis=2) + 9 * np.eye(len(STYLES))
    assert apart.min() > 0.3


def test_an_animators_gain_is_a_change_of_style() -> None:
    """Twice the lips of one speaker is what a speaker of twice the lips is told."""
    plain, clear = STYLES["default"], STYLES["clear"]
    gains = {"jaw": clear.jaw / plain.jaw, "lips": np.full(3, clear.lips / plain.lips)}
    np.testing.assert_allclose(
        style_features.style_features(plain, NEUTRAL, gains),
        style_features.style_features(clear, NEUTRAL, {}),
        atol=1e-5,
    )


def test_emotions_follow_their_curves_and_neutral_takes_what_is_left() -> None:
    direction = Direction.from_json({"emotion": {"happy": [[0, 0], [2, 1]]}, "intensity": 0.5})
    gains = style_features.emotions_of(direction, np.array([0.0, 1.0, 2.0]))
    np.testing.assert_allclose(gains[:, EMOTIONS.index("happy")], [0, strength(0.5) / 2, strength(0.5)], rtol=1e-6)
    np.testing.assert_allclose(gains.sum(1), 1)


def test_a_frame_has_the_phones_around_its_moment() -> None:
    """A P from 0.40 to 0.44 s is heard at frame 10, whose moment is 0.40 s, in its second half, and nowhere else."""
    track = PhoneTrack.from_segments([("AA", 0.40), ("P", 0.02), ("AA", 0.58)])
    from mien.audio.speech import Speech

    prosody = analyse_prosody(Speech.from_samples(np.zeros(16000, np.float32)))
    sound = audio_features.audio_features(track, prosody, 25)
    assert sound.shape == (25, audio_features.SIZE)
    halves = [sound[:, part * (len(PHONES) + 3) + INDEX["P"]] for part in (0, 1)]
    assert np.flatnonzero(halves[0]).tolist() == [] and np.flatnonzero(halves[1]).tolist() == [10]
    closure = sound[:, 2 * len(PHONES) + 3]  # of the second half, told by the phones: this recogniser has no flags
    assert closure[10] == 1


def test_the_audio_features_of_the_recording_are_of_a_size_for_networks(recording) -> None:
    track, prosody = recognise_phones(recording), analyse_prosody(recording)
    sound = audio_features.audio_features(track, prosody, len(track) // 4)
    assert np.isfinite(sound).all() and np.abs(sound).max() <= 3
    assert sound[:, -5:].std(0).min() > 0.1  # every number of the melody says something
