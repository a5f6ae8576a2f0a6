# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-enactment: nearer to the clip than a copy of its first picture, nothing changed beside the person."""

import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.films.portrait import HEAD, WAYS, cells, evaluate, folded_share
from mien.photo.animator import Animator
from rendered_faces import face, footage


def quiet(fraction: float, stage: str) -> None:
    pass


def test_a_smile_is_re_enacted_nearer_than_by_a_copy() -> None:
    amounts = (0.0, 0.3, 0.6, 0.9, 0.9, 0.6)
    clip = footage(face((("mouthSmileLeft", a), ("mouthSmileRight", a)), (0, 8 * a, 0)) for a in amounts)
    results = {result.way: result for result in evaluate(clip, 2, quiet)}
    assert tuple(results) == WAYS
    copy, portrait = results["aligned copy"], results["portrait"]
    assert portrait.face_psnr > copy.face_psnr
    assert portrait.mouth_psnr > copy.mouth_psnr
    assert portrait.outside == 0
    assert portrait.folded < 0.01
    assert all(len(row) == len(HEAD) for row in cells(list(results.values())))


def test_a_clip_of_two_pictures_is_refused() -> None:
    with pytest.raises(EvaluationError, match="three are needed"):
        evaluate(footage([face(), face()]), 2, quiet)


def test_what_is_turned_over_is_counted() -> None:
    with Animator(face()) as animator:
        rest = animator.mesh.rest
        assert folded_share(animator, rest) == 0
        assert folded_share(animator, rest * np.array([-1, 1, 1])) == pytest.approx(1)
