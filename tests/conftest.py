# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension is not installed as a package: its checkout is put on the path as the plain package `addon`."""

import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck
from voices import SHIPPED, TRANSCRIPT

sys.path.insert(0, str(Path(__file__).parent.parent))

hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")  # how fast a machine is, is no fault of the code


@pytest.fixture(scope="session")
def recording():
    """7.1 s of a human voice reading `transcript`."""
    from mien.audio.speech import read_speech

    return read_speech(SHIPPED)


@pytest.fixture(scope="session")
def transcript() -> str:
    return TRANSCRIPT.strip()


@pytest.fixture(scope="session")
def hum():
    """1.2 s: silence, a buzz at 130 Hz with a gap of 60 ms in it, a hiss, silence."""
    from mien.audio.speech import Speech

    times = np.arange(19200) / 16000
    buzz = 0.2 * (2 * ((130 * times) % 1) - 1) * (((times > 0.2) & (times < 0.5)) | ((times > 0.56) & (times < 0.8)))
    hiss = 0.1 * np.random.default_rng(1).standard_normal(19200) * ((times > 0.8) & (times < 1.0))
    return Speech.from_samples(buzz + hiss, "hum.wav")


@pytest.fixture
def opened(tmp_path: Path):
    """Makes services (service_client.Service) on one data folder, which are closed in the end."""
    from service_client import Service

    services = []

    def open_(*args: object, folder: Path = tmp_path, **more: object) -> Service:
        services.append(Service(folder, *args, **more))
        return services[-1]

    yield open_
    for service in services:
        service.scheduler.close()


@pytest.fixture
def schedulers(tmp_path: Path):
    """Schedulers (schedulers.Schedulers) on one data folder, which are closed in the end."""
    from schedulers import Schedulers

    schedulers = Schedulers(tmp_path)
    yield schedulers
    for scheduler in schedulers.opened:
        scheduler.close()


@pytest.fixture
def service(opened):
    return opened()
