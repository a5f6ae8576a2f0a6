# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.numeric.random_streams import stream


def test_equal_arguments_give_equal_numbers() -> None:
    np.testing.assert_array_equal(stream(7, "blinks").random(100), stream(7, "blinks").random(100))


def test_the_numbers_are_those_of_every_machine_and_version() -> None:
    """PCG64 and SeedSequence are promised to stay as they are; a change here changes every take."""
    assert stream(0, "blinks").bit_generator.random_raw(2).tolist() == [15311557735200858943, 10083353013242526672]
    assert stream(2**63 - 1, "head").bit_generator.random_raw(1).tolist() == [4728376318925296426]


def test_streams_do_not_depend_on_each_other() -> None:
    drawn = [stream(seed, purpose).standard_normal(4000) for seed in (0, 1) for purpose in ("blinks", "head", "gaze")]
    against = np.corrcoef(drawn)[~np.eye(6, dtype=bool)]
    assert np.abs(against).max() < 0.07  # 4 standard deviations of the correlation of 4000 independent pairs


def test_a_negative_seed_is_no_seed() -> None:
    with pytest.raises(ValueError):
        stream(-1, "head")
