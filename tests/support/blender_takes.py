# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes for the tests inside Blender, and functions that apply and correct them."""

import json

import bpy
import numpy as np
from blender_scene import CHANNELS
from fake_backend import take_bytes

from addon.animation import corrections, nla_layers
from addon.formats.take import read_take
from addon.generation import receive


def weights_take(weights: np.ndarray, channels=CHANNELS, head=None, **meta):
    head = np.zeros((len(weights), 3), np.float32) if head is None else head
    return read_take(
        take_bytes(
            {"weights": weights.astype(np.float32), "head_rotation": head.astype(np.float32)},
            channels=json.dumps(list(channels)),
            **meta,
        )
    )


def random_weights(frames: int = 20, columns: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((frames, columns)).astype(np.float32)


def apply(obj, take, start: int = 1) -> str:
    return receive.put(bpy.context.scene, obj, take, start)


def own_layers(id_, role: str = "take") -> list:
    return [layer for layer in nla_layers.layers(id_) if layer.mark.role == role]


def correct(speaker, line, *keys: tuple[int, float]) -> None:
    """Key (frame, value) pairs of jawOpen as corrections, as an animator does."""
    corrections.begin(speaker, line)
    block = speaker.data.shape_keys.key_blocks["jawOpen"]
    for frame, value in keys:
        bpy.context.scene.frame_set(frame)
        block.value = value
        assert block.keyframe_insert("value", frame=frame)
    corrections.end(speaker)
