# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mien import engines
from mien.audio.speech import Speech
from mien.channels import ARKIT
from mien.direction import Direction, DirectionError
from mien.engines import Cancelled, EngineError
from mien.engines.neural.held_keys import enforced
from mien.heads.default import load_head
from mien.speak import speak, speak_takes
from mien.take import TakeError, read_take

from addon.formats.take import read_take as read_in_blender

HAPPY = Direction.from_json({"emotion": {"happy": 0.7}, "seed": 5})


@pytest.mark.parametrize("engine", ["probtalk3d", "emodiffhead", "kfusion", "articulation", "toy"])
def test_the_metadata_says_all_that_made_it(hum, engine: str) -> None:
    take = read_take(speak(hum, HAPPY, engine, "30000/1001").to_bytes())
    meta = dict(take.meta)
    assert "Nothing was heard as speech: the sound is like music or a tone" in meta.pop("warnings")
    sound = {"loudness": None, "gain_db": 0.0, "track": 1, "tracks": 1, "speech_seconds": 0.0}
    assert json.loads(meta.pop("sound")) == sound
    if engine != "toy":  # it hears no phones
        assert json.loads(meta.pop("tongue_names")) == list(load_head().tongue_names)
    info = engines.info_of(engine)
    assert meta == {
        "format": "mien.take", "format_version": "1", "fps": "30000/1001", "start": "0.0", "duration": "6/5",
        "channels": take.meta["channels"], "engine": engine, "engine_version": info.version, "licence": info.licence,
        "head": "mien", "head_sha256": load_head().sha256, "seed": "5", "direction": HAPPY.to_json(),
        "audio_sha256": hum.sha256,
    }  # fmt: skip
    assert info.version and info.licence and len(take.meta["head_sha256"]) == 64
    assert hum.sha256 == hashlib.sha256(np.round(hum.samples * 32768).astype("<i2").tobytes()).hexdigest()
    assert Direction.from_json(take.meta["direction"]) == HAPPY


@pytest.mark.parametrize("engine", ["probtalk3d", "emodiffhead", "kfusion", "articulation", "toy"])
def test_the_same_request_gives_the_same_bytes_and_another_seed_others(hum, engine: str) -> None:
    first, again = speak(hum, HAPPY, engine, 24).to_bytes(), speak(hum, HAPPY, engine, "24").to_bytes()
    assert first == again
    other = read_take(speak(hum, HAPPY.with_seed(6), engine, 24).to_bytes())
    before = read_take(first)
    assert other.meta["seed"] == "6"
    assert not np.array_equal(before.head_rotation, other.head_rotation)


