# SPDX-License-Identifier: GPL-3.0-or-later
"""The algebra of two guidances."""

import pytest
import torch
from mien.engines.base import EngineError
from mien.engines.emodiffhead.guidance import Guidance

NEITHER, AUDIO, BOTH = 1.0, 5.0, 25.0


def predict(use_audio: bool, use_expression: bool) -> torch.Tensor:
    assert use_audio or not use_expression
    return torch.tensor(BOTH if use_expression else AUDIO if use_audio else NEITHER)


def test_at_1_and_1_a_single_prediction_is_needed() -> None:
    assert Guidance().terms == [(1.0, True, True)]
    assert Guidance()(predict) == BOTH


@pytest.mark.parametrize(("sound", "emotion"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 2.0), (1.0, 2.5), (1.5, 0.5)])
def test_each_condition_has_its_own_strength(sound: float, emotion: float) -> None:
    guidance = Guidance(sound, emotion)
    assert sum(share for share, _, _ in guidance.terms) == pytest.approx(1)
    wanted = NEITHER + sound * (AUDIO - NEITHER) + emotion * (BOTH - AUDIO)
    assert float(guidance(predict)) == pytest.approx(wanted)


@pytest.mark.parametrize("strength", [-0.1, 6.0, float("nan")])
def test_what_no_guidance_is_is_refused(strength: float) -> None:
    with pytest.raises(EngineError, match="a guidance by emotion of .* was asked for"):
        Guidance(1.0, strength)
