# SPDX-License-Identifier: GPL-3.0-or-later
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from checkout import SAMPLES
from mien import engines, performance
from mien.audio.speech import RATE, Speech, read_speech
from mien.channels import ARKIT, INDEX
from mien.cli.main import main
from mien.direction import Direction
from mien.performance import Performance, PerformanceError, TimeWarp, match_phrases
from mien.speak import speak_takes
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take, of_mouth, read_take, write_take

HUM = Speech.from_samples(np.sin(np.arange(2 * RATE) / 20) * 0.3, "hum.wav")
WAV = SAMPLES / "mono_16k.wav"


def acted(seconds: float = 2.0, **meta: str) -> Take:
    """25 frames a second: every channel and angle rises evenly from 0 to 1, but for the lids, which are shut in the
    middle for a tenth of a second, and the lips, which are so a second into it."""
    frames = round(25 * seconds)
    ramp = np.linspace(0, 1, frames, dtype=np.float32)
    weights = np.repeat(ramp[:, None], len(ARKIT), 1)
    times = np.arange(frames) / 25
    weights[:, INDEX["eyeBlinkLeft"]] = weights[:, INDEX["eyeBlinkRight"]] = shut(times, seconds / 2)
    blink = np.array([[seconds / 2 - 0.05, seconds / 2 + 0.05]], np.float32)
    return Take(
        fps=Fraction(25),
        duration=Fraction(frames, 25),
        channels=ARKIT,
        weights=weights,
        head_rotation=np.repeat(ramp[:, None], 3, 1),
        gaze=np.repeat(ramp[:, None], 2, 1),
        mouth_holds=np.array([[1.0, 1.08]], np.float32),
        eye_holds=blink,
        meta=meta,
    )


def shut(times: np.ndarray, middle: float) -> np.ndarray:
    return np.clip(1.5 - np.abs(times - middle) * 10, 0, 1).astype(np.float32)


def generated(fps: int = 25, seconds: float = 2.0) -> Take:
    frames = round(fps * seconds)
    half = np.full((frames, len(ARKIT)), 0.5, np.float32)
    still = np.zeros((frames, 3), np.float32)
    holds = np.array([[0.3, 0.4]], np.float32)
    return Take(
        Fraction(fps), Fraction(frames, fps), still, ARKIT, half, still[:, :2], mouth_holds=holds, eye_holds=holds
    )


def test_nonverbal_motion_is_the_performances_and_lips_stay() -> None:
    own, take = acted(), generated()
    both = Performance(own).onto(take, HUM)
    for i, channel in enumerate(ARKIT):
        source = take if of_mouth(channel) else own
        np.testing.assert_allclose(both.weights[:, i], source.weights[:, i], atol=1e-6, err_msg=channel)
    np.testing.assert_allclose(both.head_rotation, own.head_rotation, atol=1e-6)
    np.testing.assert_allclose(both.gaze, own.gaze, atol=1e-6)
    np.testing.assert_array_equal(both.mouth_holds, take.mouth_holds)
    np.testing.assert_allclose(both.eye_holds, own.eye_holds, atol=0.021)  # as the frames show them


def test_the_other_way_round_lips_are_the_performances() -> None:
    own, take = acted(), generated()
    both = Performance(own, "lips").onto(take, HUM)
    for i, channel in enumerate(ARKIT):
        source = own if of_mouth(channel) else take
        np.testing.assert_allclose(both.weights[:, i], source.weights[:, i], atol=1e-6, err_msg=channel)
    np.testing.assert_array_equal(both.head_rotation, take.head_rotation)
    np.testing.assert_array_equal(both.eye_holds, take.eye_holds)
    np.testing.assert_allclose(both.mouth_holds, own.mouth_holds, atol=0.001)