@pytest.mark.parametrize("rate", [None, 24, 25, 30, 60, "30000/1001", "24000/1001", Fraction(120)])
def test_every_rate_covers_the_sound(hum, rate) -> None:
    take = speak(hum, Direction(), fps=rate)
    assert take.fps == (100 if rate is None else Fraction(rate))
    assert take.frames == -(-hum.duration * take.fps // 1) and take.duration == hum.duration
    assert take.channels == ARKIT and take.weights.min() >= 0 and take.weights.max() <= 1
    assert read_in_blender(take.to_bytes()).frames == take.frames


def test_progress_is_reported_and_may_stop_it(hum) -> None:
    fractions: list[float] = []
    speak(hum, Direction(), progress=lambda fraction, stage: fractions.append(fraction))
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1

    def stop(fraction: float, stage: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        speak(hum, Direction(), progress=stop)


@pytest.mark.parametrize("engine", ["probtalk3d", "emodiffhead", "kfusion", "articulation", "toy"])
@pytest.mark.parametrize("length", [1, 160, 320, 1601])
@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_the_shortest_sounds_become_takes(kind: str, length: int, engine: str) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, length)
    take = speak(Speech.from_samples(noise if kind == "noise" else np.zeros(length)), HAPPY, engine, 24)
    assert take.frames == max(1, -(-length * 24 // 16000))
    assert read_take(take.to_bytes()).frames == take.frames


def test_an_unknown_engine_is_refused_with_those_there_are(hum) -> None:
    with pytest.raises(EngineError, match="no engine .magic.; this Mien has probtalk3d, emodiffhead, ") as refused:
        speak(hum, Direction(), "magic")
    assert "toy" not in str(refused.value)


def test_what_an_engine_cannot_show_is_refused_before_it_listens(hum, monkeypatch) -> None:
    def never(fraction: float, stage: str) -> None:
        raise AssertionError("it has begun")

    with pytest.raises(DirectionError, match="toy has no style 'clear'; it has default"):
        speak(hum, Direction(style="clear"), "toy", progress=never)
    monkeypatch.setitem(engines.ENGINES, "toy", replace(engines.ENGINES["toy"], emotions=("neutral",)))
    with pytest.raises(DirectionError, match="toy does not show 'happy'; it shows neutral"):
        speak(hum, HAPPY, "toy", progress=never)


@pytest.mark.parametrize("fps", ["abc", 0, "29.97", "1e9"])
def test_a_rate_that_is_none_is_refused_before_any_work(hum, fps: object) -> None:
    def never(fraction: float, stage: str) -> None:
        raise AssertionError("it has begun")

    with pytest.raises(TakeError, match="frame rate"):
        speak(hum, Direction(), "toy", fps, progress=never)


def test_a_transcript_that_cannot_be_read_is_refused_in_words(hum) -> None:
    with pytest.raises(DirectionError, match="transcript"):
        speak(hum, Direction(transcript="... !"))


def test_speech_moves_the_face_and_silence_leaves_the_jaw_at_rest(recording) -> None:
    still = Direction.from_json({"blinks": 0, "head": 0, "gaze": 0, "brows": 0})
    talking = speak(recording, still).channel("jawOpen")
    silent = speak(Speech.from_samples(np.zeros(32000)), still).channel("jawOpen")
    assert np.ptp(talking) > 0.1
    assert silent.max() < 0.05 and np.ptp(silent[20:-20]) < 0.02


@pytest.mark.parametrize("engine", ["probtalk3d", "emodiffhead", "kfusion", "articulation", "toy"])
def test_takes_made_together_are_those_made_alone(hum, engine: str) -> None:
    together = list(speak_takes(hum, HAPPY, [3, 8], engine, 25))
    alone = [speak(hum, HAPPY.with_seed(seed), engine, 25) for seed in (3, 8)]
    assert [take.to_bytes() for take in together] == [take.to_bytes() for take in alone]
    assert [take.meta["seed"] for take in together] == ["3", "8"]


def test_what_an_engine_does_not_follow_is_refused(hum) -> None:
    with pytest.raises(DirectionError, match="articulation does not follow 'face'"):
        speak(hum, Direction.from_json({"face": {"jawOpen": 0.5}}), "articulation")


def test_held_values_are_exact_at_the_frames_of_any_rate(hum) -> None:
    take = speak(hum, HAPPY, "articulation", "30000/1001")
    times = np.arange(take.frames) * 1001 / 30000
    keys = [[float(t), 0.3 + 0.01 * i] for i, t in enumerate(times[5:12])]
    held_curves = {"jawOpen": [keys], "headYaw": [[[float(times[3]), -0.2]]], "gazePitch": [[[0, 0.1], [9, 0.1]]]}
    held = enforced(take, Direction.from_json({"held": held_curves}))
    np.testing.assert_array_equal(held.channel("jawOpen")[5:12], np.float32([value for _, value in keys]))
    assert held.head_rotation[3, 1] == np.float32(-0.2) and (held.gaze[:, 0] == np.float32(0.1)).all()
    changed = np.concatenate([held.weights != take.weights, held.head_rotation != take.head_rotation], 1)
    assert changed.sum() == 8
