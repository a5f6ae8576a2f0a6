# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: the plain ones as they always were, the speakers each their own, and every rule kept in all of them."""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
import pytest
from checkout import SAMPLES
from mien.channels import ARKIT, INDEX, columns
from mien.direction import Direction
from mien.engines.articulation.animate import LEAD, animate
from mien.engines.articulation.engine import Articulation
from mien.engines.articulation.style_names import HELD_OUT, SPEAKERS
from mien.engines.articulation.styles import STYLES, Style, speaker
from mien.heads.lip_aperture import ceiling, lip_aperture
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.track import RATE, PhoneTrack
from mien.take import Take, read_take
from voices import SYNTHETIC, true_track, voice

# A take of the default style at 25 fps, made when lips followed people's statistics for the first time
BEFORE = SAMPLES / "default_style.take.safetensors"
NEUTRAL = 0.0013
KEYED = {"emotion": {"happy": [[0.0, 1.0], [1.5, 0.0]], "angry": [[1.5, 0.0], [2.0, 0.6]]}, "seed": 5}


def my_happy_father() -> tuple[PhoneTrack, Prosody]:
    """Phones of the words "my happy father", and a melody with an accent, made of numbers alone."""
    phones = "SIL:.3 M:.08 AY:.2 HH:.07 AE:.16 P:.09 IY:.15 F:.1 AA:.2 DH:.06 ER:.2 SIL:.4 SH:.1 UW:.2 SIL:.69"
    track = PhoneTrack.from_segments([(p, float(s)) for p, s in (each.split(":") for each in phones.split())])
    t = np.arange(len(track)) / RATE
    voiced = track.posteriors[:, 0] < 0.5
    pitch = 80 + 3 * np.sin(2 * np.pi * 0.9 * t) + 4 * np.exp(-(((t - 0.8) / 0.08) ** 2))
    level = np.where(voiced, -25 + 4 * np.sin(2 * np.pi * 1.3 * t), -70)
    return track, Prosody(level, level - 3, level - 15, pitch, voiced)


def act(style: str, **direction: object) -> Take:
    return animate(*my_happy_father(), Direction.from_json({"style": style, **direction}), Fraction(3))


@functools.cache
def analysed(name: str) -> tuple[PhoneTrack, Prosody]:
    return true_track(name), analyse_prosody(voice(name))


def test_the_default_style_is_as_it_was() -> None:
    now, before = act("default", **KEYED).resample(25), read_take(BEFORE)
    assert now.channels == before.channels and now.duration == before.duration
    # processors round sums and exponentials differently, and the steering of the lips carries that on (1e-6 measured
    # between two kernels of OpenBLAS); a ten-thousandth of a weight moves no vertex by more than 4 micrometres
    for name in ("weights", "head_rotation", "gaze", "mouth_holds", "eye_holds"):
        np.testing.assert_allclose(getattr(now, name), getattr(before, name), rtol=0, atol=1e-4, err_msg=name)


def test_there_are_six_plain_styles_and_36_different_speakers() -> None:
    plain = {name: style for name, style in STYLES.items() if name not in (*SPEAKERS, *HELD_OUT)}
    assert list(plain) == ["default", "mumbled", "clear", "exaggerated", "whispered", "shouted"]
    assert all(style == Style(style.jaw, style.lips) for style in plain.values())
    assert (len(SPEAKERS), len(HELD_OUT)) == (32, 4) and not set(SPEAKERS) & set(HELD_OUT)
    assert Articulation.info.styles == tuple(STYLES) and len({repr(style) for style in STYLES.values()}) == 42


def test_a_speaker_stays_who_it_is() -> None:
    assert speaker("speaker-07") == STYLES["speaker-07"]
    first = STYLES["speaker-01"]
    assert (first.jaw, first.lips, first.mouth_lean, first.head) == (1.621, 1.237, -0.009, 1.746)


@pytest.mark.parametrize("name", (*SPEAKERS, *HELD_OUT))
def test_a_speaker_is_a_plausible_human(name: str) -> None:
    who = STYLES[name]
    assert 0.9 <= who.jaw <= 1.7 and 0.8 <= who.lips <= 1.5
    assert abs(who.mouth_lean) <= 0.16 and abs(who.brow_lean) <= 0.3
    assert 0 < who.pose.max() <= 0.3 and who.pose.min() >= 0
    assert all(0.5 <= amount <= 2 for amount in (who.head, who.brows, who.blinks, who.gaze, who.nods))
    assert np.abs(who.tilt).max() <= 4