def test_what_the_tracker_cannot_see_stays_generated() -> None:
    both = Performance(acted(missing_channels='["noseSneer", "cheekSquint"]')).onto(generated(), HUM)
    for channel in ("noseSneerLeft", "noseSneerRight", "cheekSquintLeft"):
        assert (both.channel(channel) == 0.5).all()


def test_another_length_is_stretched_evenly_and_a_blink_keeps_its_speed() -> None:
    both = Performance(acted(4.0)).onto(generated(), HUM)
    assert json.loads(both.meta["performance"])["warp"] == "even"
    middle = both.channel("browInnerUp")[25]
    assert middle == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(both.channel("eyeBlinkLeft")[20:31], shut(both.times[20:31], 1.0), atol=1e-5)
    (hold,) = both.eye_holds
    assert hold.mean() == pytest.approx(1.0, abs=0.021) and hold[1] - hold[0] == pytest.approx(0.1, abs=0.041)


@pytest.mark.parametrize("fps", [5, 12, 60])
def test_a_blink_is_seen_at_any_rate(fps: int) -> None:
    both = Performance(acted(3.0)).onto(generated(fps), HUM)
    assert both.channel("eyeBlinkLeft").max() == pytest.approx(1, abs=1e-5)


def test_the_same_sound_is_not_warped_whatever_its_phrases() -> None:
    own = acted(2.5, audio_sha256=HUM.sha256, phrases="[[0.2, 1.0]]")
    both = Performance(own).onto(generated(), HUM)
    assert json.loads(both.meta["performance"]) == {"source": "performance", "part": "nonverbal", "warp": "none"}
    np.testing.assert_allclose(both.head_rotation, own.head_rotation[:50], atol=1e-6)


def test_the_engine_goes_on_where_a_performance_has_ended() -> None:
    sound = Speech.from_samples(np.sin(np.arange(4 * RATE) / 20) * 0.3, "hum.wav")
    own, take = acted(2.0, audio_sha256=sound.sha256), generated(seconds=4.0)
    take = replace(take, eye_holds=np.array([[0.3, 0.4], [3.3, 3.4]], np.float32))
    both = Performance(own, name="act").onto(take, sound)
    np.testing.assert_allclose(both.head_rotation[:50], own.head_rotation, atol=1e-6)
    np.testing.assert_allclose(both.head_rotation[63:], take.head_rotation[63:], atol=1e-6)
    assert np.abs(np.diff(both.head_rotation[:, 0])).max() < 0.15  # of 1, without a jump
    np.testing.assert_allclose(both.channel("browInnerUp")[63:], 0.5, atol=1e-6)
    np.testing.assert_allclose(both.eye_holds, [[1.0, 1.0], [3.3, 3.4]], atol=0.06)
    (said,) = json.loads(both.meta["warnings"])
    assert "'act' has from 0.00 to 1.96 s" in said and "brows, eyes and head are the engine's" in said


def test_phrases_are_matched_where_both_are_known(monkeypatch) -> None:
    said = PhoneTrack.from_segments([("SIL", 0.2), ("AA", 0.4), ("SIL", 0.6), ("IY", 0.6), ("SIL", 0.2)])
    monkeypatch.setattr(performance, "recognise_phones", lambda speech, transcript: said)
    both = Performance(acted(phrases="[[0.1, 0.9], [1.2, 1.9]]")).onto(generated(), HUM)
    assert json.loads(both.meta["performance"])["warp"] == "phrases"
    shown = both.channel("browInnerUp") * 49 / 25  # seconds of the performance
    np.testing.assert_allclose(shown[[5, 10, 15, 30, 45]], [0.1, 0.5, 0.9, 1.2, 1.9], atol=0.01)


