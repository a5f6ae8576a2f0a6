# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines made up for the purpose: one whose emotions add up, one whose do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import EMOTIONS, Direction
from mien.engines import ENGINES, NAMES
from mien.engines.emodiffhead import WEIGHTS
from mien.evaluation import EvaluationError
from mien.evaluation.takes import emotion
from mien.evaluation.takes.clips import Stretch, take_of

SHUT = np.zeros(50, bool)
SHUT[20:23] = True
STRETCH = Stretch("a 0", Speech.from_samples(np.zeros(32000, np.float32)), Direction(), np.zeros((50, 57)), SHUT, True)
OPENING = 0.2 + 0.1 * np.sin(np.arange(50) / 3)


def perform(power: float, gape: bool = False):
    """A channel for each emotion, at its gain to that power; lips that shut as they have to unless they gape."""

    def made(stretch: Stretch, directions: list[Direction]) -> list:
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

    return made


def test_a_mix_is_the_sum_of_its_parts_where_faces_add_up() -> None:
    pair = ("happy", "angry")
    assert emotion.mixed([STRETCH], perform(1), pair, (0.5, 0.5)) == pytest.approx(0, abs=1e-6)
    assert emotion.mixed([STRETCH], perform(2), pair, (0.5, 0.5)) == pytest.approx(0.5, abs=1e-5)  # 1/4 in place of 1/2


def test_the_lips_are_measured_under_an_emotion() -> None:
    met, likeness = emotion.under([STRETCH], perform(1), "happy")
    assert met == 1 and likeness == pytest.approx(1)
    met, likeness = emotion.under([STRETCH], perform(1, gape=True), "happy")
    assert met == 0 and likeness < 0.9


def test_a_rise_without_a_bend_has_none() -> None:
    assert emotion.bend(np.linspace(0.3, 2, 11)) == pytest.approx(0, abs=1e-9)
    assert emotion.bend(np.linspace(0, 1, 11) ** 2) == pytest.approx(0.02)
    assert emotion.bend(np.repeat([0, 1], [5, 6])) == 1


def test_all_of_it_makes_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    class Knowing:
        def name(self, take) -> str:
            felt = take.weights[:, INDEX["browDownLeft"] + np.arange(1, 8)].mean(0)
            return EMOTIONS[int(felt.argmax()) + 1] if felt.max() > 0.1 else "neutral"

    other = replace(STRETCH, name="b 0")
    felt = emotion.shown([STRETCH, other], perform(1), Knowing(), lambda done: None)
    assert felt.named == 1 and felt.by_emotion == (1.0,) * 8 and felt.rises == 1 and felt.met == 1
    (row,) = emotion.rows_of(emotion.Results({"made up": felt}, {}, {}, []))
    assert row[:2] == ["made up", "100 %"] and row[5] == "100.0 %" and len(row) == len(emotion.HEAD)


def test_several_weights_are_as_many_rows_named_by_file_or_by_folder() -> None:
    assert list(emotion.engines(None)) == [name for name in NAMES if ENGINES[name].head == "mien"]
    assert emotion.named_by_file([]) == {"emodiffhead": WEIGHTS}
    one, two = Path("runs/whole/emodiffhead.safetensors"), Path("runs/alone/emodiffhead.safetensors")
    assert list(emotion.engines(["articulation", "emodiffhead"], [one])) == ["articulation", "emodiffhead"]
    found = emotion.engines(["emodiffhead"], [one, two])
    assert list(found) == ["emodiffhead whole", "emodiffhead alone"]
    assert [each.keywords["weights"] for each in found.values()] == [one, two]
    assert list(emotion.named_by_file([one, Path("runs/whole/late.safetensors")])) == [
        "emodiffhead emodiffhead", "emodiffhead late",
    ]  # fmt: skip
    with pytest.raises(EvaluationError, match="Two of the weights have the same name"):
        emotion.engines(["emodiffhead"], [one, one])
    with pytest.raises(EvaluationError, match="there is no engine 'toy' to evaluate; there are emodiffhead, "):
        emotion.engines(["toy"])
