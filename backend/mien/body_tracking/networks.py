# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of body and hands that ship beside this file, checked against their card (Apache-2.0)."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from mien.face_tracking import TrackingError
from mien.nn.tflite import TfliteNetwork

CARD = Path(__file__).with_name("body_tracking.card.json")


@lru_cache(maxsize=1)
def card() -> dict:
    """What the card says. TrackingError where it is missing or damaged."""
    try:
        return json.loads(CARD.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrackingError(f"the card of the body tracker cannot be read ({error}); install mien again.") from None


def load_network(name: str) -> TfliteNetwork:
    """The network `name`, such as "pose_detection". TrackingError where its file is missing or another one."""
    file = CARD.with_name(f"{name}.tflite")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TrackingError(f"a network of the body tracker is missing ({error}); install mien again.") from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != card()["members"][file.name]["sha256"]:
        raise TrackingError(f"{file.name} is not the file that its card describes; install mien again.")
    return TfliteNetwork(data)


def networks_digest() -> str:
    """sha256 over those of all networks, for keys of results."""
    sums = [member["sha256"] for _, member in sorted(card()["members"].items())]
    return hashlib.sha256("".join(sums).encode()).hexdigest()
