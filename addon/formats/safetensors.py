# SPDX-License-Identifier: GPL-3.0-or-later
"""The safetensors layout, read strictly: 8 bytes of header
length, JSON, then tensors without gaps; and written. No bpy."""

import json
import math
from pathlib import Path

import numpy as np

DTYPES = {"F32": "<f4", "F16": "<f2", "I32": "<i4", "U8": "|u1"}
HEADER_LIMIT = 1 << 20  # bytes; a longer header is an attack or another format
FILE_LIMIT = 2 << 30  # bytes


class TensorFileError(ValueError):
    """The file is damaged or another kind of file; the message is a sentence for the user."""


def read_tensors(
    source: Path | str | bytes, dtypes: tuple[str, ...] = tuple(DTYPES), limit: int = FILE_LIMIT
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors by name, metadata) of a file or of its bytes; the arrays are read-only views.

    Raises TensorFileError for everything that breaks the layout and for a path that cannot be read.
    """
    data, name = _load(source, limit)
    header, start = _header(data, name)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise TensorFileError(f"{name} has no metadata of plain strings, so nothing says what it is.")
    body = memoryview(data)[start:]
    entries = [(tensor, *_entry(name, tensor, entry, dtypes)) for tensor, entry in header.items()]
    tensors: dict[str, np.ndarray] = {}
    end = 0
    for tensor, dtype, shape, begin, stop in sorted(entries, key=lambda entry: (entry[3], entry[4])):
        if begin != end:
            what = "overlaps the one before it" if begin < end else "leaves a gap before it"
            raise TensorFileError(f"{name} is damaged: tensor '{tensor}' starts at byte {begin}, which {what}.")
        size = math.prod(shape) * dtype.itemsize
        if size != stop - begin:
            raise TensorFileError(
                f"{name} is damaged: tensor '{tensor}' of shape {shape} needs {size} bytes and claims {stop - begin}."
            )
        if stop > len(body):
            raise TensorFileError(
                f"{name} is cut short: tensor '{tensor}' ends at byte {stop} of the data and there are "
                f"{len(body)}. "
                "Copy it or generate it again."
            )
        try:
            tensors[tensor] = np.frombuffer(body[begin:stop], dtype).reshape(shape)
        except ValueError:  # a 0 among sizes whose product is beyond numpy's reach
            raise TensorFileError(f"{name} is damaged: tensor '{tensor}' has the impossible shape {shape}.") from None
        end = stop
    if end != len(body):
        raise TensorFileError(f"{name} is damaged: {len(body) - end} bytes are left over after its last tensor.")
    return tensors, metadata


def write_tensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """The file's bytes, of arrays in any of DTYPES."""
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    header: dict[str, object] = {"__metadata__": metadata}
    data, end = [], 0
    for tensor, array in tensors.items():
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        entry = {"dtype": names[little.dtype], "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        header[tensor] = entry
        data.append(little.tobytes())
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # tensors start on 8 bytes, as the format advises
    return b"".join([len(text).to_bytes(8, "little"), text, *data])


def _load(source: Path | str | bytes, limit: int) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        if len(source) > limit:
            raise TensorFileError(f"The answer is {len(source)} bytes long; at most {limit} bytes are read.")
        return bytes(source), "The data"
    path = Path(source)
    try:
        size = path.stat().st_size
        if size > limit:
            raise TensorFileError(f"{path.name} is {size} bytes long; at most {limit} bytes are read.")
        return path.read_bytes(), path.name
    except OSError as error:
        raise TensorFileError(f"{path.name} cannot be read: {error.strerror or error}.") from None


def _header(data: bytes, name: str) -> tuple[dict, int]:
    if len(data) < 8:
        raise TensorFileError(f"{name} is cut short: it has {len(data)} bytes, fewer than any such file.")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT or length > len(data) - 8:
        raise TensorFileError(
            f"{name} claims a header of {length} bytes in a file of {len(data)}: it is cut short or another format."
        )
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise TensorFileError(f"{name} is damaged: its header cannot be read ({error}).") from None
    if not isinstance(header, dict):
        raise TensorFileError(f"{name} is damaged: its header is not a JSON object.")
    return header, 8 + length


def _once(pairs: list[tuple[str, object]]) -> dict:
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1] if len(set(names)) != len(names) else []
    if twice:
        raise ValueError(f"'{twice[0]}' is there twice")
    return dict(pairs)


def _entry(name: str, tensor: str, entry: object, dtypes: tuple[str, ...]) -> tuple[np.dtype, list[int], int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise TensorFileError(f"{name} is damaged: the entry of tensor '{tensor}' is not dtype, shape and offsets.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in dtypes:
        raise TensorFileError(f"{name} has tensor '{tensor}' as {dtype}; this reader knows {' and '.join(dtypes)}.")
    if not (isinstance(shape, list) and len(shape) <= 8 and all(map(_is_count, shape))):
        raise TensorFileError(f"{name} is damaged: tensor '{tensor}' has the impossible shape {shape}.")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_count, offsets))):
        raise TensorFileError(f"{name} is damaged: tensor '{tensor}' has the impossible offsets {offsets}.")
    if offsets[1] < offsets[0]:
        raise TensorFileError(f"{name} is damaged: tensor '{tensor}' ends before it starts ({offsets}).")
    return np.dtype(DTYPES[dtype]), shape, offsets[0], offsets[1]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FILE_LIMIT
