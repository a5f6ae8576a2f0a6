# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.evaluation.films import tracking
from mien.evaluation.films.looks import LOOKS
from mien.evaluation.films.tracking import COMPARED, HEAD, cells, evaluate
from mien.video import OpenGLMissing


def test_a_rendered_performance_is_read_again(monkeypatch) -> None:
    monkeypatch.setattr(tracking, "LOOKS", LOOKS[:1])
    monkeypatch.setattr(tracking, "SIZE", (224, 224))
    seen = []
    try:
        (result,) = evaluate(3.0, 0, lambda fraction, stage: seen.append((fraction, stage)))
    except OpenGLMissing as error:
        pytest.skip(str(error))
    assert seen == [(1.0, "studio")]
    assert (result.lost, result.pictures) == (0, 100)
    assert result.rotation < 5
    assert result.gaze < 6
    assert set(result.correlation) == set(COMPARED)
    assert result.correlation["jawOpen"] > 0.9
    assert result.lips < 3.5  # mm; 3.06 here: the same error of a score moves this head's lips twice as far as before
    assert len(cells([result])[0]) == len(HEAD)
