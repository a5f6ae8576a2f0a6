# SPDX-License-Identifier: GPL-3.0-or-later
"""The film of a portrait read back: what a take asks for is seen, on the same face."""

import pytest
from mien.evaluation.films.portrait_readback import COMPARED, HEAD, cells, read_back
from rendered_faces import face


@pytest.mark.slow
def test_jaw_lids_and_smile_are_read_back() -> None:
    result = read_back(face(), "default", 5.0, 0, lambda fraction, stage: None)
    assert result.lost == 0
    assert result.lip_gap > 0.8
    assert result.correlation["eyeBlink"] > 0.7
    assert result.lids < 0.5
    assert result.likeness < 1
    assert set(result.correlation) == set(COMPARED)
    assert len(cells([result])[0]) == len(HEAD)
