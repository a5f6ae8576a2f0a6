# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
from dub_banks import drawn_bank
from mien.engines.base import no_progress
from mien.engines.personatalk.covered import CERTAIN
from mien.engines.personatalk.film import shots as module
from mien.engines.personatalk.film.shots import ShotRenderers


def test_long_shots_have_their_own_references_and_short_ones_share(monkeypatch) -> None:
    monkeypatch.setattr(module, "OWN_BANK", 25)
    made = drawn_bank(60, 60)
    shot = np.repeat([0, 1], [50, 10]).astype(np.int32)
    steps = []
    renderers = ShotRenderers(
        made.talker.footage(), made.talker.shapes, shot, np.ones(60, bool), made.space, made.template,
        lambda fraction, stage: steps.append(fraction),
    )  # fmt: skip
    sources = np.arange(60)
    first, second = renderers(0, sources, made.mouth), renderers(1, sources, made.mouth)
    assert (first.place[:50] >= 0).all() and (first.place[50:] == -1).all()
    assert (second.place[50:] >= 0).all() and (second.place[:50] == -1).all()
    assert steps == sorted(steps) and abs(steps[-1] - 1) < 1e-9
    picture = second.renderer.render(made.talker.pictures[55], 55, made.talker.shapes.shapes[55], {3: 1.0})
    assert picture is not None and picture.shape == made.talker.pictures[55].shape


def test_covered_pictures_are_no_references() -> None:
    made = drawn_bank(60, 60)
    pictures = [p.copy() for p in made.talker.pictures]
    for covered in (20, 21):
        pictures[covered][70:, 20:64] = [250, 20, 20]
    talker = replace(made.talker, pictures=pictures)
    renderers = ShotRenderers(
        talker.footage(), talker.shapes, talker.track.shot, np.ones(60, bool), made.space, made.template, no_progress
    )
    renderer = renderers(0, np.arange(60), made.mouth).renderer
    assert renderer.unlike(renderer.flat(pictures[20], 20)) > CERTAIN
    assert renderer.unlike(renderer.flat(pictures[25], 25)) < CERTAIN
