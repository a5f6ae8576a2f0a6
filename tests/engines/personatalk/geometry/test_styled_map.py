# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import torch
from dub_voices import FRAME, spoken
from mien.engines.personatalk.geometry import styled_map
from mien.engines.personatalk.geometry.audio_features import PHONETIC
from mien.engines.personatalk.geometry.network import GeometryConfig, GeometryNetwork
from mien.engines.personatalk.geometry.style_fit import fit_styled_voice
from mien.engines.personatalk.geometry.styled_map import StyledMap, fit_styled_map
from mien.engines.personatalk.lip_map import LipMap, fit_lip_map
from mien.engines.personatalk.mouth_space import POINTS, MouthSpace


def film_and_network():
    film = spoken()
    voice = replace(film.voice, phonetic=np.zeros((len(film.voice.plain), PHONETIC), np.float32))
    torch.manual_seed(0)
    network = GeometryNetwork(GeometryConfig(), len(POINTS)).eval().requires_grad_(False)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(3 * len(POINTS), 12)))[0].T
    network.basis.copy_(torch.from_numpy(basis))
    with torch.no_grad():
        network.penalty.fill_(-6.0)
    space = MouthSpace(np.zeros((len(POINTS), 3)), basis, film.mouth.std(0), np.zeros((12, 468, 3)))
    return film, voice, network, space


def test_a_network_that_knows_nothing_is_adapted_to_a_mouth() -> None:
    film, voice, network, space = film_and_network()
    first = film.times < 9.6
    fitted = fit_styled_voice(network, space, voice, film.times[first], film.mouth[first])
    gap = film.speaker.gap(fitted.mouth(voice, film.times[~first]))
    assert np.corrcoef(gap, film.speaker.gap(film.mouth[~first]))[0, 1] > 0.5


def test_a_network_that_harms_is_left_out(monkeypatch) -> None:
    film, voice, network, space = film_and_network()
    arguments = film.times, film.mouth, film.speaker.opening, FRAME
    plain = fit_lip_map(voice, *arguments)
    monkeypatch.setattr(styled_map, "HARM", 10.0)
    both = fit_styled_map(plain, space, voice, *arguments, network)
    assert isinstance(both, StyledMap) and np.array_equal(both.mean, plain.mean)
    one, other = (each.mouth(voice, film.times) for each in (plain, both.styled))
    assert np.allclose(both.mouth(voice, film.times), (one + other) / 2)
    monkeypatch.setattr(styled_map, "HARM", 0.0)
    assert isinstance(fit_styled_map(plain, space, voice, *arguments, network), LipMap)