def test_pauses_are_matched_by_what_is_said_between_them() -> None:
    slow = np.array([[0.0, 2.0], [2.6, 4.6], [5.2, 9.2]])
    fast = np.array([[0.5, 1.5], [1.9, 2.3], [2.34, 2.9], [3.2, 5.2]])  # with a pause more, within the second phrase
    warp = match_phrases(slow, fast)
    np.testing.assert_allclose(warp.to_source(slow.ravel()), [0.5, 1.5, 1.9, 2.9, 3.2, 5.2])
    assert (np.diff(warp.to_source(np.linspace(-1, 12, 500))) > 0).all()
    np.testing.assert_allclose(warp.to_target(warp.to_source(np.linspace(-1, 12, 50))), np.linspace(-1, 12, 50))


def test_very_different_numbers_of_phrases_are_one() -> None:
    many = np.arange(40).reshape(20, 2).astype(float)
    warp = match_phrases(np.array([[0.0, 10.0]]), many)
    np.testing.assert_allclose(warp.to_source(np.array([0.0, 5.0, 10.0])), [0, 19.5, 39])


def test_two_blinks_at_once_do_not_turn_time_back() -> None:
    warp = TimeWarp(np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0, 4.0]), "even")
    steady = warp.with_steady(np.array([2.9, 3.0, 3.1, 3.6]))
    assert (np.diff(steady.target) > 0).all() and (np.diff(steady.source) > 0).all()


@pytest.mark.parametrize("engine", [name for name in engines.NAMES if not engines.ENGINES[name].refusal])
def test_it_fits_every_engine(engine: str) -> None:
    if engines.ENGINES[engine].missing():
        pytest.skip("its weights are not here")
    own = acted(1.5)
    speech = read_speech(WAV)
    (take,) = speak_takes(speech, Direction(), [0], engine, 25, performance=Performance(own))
    np.testing.assert_allclose(take.channel("browInnerUp")[[0, -1]], [0, 1], atol=0.05)
    assert len(take.eye_holds) == 1


def test_held_keys_stay() -> None:
    held = Direction.from_json({"held": {"browInnerUp": [[[0.2, 0.9], [0.6, 0.9]]]}})
    take = next(speak_takes(read_speech(WAV), held, [0], "emodiffhead", 25, performance=Performance(acted())))
    np.testing.assert_allclose(take.channel("browInnerUp")[5:16], 0.9, atol=1e-5)


def test_a_take_without_channels_is_refused_in_words() -> None:
    still = np.zeros((50, 3), np.float32)
    bare = Take(Fraction(25), Fraction(2), still, offsets=np.zeros((50, 4, 3), np.float32))
    with pytest.raises(PerformanceError, match="'dance' moves vertices"):
        Performance(bare, name="dance")
    with pytest.raises(PerformanceError, match="engine's take moves vertices"):
        Performance(acted()).onto(bare, HUM)


def test_the_command(tmp_path: Path, capsys) -> None:
    write_take(acted(), tmp_path / "act.take.safetensors")
    out = tmp_path / "out.take.safetensors"
    flags = ["--engine", "articulation", "--performance", str(tmp_path / "act.take.safetensors"), "-o", str(out)]
    assert main(["speak", str(WAV), *flags, "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)["made"]
    assert made["performance"] == {"source": "act.take.safetensors", "part": "nonverbal", "warp": "even"}
    motion = read_take(out)
    assert main(["speak", str(WAV), *flags, "--performance-part", "lips"]) == 0
    assert "lips of act.take.safetensors, stretched evenly" in capsys.readouterr().out
    lips = read_take(out)
    assert motion.channel("jawOpen")[-1] != lips.channel("jawOpen")[-1] == pytest.approx(1, abs=0.05)
    assert main(["speak", str(WAV), *flags, "-o", str(tmp_path / "act.take.safetensors")]) == 2
    assert main(["speak", str(WAV), *flags, "--performance", str(WAV)]) == 3
    assert main(["speak", str(WAV), *flags, "--head", "flame"]) == 2
    assert "leave --head out" in capsys.readouterr().err


def test_replaced_metadata_is_kept() -> None:
    take = replace(generated(), meta={"engine": "toy"})
    assert Performance(acted()).onto(take, HUM).meta["engine"] == "toy"
