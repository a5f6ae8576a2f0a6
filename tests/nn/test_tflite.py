# SPDX-License-Identifier: GPL-3.0-or-later
import os

import numpy as np
import pytest
from mien.face_tracking.bundle import load_bundle
from mien.nn.tflite import TfliteNetwork


def test_a_network_takes_its_shape_and_gives_its_outputs() -> None:
    network = TfliteNetwork(load_bundle().detector)
    assert network.input_shape == (1, 128, 128, 3)
    regressors, classificators = network(np.zeros(network.input_shape))
    assert regressors.shape == (1, 896, 16)
    assert classificators.shape == (1, 896, 1)


def test_the_same_input_gives_the_same_output_and_outputs_stay() -> None:
    network = TfliteNetwork(load_bundle().detector)
    values = np.random.default_rng(0).random(network.input_shape)
    first = network(values)[0]
    kept = first.copy()
    network(np.zeros(network.input_shape))
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(network(values)[0], first)


def test_what_is_no_network_is_refused(capfd) -> None:
    with pytest.raises(ValueError):
        TfliteNetwork(b"no network" * 100)


def test_standard_error_stays_clean_but_whole(capfd) -> None:
    TfliteNetwork(load_bundle().detector)
    os.write(2, b"a line of somebody else\n")
    assert capfd.readouterr().err == "a line of somebody else\n"