@pytest.mark.parametrize("style", STYLES)
def test_every_style_keeps_every_rule(style: str) -> None:
    """On phones that espeak-ng says it spoke, at 25 fps, calm and in emotions that part the lips."""
    for name, emotion in zip(SYNTHETIC, ("neutral", "disgusted", "happy"), strict=True):
        track, prosody = analysed(name)
        direction = Direction.from_json({"style": style, "emotion": emotion})
        take = animate(track, prosody, direction, voice(name).duration)
        assert lip_aperture().of(take.weights).min() > 0
        assert not np.any(take.channel("mouthClose") > ceiling(take.weights) + 1e-6)
        shown = take.resample(25)
        gap = lip_aperture().of(shown.weights)
        for s in track.segments:
            begin, end = np.array(s.seconds) - LEAD
            visible = gap[(shown.times >= begin - 0.02) & (shown.times <= end + 0.02)]
            if s.phone in ("P", "B", "M"):
                assert visible.min() <= 0.001, f"{s.phone} at {begin:.2f} s"
            if s.phone == "SIL" and s.end - s.begin > 125:
                assert visible.min() <= NEUTRAL + 0.0001, f"silence at {begin:.2f} s"


@pytest.mark.parametrize("style", ["default", *SPEAKERS[:4], *HELD_OUT])
def test_the_mouth_is_shut_in_silence(style: str) -> None:
    silent = PhoneTrack.from_segments([("SIL", 2.0)])
    nothing, never = np.full(200, -100.0), np.zeros(200, bool)
    hush = Prosody(nothing, nothing, nothing, 0 * nothing, never)
    take = animate(silent, hush, Direction(style=style), Fraction(2))
    assert lip_aperture().of(take.weights).max() <= NEUTRAL + 0.0001


def mouth(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Take:
    monkeypatch.setitem(STYLES, "somebody", Style(1.3, 1.1, **changes))
    return act("somebody", blinks=0, temperature=0)


def test_rounding_and_spreading_are_the_lips_of_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = mouth(monkeypatch), mouth(monkeypatch, rounding=0.8, spreading=1.3)
    track, _ = my_happy_father()
    (shoe,) = (s for s in track.segments if s.phone == "UW")
    pucker = [take.channel("mouthPucker")[shoe.begin : shoe.end].max() for take in (plain, other)]
    assert 0.7 * pucker[0] < pucker[1] < 0.9 * pucker[0]
    (cat,) = (s for s in track.segments if s.phone == "AE")
    stretched = [take.channel("mouthStretchLeft")[cat.begin : cat.end].max() for take in (plain, other)]
    assert 1.1 * stretched[0] < stretched[1] < 1.5 * stretched[0]


def test_a_mouth_and_brows_lean_to_the_side_that_the_sign_says(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = (mouth(monkeypatch, mouth_lean=lean, brow_lean=lean) for lean in (0.15, -0.15))
    for name in ("mouthStretch", "mouthLowerDown", "browOuterUp"):
        a, b = left.weights[:, columns(name)].max(0)
        assert a > 1.2 * b
        assert list(right.weights[:, columns(name)].max(0)) == pytest.approx([b, a], rel=0.02)
    drawn = [take.channel(name).max() for take, name in ((left, "mouthLeft"), (right, "mouthRight"))]
    assert drawn[0] > 0.02 and drawn[0] == pytest.approx(drawn[1], rel=0.02)
    assert not left.channel("mouthRight").any() and not right.channel("mouthLeft").any()


def test_a_face_rests_as_its_style_says(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, other = mouth(monkeypatch), mouth(monkeypatch, resting={"mouthSmile": 0.1, "browDown": 0.2})
    moved = other.weights[-1] - plain.weights[-1]  # in the pause at the end
    resting = [INDEX[name] for name in ("mouthSmileLeft", "mouthSmileRight", "browDownLeft", "browDownRight")]
    assert moved[resting] == pytest.approx([0.1, 0.1, 0.2, 0.2], abs=1e-3)
    still = [i for i, name in enumerate(ARKIT) if not name.startswith(("mouth", "jaw")) and i not in resting]
    assert not moved[still].any()


def test_head_brows_blinks_and_gaze_follow_their_amounts(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(**changes: object) -> Take:
        monkeypatch.setitem(STYLES, "somebody", Style(1.3, 1.1, **changes))
        return animate(*analysed("english man"), Direction(style="somebody", seed=2), voice("english man").duration)

    def shut_of(amount: float, seed: int) -> int:
        monkeypatch.setitem(STYLES, "somebody", Style(1.3, 1.1, blinks=amount))
        direction = Direction(style="somebody", seed=seed)
        take = animate(*analysed("english man"), direction, voice("english man").duration)
        return int((take.channel("eyeBlinkLeft") > 0.5).sum())

    plain = of()
    assert of(head=1.5).head_rotation.std() > 1.2 * plain.head_rotation.std()
    assert of(nods=2.0).head_rotation.tobytes() != plain.head_rotation.tobytes()
    assert of(gaze=2.0).gaze.std() > plain.gaze.std()
    assert plain.channel("browInnerUp").max() > 1.5 * of(brows=0.5).channel("browInnerUp").max()
    often, seldom = (sum(shut_of(amount, seed) for seed in range(4)) for amount in (2.0, 0.7))
    assert often > 1.3 * seldom
    tilted = np.degrees(of(tilt=(3.0, 2.0, -3.0)).head_rotation - plain.head_rotation).mean(0)
    assert tilted == pytest.approx([-3, 2, -3], abs=0.5)  # a take's pitch is down; its limit is soft
