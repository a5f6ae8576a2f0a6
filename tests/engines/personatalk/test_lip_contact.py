# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.engines.personatalk.lip_contact import touching
from mien.engines.personatalk.lip_motion import speaker_of
from mien.engines.personatalk.mouth_space import mouth_space
from talkers import talker


def test_lips_meet_as_they_were_seen_to() -> None:
    made = talker(60)
    space = mouth_space(made.shapes, made.learnt)
    mouth = space.coefficients(made.shapes.shapes)[made.learnt]
    exact = speaker_of(space, mouth)
    noise = np.random.default_rng(0).uniform(0.02, 0.06, len(mouth))
    wide = speaker_of(space, mouth + noise[:, None] * exact.apart)  # what a posture leaves of a mouth
    assert wide.closed > exact.closed + 0.01
    found = touching(wide, mouth)
    assert np.quantile(wide.gap(mouth), 0.03) < found.closed <= exact.closed
    assert float(found.gap(found.rest[None])[0]) == pytest.approx(found.closed)
    np.testing.assert_allclose(found.highest, wide.highest)


def test_lips_that_met_before_stay_so() -> None:
    made = talker(60)
    space = mouth_space(made.shapes, made.learnt)
    mouth = space.coefficients(made.shapes.shapes)[made.learnt]
    speaker = speaker_of(space, mouth)
    found = touching(speaker, mouth + 0.2 * speaker.apart)
    assert found.closed == speaker.closed
    np.testing.assert_allclose(found.rest, speaker.rest, atol=1e-9)
