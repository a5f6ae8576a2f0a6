# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests inside Blender: evaluated meshes and shape keys, and head files."""

import json
import struct
from pathlib import Path

import bpy
import numpy as np
from checkout import SAMPLES

CHANNELS = ("jawOpen", "mouthClose", "eyeBlinkLeft")


def _has_audio() -> bool:
    scene = bpy.data.scenes.new("probe")
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    sample = SAMPLES / "mono_16k.wav"
    try:
        return strips.new_sound("probe", str(sample), 1, 1).sound.channels != "INVALID"
    except RuntimeError:
        return False
    finally:
        bpy.data.scenes.remove(scene)


HAS_AUDIO = _has_audio()  # the module of Blender 4.2.23 was built without audio


def write_tensor_file(path: Path, tensors: dict[str, np.ndarray], meta: dict[str, str]) -> Path:
    """A safetensors file, written independently of Mien\'s own writer."""
    names = {"float32": "F32", "float16": "F16", "int32": "I32", "uint8": "U8"}
    header: dict[str, object] = {"__metadata__": meta}
    data = b""
    for name, array in tensors.items():
        end = len(data) + array.nbytes
        header[name] = {
            "dtype": names[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(data), end],
        }
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def shown(obj) -> np.ndarray:
    """(V, 3) evaluated vertices of the object, modifiers and keys applied, in its own axes."""
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def value_at(obj, key: str, frame: float) -> float:
    """The evaluated value of a shape key at a frame."""
    bpy.context.scene.frame_set(int(frame // 1), subframe=frame % 1)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return evaluated.data.shape_keys.key_blocks[key].value
