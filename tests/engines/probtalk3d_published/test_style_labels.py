# SPDX-License-Identifier: GPL-3.0-or-later
import probtalk3d
import pytest
import torch
from mien.direction import EMOTIONS as LABELS
from mien.engines.base import EngineError
from mien.engines.probtalk3d_published.style_labels import EMOTIONS, IDENTITIES, INTENSITIES, SIZES, style


def test_a_style_is_three_ones_in_their_places() -> None:
    found = style("M007", "surprised", "high")
    assert found.shape == (1, 43) and found.dtype == torch.float32
    assert found.nonzero()[:, 1].tolist() == [2, 32 + 3, 40 + 2]


def test_every_style_is_another() -> None:
    styles = {tuple(style(i, e, n)[0].tolist()) for i in IDENTITIES for e in EMOTIONS for n in INTENSITIES}
    assert len(styles) == 32 * 8 * 3 and SIZES == (32, 8, 3)


def test_a_direction_asks_for_no_emotion_that_is_unknown_here() -> None:
    assert set(LABELS) <= set(EMOTIONS)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (("M004", "sad", "low"), "no speaker 'M004'; it knows M003, M005"),
        (("M003", "joy", "low"), "no emotion 'joy'; it knows neutral, happy"),
        (("M003", "sad", "1"), "no intensity '1'; it knows low, medium, high"),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(labels: tuple[str, str, str], sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        style(*labels)


@probtalk3d.needs_golden
@pytest.mark.parametrize("case", probtalk3d.CASES)
def test_styles_are_the_recorded_ones(case: str) -> None:
    wanted = probtalk3d.recorded(2, case)
    speaker, _, emotion, intensity = str(wanted["keyid"]).split("_")
    found = style(speaker, EMOTIONS[int(emotion)], INTENSITIES[int(intensity)])
    probtalk3d.close(found, wanted["style_onehot"], 0)
