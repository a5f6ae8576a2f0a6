# SPDX-License-Identifier: GPL-3.0-or-later
"""Lips that differ from people's at single phones: learnt where it serves on what is left out, else not."""

import dataclasses

import numpy as np
from mien.direction import Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.lips.curve import lip_curve
from mien.persona.lip_habits import learn_lip_habits
from mien.persona.recording import FPS, Recording, motion_of
from personas import clips, correction


def with_own_phones(recording: Recording) -> Recording:
    curve = correction().of(lip_curve(recording.phones, recording.prosody), recording.phones.posteriors)
    take = animate(recording.phones, recording.prosody, Direction(), recording.duration, curve).resample(FPS)
    return dataclasses.replace(recording, motion=motion_of(take))


def test_phones_of_ones_own_are_learnt_and_keep_the_amplitude() -> None:
    own = [with_own_phones(each) for each in clips() * 2]  # said twice: what is left out was said elsewhere, too
    habits = learn_lip_habits(own)
    assert habits.correction is not None and habits.with_it[0] > habits.without[0] + 0.05
    curve = lip_curve(own[0].phones, own[0].prosody)
    corrected = habits.correction.of(curve, own[0].phones.posteriors)
    rows, speaking, true = own[0].rows, own[0].speaking, own[0].motion.aperture
    before, after = (np.corrcoef(each.aperture[rows][speaking], true[speaking])[0, 1] for each in (curve, corrected))
    assert after > before + 0.05
    assert 0.7 < corrected.aperture[rows][speaking].std() / curve.aperture[rows][speaking].std() < 1.4
    assert set(habits.gap_mm) >= {"a", "p b m"} and habits.gap_mm["p b m"][0] < habits.gap_mm["a"][0]


def test_chance_and_a_few_words_are_not_learnt() -> None:
    rng = np.random.default_rng(0)
    noisy = [
        dataclasses.replace(each, motion=dataclasses.replace(each.motion, weights=rng.permutation(each.motion.weights)))
        for each in clips() * 2
    ]
    assert learn_lip_habits(noisy).correction is None
    assert learn_lip_habits([with_own_phones(clips()[0])]).correction is None
