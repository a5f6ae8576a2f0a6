# SPDX-License-Identifier: GPL-3.0-or-later
"""Scores of made-up engines: one whose emotions add up, one whose emotions do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import EMOTIONS, Direction
from mien.engines import ENGINES
from mien.engines.analysis import SharedAnalysis
from mien.engines.base import Missing
from mien.evaluation import EvaluationError
from mien.evaluation.takes import emotion
from mien.evaluation.takes.clips import Clip, take_of

SHUT = np.zeros(50, bool)
SHUT[20:23] = True
CLIP = Clip("a 0", Speech.from_samples(np.zeros(32000, np.float32)), Direction(), np.zeros((50, 57)), SHUT, True)
OPENING = 0.2 + 0.1 * np.sin(np.arange(50) / 3)


def perform(power: float, gape: bool = False):
    """A channel for each emotion, at its gain to that power; lips that close where they must, unless they gape."""

    def takes_of(clip: Clip, directions: list[Direction]) -> list:
        takes = []
        for direction in directions:
            motion = np.zeros((50, 57), np.float32)
            motion[:, INDEX["jawOpen"]] = OPENING
            motion[20:23, INDEX["jawOpen"]], motion[20:23, INDEX["mouthClose"]] = 0.1, 0.13
            gains = direction.gains(np.arange(50) / 25)
            for name, gain in gains.items():
                motion[:, INDEX["browDownLeft"] + EMOTIONS.index(name)] += 0.4 * gain**power
                if gape and gain.max() > 0:
                    motion[:, INDEX["jawOpen"]] = 0.5
            takes.append(take_of(motion))
        return takes

    return takes_of


def test_a_mix_is_the_sum_of_its_parts_where_faces_add_up() -> None:
    pair = ("happy", "angry")
    assert emotion.mix_error([CLIP], perform(1), pair, (0.5, 0.5)) == pytest.approx(0, abs=1e-6)
    assert emotion.mix_error([CLIP], perform(2), pair, (0.5, 0.5)) == pytest.approx(
        0.5, abs=1e-5
    )  # 1/4 in place of 1/2


def test_the_lips_are_measured_under_an_emotion() -> None:
    met, likeness = emotion.lips_under([CLIP], perform(1), "happy")
    assert met == 1 and likeness == pytest.approx(1)
    met, likeness = emotion.lips_under([CLIP], perform(1, gape=True), "happy")
    assert met == 0 and likeness < 0.9


def test_all_of_it_makes_a_row() -> None:
    class Knowing:
        def name(self, take) -> str:
            channels = take.weights[:, INDEX["browDownLeft"] + np.arange(1, 8)].mean(0)
            return EMOTIONS[int(channels.argmax()) + 1] if channels.max() > 0.1 else "neutral"

    other = replace(CLIP, name="b 0")
    scores = emotion.scores_of([CLIP, other], perform(1), Knowing(), lambda done: None)
    assert scores.named == 1 and scores.by_emotion == (1.0,) * 8 and scores.rises == 1 and scores.met == 1
    assert scores.displaced == 1 and scores.bend == pytest.approx(0.04, abs=0.001)  # that of the level curve
    (row,) = emotion.rows_of(emotion.Results({"made up": scores}, {}, {}, []))
    assert row[:2] == ["made up", "100 %"] and row[6] == "100.0 %" and len(row) == len(emotion.HEAD)


def test_the_engines_are_those_of_the_registry_that_work_on_phones_and_move_the_default_head() -> None:
    chosen = emotion.engines(None)
    moving = {name for name, info in ENGINES.items() if info.head == "mien" and not info.hidden}
    assert {"probtalk3d", "emodiffhead", "articulation"} <= set(chosen) <= moving
    assert all(isinstance(ENGINES[name].create(), SharedAnalysis) == (name in chosen) for name in moving)
    assert all(engine.info is ENGINES[name] for name, engine in chosen.items())
    assert list(emotion.engines(["articulation", "probtalk3d"])) == ["articulation", "probtalk3d"]
    with pytest.raises(EvaluationError, match="there is no engine 'toy' to evaluate; there are "):
        emotion.engines(["toy"])


def test_an_engine_that_cannot_work_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = replace(ENGINES["articulation"], missing=lambda: (Missing("It has no lips yet."),))
    monkeypatch.setattr("mien.engines.articulation.engine.Articulation.info", lacking)
    with pytest.raises(EvaluationError, match="The engine articulation cannot work yet. It has no lips yet."):
        emotion.engines(["articulation"])


def test_several_weights_are_as_many_rows_named_by_file_or_by_folder() -> None:
    one, two = Path("runs/whole/emodiffhead.safetensors"), Path("runs/alone/emodiffhead.safetensors")
    assert list(emotion.engines(["articulation", "emodiffhead"], [one])) == ["articulation", "emodiffhead"]
    chosen = emotion.engines(["emodiffhead"], [one, two])
    assert list(chosen) == ["emodiffhead whole", "emodiffhead alone"]
    assert [engine.weights for engine in chosen.values()] == [one, two]
    assert list(emotion.named_by_file([one, Path("runs/whole/late.safetensors")])) == [
        "emodiffhead emodiffhead", "emodiffhead late",
    ]  # fmt: skip
    with pytest.raises(EvaluationError, match="Two of the weights have the same name"):
        emotion.engines(["emodiffhead"], [one, one])
