# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from dub_banks import DrawnBank, drawn_bank
from mien.engines.personatalk.appearance import Appearance
from mien.engines.personatalk.renderer import Renderer
from mien.evaluation.films.dub_baselines import NAMES, Baselines


@pytest.fixture(scope="module")
def drawn() -> tuple[DrawnBank, Renderer, Baselines]:
    bank = drawn_bank()
    renderer = Renderer(bank.talker.shapes, bank.space, Appearance(bank.bank))
    return bank, renderer, Baselines(bank.talker.shapes, bank.bank, renderer, bank.mouth)


@pytest.mark.parametrize("name", NAMES)
def test_each_baseline_changes_the_hidden_mouth_alone(drawn, name: str) -> None:
    bank, renderer, baselines = drawn
    frame, pictures = 52, bank.talker.pictures
    picture = baselines.render(name, frame, pictures[frame], pictures[frame - 1])
    x0, y0, x1, y1 = renderer.template.window(bank.talker.shapes.vertices(frame), "hidden", picture.shape)
    outside = np.ones(picture.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(picture[outside], pictures[frame][outside])
    error = np.abs(picture.astype(int) - pictures[frame])[y0:y1, x0:x1].mean()
    flat = np.abs(pictures[frame][y0:y1, x0:x1].astype(int) - pictures[frame][y0:y1, x0:x1].mean((0, 1))).mean()
    assert 0 < error < flat
