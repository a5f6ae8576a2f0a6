# SPDX-License-Identifier: GPL-3.0-or-later
"""The algebra of two guidances."""

import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.emodiffhead.guidance import Guidance

NOTHING, SOUND, BOTH = 1.0, 5.0, 25.0


def predict(hears: bool, feels: bool) -> torch.Tensor:
    assert hears or not feels
    return torch.tensor(BOTH if feels else SOUND if hears else NOTHING)


def test_as_it_was_learnt_one_prediction_is_asked() -> None:
    assert Guidance().shares == [(1.0, True, True)]
    assert Guidance()(predict) == BOTH


@pytest.mark.parametrize(("sound", "emotion"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 2.0), (1.0, 2.5), (1.5, 0.5)])
def test_each_goes_its_own_way(sound: float, emotion: float) -> None:
    guidance = Guidance(sound, emotion)
    assert sum(share for share, _, _ in guidance.shares) == pytest.approx(1)
    wanted = NOTHING + sound * (SOUND - NOTHING) + emotion * (BOTH - SOUND)
    assert float(guidance(predict)) == pytest.approx(wanted)


@pytest.mark.parametrize("asked", [-0.1, 6.0, float("nan")])
def test_what_no_guidance_is_is_refused(asked: float) -> None:
    with pytest.raises(EngineError, match="a guidance by emotion of .* was asked for"):
        Guidance(1.0, asked)
