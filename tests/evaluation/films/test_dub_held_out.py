# SPDX-License-Identifier: GPL-3.0-or-later
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import write_pictures
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_baselines import NAMES
from mien.evaluation.films.dub_held_out import HEAD, MOTION_HEAD, OURS, cells, evaluate, motion_cells
from mien.video.writer import write_film
from rendered_faces import face, nobody
from sounds import voice


def test_a_clip_beside_its_baselines(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    rng = np.random.default_rng(3)
    poses = [(round(float(jaw), 2), round(float(turn), 1)) for jaw, turn in rng.uniform((0, -6), (0.6, 6), (60, 2))]
    pictures = [face((("jawOpen", jaw),), (0, turn, 0)) for jaw, turn in poses]
    write_film(path, pictures, Fraction(25), voice(2.4), 16000)
    seen = []
    result = evaluate(path, "articulation", 8, lambda done, stage: seen.append(done))
    assert set(result.pixels) == {OURS, *NAMES} and result.frames == 8
    assert all(scores.outside == 0 for scores in result.pixels.values())
    ours = result.pixels[OURS]
    assert ours.psnr > result.pixels["nearest, pasted"].psnr and 0.5 < ours.texture < 1.5
    assert result.motion is not None and seen == sorted(seen) and seen[-1] == 1
    assert all(len(row) == len(HEAD) for row in cells([result]))
    assert all(len(row) == len(MOTION_HEAD) for row in motion_cells([result]))


def test_a_clip_whose_end_shows_nobody_is_refused(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "clip.mp4", [face()] * 30 + [nobody()] * 10)
    with pytest.raises(EvaluationError, match="too little of a face"):
        evaluate(path, "articulation", 5, lambda done, stage: None)
