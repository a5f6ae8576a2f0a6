# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of spectrum are where those of the motion are."""

import numpy as np
from mien.audio.speech import Speech
from mien.engines.kfusion import sound_domains
from mien.engines.kfusion.sound_domains import PHONES, PROSODY, domains_of, mel_frames
from mien.engines.neural import audio_features

SOUND = np.random.default_rng(0).uniform(-0.3, 0.3, 16000).astype(np.float32)


def test_a_frame_covers_20_ms_before_and_after_its_moment() -> None:
    sound = np.zeros(16000, np.float32)
    sound[6400:7040] = SOUND[:640]  # 0.40 to 0.44 s
    level = mel_frames(sound, 25).mean(1)
    assert set(np.argsort(level)[-2:]) == {10, 11}  # 0.38 to 0.42 and 0.42 to 0.46 s


def test_blocks_change_nothing_and_the_end_is_held(monkeypatch) -> None:
    whole = mel_frames(SOUND, 27)
    monkeypatch.setattr(sound_domains, "BLOCK", 30)
    np.testing.assert_allclose(mel_frames(SOUND, 27), whole, atol=1e-5)
    np.testing.assert_array_equal(whole[26], whole[26].mean() * 0 + whole[26])
    assert whole.shape == (27, 80) and np.isfinite(whole).all()


def test_the_two_domains_share_what_was_heard() -> None:
    audio = np.random.default_rng(1).standard_normal((26, audio_features.SIZE)).astype(np.float32)
    prosody, phones = domains_of(Speech.from_samples(SOUND), audio)
    assert prosody.shape == (26, PROSODY) and phones.shape == (26, PHONES)
    np.testing.assert_array_equal(np.concatenate([phones, prosody[:, 80:]], 1), audio)
