# SPDX-License-Identifier: GPL-3.0-or-later
"""Re-enactment: nearer to the clip than a copy of its first picture, nothing changed beside the person."""

import numpy as np
import pytest
from mien.evaluation import EvaluationError
from mien.evaluation.films.portrait import HEAD, WAYS, _areas, cells, evaluate, folded_share
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
        assert folded_share(animator, rest * np.array([-1, 1, 1])) > 0.9


def test_what_a_turned_head_hides_does_not_count() -> None:
    with Animator(face()) as animator:
        rest, pivot = animator.mesh.rest.astype(float), animator.pivot
        sine, cosine = np.sin(0.6), np.cos(0.6)
        turned = (rest - pivot) @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]).T + pivot
        facing, after = (_areas(places, animator.mesh.triangles) > 0 for places in (rest, turned))
        assert folded_share(animator, turned) < 0.5 * (facing & ~after).sum() / facing.sum()
