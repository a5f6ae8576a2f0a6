# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest
from mien.audio.speech import Speech
from mien.cli import main
from mien.evaluation import EvaluationError
from mien.evaluation.films import dub_looks
from mien.evaluation.films.dub_baselines import NAMES
from mien.evaluation.films.dub_held_out import OURS
from mien.evaluation.films.looks import LOOKS
from mien.video import OpenGLMissing
from sounds import voice


def test_a_rendered_head_is_measured_as_a_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dub_looks, "SIZE", (192, 192))
    speech, seen = Speech.from_samples(voice(2.4)), []
    try:
        found = dub_looks.evaluate_looks(speech, "articulation", 3, lambda done, stage: seen.append(done), LOOKS[3:4])
    except OpenGLMissing as error:
        pytest.skip(str(error))
    (result,) = found
    assert result.clip == LOOKS[3].name and result.frames == 3 and set(result.pixels) == {OURS, *NAMES}
    assert result.pixels[OURS].outside == 0 and seen == sorted(seen) and seen[-1] == 1


def test_an_identity_that_is_not_there_is_named() -> None:
    with pytest.raises(EvaluationError, match="nobody"):
        dub_looks.evaluate_looks(
            Speech.from_samples(voice(1.0)), "articulation", 3, lambda done, stage: None,
            (replace(LOOKS[0], identity="nobody"),),
        )  # fmt: skip


def test_nothing_to_measure_is_said(capsys: pytest.CaptureFixture) -> None:
    assert main.main(["evaluate", "dub"]) == EvaluationError.exit_status
    assert "--rendered" in capsys.readouterr().err
