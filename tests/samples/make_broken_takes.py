# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes broken_takes/: one small take a fault, named after it. Run it again to get the same bytes.

It writes the format by itself, since Mien's own writer refuses to break it.
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "broken_takes"
SUFFIX = ".take.safetensors"
NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int32": "I32"}
CHANNELS = '["jawOpen","mouthClose"]'
META = {"format": "mien.take", "format_version": "1", "fps": "25", "start": "0.0", "channels": CHANNELS}


def zeros(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.zeros(shape, dtype)


TENSORS = {"head_rotation": zeros(2, 3), "weights": zeros(2, 2)}


def parts(tensors: dict[str, np.ndarray], **meta: object) -> tuple[dict, bytes]:
    """(header, data) of a take; metadata given as None is left out."""
    header: dict[str, object] = {"__metadata__": {k: v for k, v in {**META, **meta}.items() if v is not None}}
    data = b""
    for name, array in tensors.items():
        span = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": NAMES[str(array.dtype)], "shape": list(array.shape), "data_offsets": span}
        data += array.tobytes()
    return header, data


def packed(header: dict | str | bytes, data: bytes) -> bytes:
    text = json.dumps(header) if isinstance(header, dict) else header
    text = text.encode() if isinstance(text, str) else text
    return len(text).to_bytes(8, "little") + text + data


def take(tensors: dict[str, np.ndarray] = TENSORS, **meta: object) -> bytes:
    return packed(*parts(tensors, **meta))


def entry(tensor: str = "weights", **changes: object) -> bytes:
    """The sound take, its header changed in one tensor's entry."""
    header, data = parts(TENSORS)
    header[tensor] = {**header[tensor], **changes}
    return packed(header, data)


def spoiled(value: float) -> dict[str, np.ndarray]:
    weights = zeros(2, 2)
    weights[1, 0] = value
    return {**TENSORS, "weights": weights}


def faults() -> dict[str, bytes]:
    sound = take()
    header, data = parts(TENSORS)
    only = {"head_rotation": zeros(2, 3)}
    return {
        "empty": b"",
        "seven_bytes": sound[:7],
        "header_beyond_file": sound[:40],
        "header_of_exabytes": b"\xff" * 8 + sound[8:],
        "header_no_json": packed("{" + json.dumps(header), data),
        "header_no_utf8": packed(json.dumps(header).encode("utf-16"), data),
        "header_a_list": packed(json.dumps([header]), data),
        "header_nested": packed("[" * 2000, data),
        "header_name_twice": packed('{"a":1,"a":1,' + json.dumps(header)[1:], data),
        "metadata_missing": packed({k: v for k, v in header.items() if k != "__metadata__"}, data),
        "metadata_numbers": take(fps=25),
        "metadata_a_list": packed({**header, "__metadata__": ["mien.take"]}, data),
        "format_missing": take(format=None),
        "format_of_a_head": take(format="mien.head"),
        "version_later": take(format_version="2"),
        "version_missing": take(format_version=None),
        "dtype_double": take({**TENSORS, "weights": zeros(2, 2, dtype="float64")}),
        "dtype_whole_numbers": take({**TENSORS, "weights": zeros(2, 2, dtype="int32")}),
        "dtype_half_weights": take({**TENSORS, "weights": zeros(2, 2, dtype="float16")}),
        "dtype_a_list": entry(dtype=["F32"]),
        "entry_incomplete": packed({**header, "weights": {"dtype": "F32", "shape": [2, 2]}}, data),
        "entry_a_number": packed({**header, "weights": 7}, data),
        "shape_negative": entry(shape=[-2, -2]),
        "shape_of_fractions": entry(shape=[2.0, 2.0]),
        "shape_of_booleans": entry(shape=[True, 4]),
        "shape_a_text": entry(shape="22"),
        "shape_impossible": entry(shape=[0, 2**31, 2**31], data_offsets=[24, 24]),
        "shape_beyond_bytes": entry(shape=[2, 3]),
        "shape_of_others": take({**TENSORS, "head_rotation": zeros(2, 4)}),
        "offsets_gap": entry(data_offsets=[28, 44]),
        "offsets_overlap": entry(data_offsets=[20, 36]),
        "offsets_backwards": entry(data_offsets=[24, 8]),
        "offsets_negative": entry("head_rotation", data_offsets=[-24, 0]),
        "truncated": sound[:-1],
        "bytes_left_over": sound + b"\0",
        "unknown_tensor": take({**TENSORS, "tongue_rotation": zeros(2, 3)}),
        "head_rotation_missing": take({"weights": zeros(2, 2)}),
        "nothing_moves": take(only, channels="[]"),
        "frames_none": take({"head_rotation": zeros(0, 3), "weights": zeros(0, 2)}),
        "frames_disagree": take({**TENSORS, "weights": zeros(3, 2)}),
        "gaze_disagrees": take({**TENSORS, "gaze": zeros(1, 2)}),
        "nan": take(spoiled(np.nan)),
        "infinity": take(spoiled(np.inf)),
        "nan_in_holds": take({**TENSORS, "mouth_holds": np.full((1, 2), np.nan, np.float32)}),
        "channels_no_json": take(channels="jawOpen"),
        "channels_a_text": take(channels='"ab"'),
        "channels_an_object": take(channels='{"a":0,"b":0}'),
        "channels_numbers": take(channels="[0,1]"),
        "channels_twice": take(channels='["jawOpen","jawOpen"]'),
        "channels_too_few": take(channels='["jawOpen"]'),
        "channels_without_weights": take({**only, "offsets": zeros(2, 1, 3)}),
        "fps_missing": take(fps=None),
        "fps_decimal": take(fps="29.97"),
        "fps_zero": take(fps="0"),
        "fps_by_zero": take(fps="25/0"),
        "fps_negative": take(fps="-25"),
        "fps_above_1000": take(fps="1001"),
        "fps_with_space": take(fps=" 25"),
        "fps_other_digits": take(fps="٢٥"),
        "start_a_word": take(start="soon"),
        "start_nan": take(start="nan"),
        "start_infinite": take(start="-inf"),
        "basis_alone": take({**only, "basis": zeros(2, 1, 3)}, channels="[]"),
        "coefficients_alone": take({**TENSORS, "coefficients": zeros(2, 2)}),
        "basis_of_others": take({**only, "basis": zeros(2, 1, 3), "coefficients": zeros(2, 3)}, channels="[]"),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in faults().items():
        (FOLDER / f"{name}{SUFFIX}").write_bytes(content)
    (FOLDER.parent / f"two_frames{SUFFIX}").write_bytes(take())
