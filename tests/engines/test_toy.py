# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.base import Cancelled, no_progress
from mien.engines.toy.engine import Toy

# Half a second of silence, then one of a hum, then silence to an odd length.
TIME = np.arange(32123) / 16000
SPEECH = Speech.from_samples(np.where((TIME > 0.5) & (TIME < 1.5), 0.3 * np.sin(900 * TIME), 0))


def test_the_jaw_follows_the_loudness() -> None:
    take = Toy().generate(SPEECH, Direction(), no_progress)
    jaw = take.channel("jawOpen")
    loud = (take.times >= 0.52) & (take.times <= 1.44)
    assert take.frames == 51 and take.duration == SPEECH.duration
    assert jaw[loud].min() > 0.5
    assert jaw[take.times > 1.52].max() == 0


def test_the_direction_is_followed() -> None:
    direction = Direction.from_json({"emotion": {"happy": 0.5}, "jaw": 0, "blinks": 0, "head": 0})
    take = Toy().generate(SPEECH, direction, no_progress)
    assert np.all(take.channel("mouthSmileLeft") == 0.5)
    assert not take.channel("jawOpen").any() and not take.channel("eyeBlinkLeft").any()
    assert not take.head_rotation.any()


def test_the_same_request_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (Toy().generate(SPEECH, Direction(seed=seed), no_progress).to_bytes() for seed in (3, 3, 4))
    assert first == again != other


def test_progress_rises_to_one() -> None:
    fractions: list[float] = []
    Toy().generate(SPEECH, Direction(), lambda fraction, stage: fractions.append(fraction))
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] == 1 and len(fractions) == 4


def test_cancelling_stops_it() -> None:
    calls = 0

    def stop(fraction: float, stage: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        Toy().generate(SPEECH, Direction(), stop)
    assert calls == 2
