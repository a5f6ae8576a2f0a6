# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.audio.speech import RATE, Speech
from mien.evaluation.films import round_trip
from mien.evaluation.films.looks import LOOKS
from mien.video import OpenGLMissing
from voices import voice


def test_a_take_is_rendered_tracked_and_compared(monkeypatch) -> None:
    monkeypatch.setattr(round_trip, "SIZE", (224, 224))
    speech = Speech.from_samples(np.asarray(voice("shipped").samples)[: 3 * RATE], "voice")
    stages = []
    try:
        (trip,) = round_trip.round_trips(speech, lambda done, stage: stages.append((done, stage)), LOOKS[:1])
    except OpenGLMissing as error:
        pytest.skip(str(error))
    assert stages == [(1.0, "round trip: studio")] and trip.pictures == 75
    assert trip.lips < 4 and trip.face < 3 and trip.aperture > 0.7  # mm; a face of 90 pixels
    assert trip.as_seen <= trip.found <= trip.closures
    assert trip.closures > 0
    assert len(round_trip.cells([trip])[0]) == len(round_trip.HEAD)
