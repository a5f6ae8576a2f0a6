# SPDX-License-Identifier: GPL-3.0-or-later
"""The style of somebody is found again from how the rules perform it."""

import dataclasses

import pytest
from mien.engines.articulation.styles import STYLES, Style
from mien.persona.style_fit import fit_style, usual_of
from personas import LIVELY, clips, spoken

QUIET = Style(
    0.95, 0.85, rounding=0.85, spreading=0.8, mouth_lean=-0.1, brow_lean=-0.2, head=0.6, brows=0.5, nods=0.6,
    blinks=0.6, tilt=(-3.0, 0.0, 3.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def styles() -> dict[str, Style]:
    usual = usual_of(clips())
    named = {"quiet": QUIET, "plain": STYLES["default"], "lively": dataclasses.replace(LIVELY, tilt=(4.0, 0.0, -4.0))}
    return {name: fit_style(spoken(style), usual).style for name, style in named.items()}


@pytest.mark.parametrize(
    "gain", ["jaw", "lips", "rounding", "spreading", "mouth_lean", "brow_lean", "head", "brows", "nods"]
)
def test_gains_are_found_in_their_order(styles: dict[str, Style], gain: str) -> None:
    quiet, plain, lively = (getattr(styles[name], gain) for name in ("quiet", "plain", "lively"))
    assert quiet < plain < lively


def test_the_mouth_is_found_to_a_tenth(styles: dict[str, Style]) -> None:
    for name, style in (("quiet", QUIET), ("lively", LIVELY)):
        for gain in ("jaw", "lips"):
            assert getattr(styles[name], gain) == pytest.approx(getattr(style, gain), rel=0.1), (name, gain)


def test_a_resting_face_and_a_tilted_head_are_found(styles: dict[str, Style]) -> None:
    squints = [styles[name].resting.get("eyeSquint", 0.0) for name in ("quiet", "lively")]
    assert squints[0] < squints[1] and 0.03 < squints[1] < 0.17  # the lids wander, too
    assert styles["quiet"].tilt[2] > 0 > styles["lively"].tilt[2]


def test_a_camera_does_not_know_how_the_head_is_held() -> None:
    filmed = [dataclasses.replace(each, filmed=True) for each in spoken(LIVELY)[:1]]
    assert fit_style(filmed).style.tilt == (0.0, 0.0, 0.0)
