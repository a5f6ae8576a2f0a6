# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from dub_voices import FRAME, spoken
from mien.engines.personatalk.speaking_style import learn_style


def test_a_late_sound_is_mended_and_said() -> None:
    film = spoken(late=4 * FRAME)
    style = learn_style(film.mouth, np.ones(len(film.mouth), bool), film.times, FRAME, film.voice, film.speaker)
    assert style.lip_map is not None and style.lip_map.correlation > 0.8
    assert "0.16 s late" in style.notes[0]


def test_what_cannot_be_learnt_is_said() -> None:
    film = spoken()
    few = film.times < 2
    style = learn_style(film.mouth, few, film.times, FRAME, film.voice, film.speaker)
    assert style.lip_map is None and "too little speech" in style.notes[0]
    noise = np.random.default_rng(0).normal(size=film.mouth.shape)
    style = learn_style(noise, film.times >= 0, film.times, FRAME, film.voice, film.speaker)
    assert style.lip_map is None and "do not follow" in style.notes[0]
