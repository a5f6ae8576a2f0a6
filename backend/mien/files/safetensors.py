# SPDX-License-Identifier: GPL-3.0-or-later
"""The safetensors format, read strictly and written deterministically. numpy and the standard library.

`addon/formats/safetensors.py` and `backend/mien/files/safetensors.py` are the same text, which a test compares: the
extension does not import the backend. The `safetensors` package writes metadata in no fixed order, and equal tensors
must give equal bytes. The layout (https://huggingface.co/docs/safetensors): 8 bytes of little-endian header length, a
JSON header of that length, then the tensors one after another without gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I32": np.dtype("<i4"), "U8": np.dtype("u1")}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
HEADER_LIMIT = 1 << 20  # bytes; a take's header has some 3 kB, and an unlimited one is an attack
FILE_LIMIT = 2 << 30  # bytes
AXES_LIMIT = 8


class TensorFileError(ValueError):
    """The file is damaged, too large or another kind of file; the message is a sentence for the user."""


def write_tensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """The bytes of a file. Tensors and metadata are sorted by name, so that equal content gives equal bytes.

    Raises TensorFileError for a dtype outside DTYPES and for metadata that is not text.
    """
    return b"".join(pieces(tensors, metadata))


def pieces(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> Iterator[bytes | memoryview]:
    """The bytes of `write_tensors` piece by piece, the header first, so that large tensors are not held twice."""
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise TensorFileError(f"the metadata {key!r} is {value!r}; a file holds text alone.")
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in sorted(tensors):
        array = tensors[name]
        dtype = DTYPE_NAMES.get(array.dtype.newbyteorder("<"))
        if dtype is None:
            raise TensorFileError(f"tensor {name!r} is {array.dtype}; a file holds {', '.join(DTYPES)}.")
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors start on 8 bytes, as the format advises
    yield len(text).to_bytes(8, "little") + text
    for name in sorted(tensors):
        little_endian = tensors[name].astype(tensors[name].dtype.newbyteorder("<"), order="C", copy=False)
        yield little_endian.reshape(-1).view(np.uint8).data


def read_tensors(
    source: Path | str | bytes,
    dtypes: tuple[str, ...] = tuple(DTYPES),
    limit: int = FILE_LIMIT,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors by name, metadata) of a path or of a file's bytes. The arrays are read-only views of the bytes.

    Only the named dtypes and at most `limit` bytes are read. Raises TensorFileError for everything that breaks the
    format; OSError, where a path cannot be read, is passed on.
    """
    data, name = _load(source, limit)
    header, body = _split(data, name)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise TensorFileError(f"{name} has no metadata of plain strings, so nothing says what it is.")
    entries = [(key, *_check_entry(name, key, entry, dtypes)) for key, entry in header.items()]
    tensors: dict[str, np.ndarray] = {}
    end = 0
    # Sorted by begin, then stop: an empty tensor comes before the one that begins at the same byte.
    for key, dtype, shape, begin, stop in sorted(entries, key=lambda entry: entry[3:]):
        if begin != end:
            fault = "overlaps the tensor before it" if begin < end else f"leaves a gap after byte {end}"
            raise TensorFileError(f"{name} is damaged: tensor {key!r} starts at byte {begin}, which {fault}.")
        size = math.prod(shape) * dtype.itemsize
        if size != stop - begin:
            raise TensorFileError(
                f"{name} is damaged: tensor {key!r} of shape {shape} needs {size} bytes and has {stop - begin}."
            )
        if stop > len(body):
            raise TensorFileError(
                f"{name} is cut short: tensor {key!r} ends at byte {stop} of the data, and there are {len(body)}. "
                "Copy it or generate it again."
            )
        try:
            tensors[key] = np.frombuffer(body[begin:stop], dtype).reshape(shape)
        except ValueError:  # a 0 among axes whose product numpy cannot count
            raise TensorFileError(f"{name} is damaged: tensor {key!r} has the impossible shape {shape}.") from None
        end = stop
    if end != len(body):
        raise TensorFileError(f"{name} is damaged: it has {len(body) - end} bytes after its last tensor.")
    return tensors, metadata


def _load(source: Path | str | bytes, limit: int) -> tuple[memoryview, str]:
    """(bytes, name of the source in messages)."""
    if isinstance(source, bytes | bytearray | memoryview):
        _check_size(len(source), limit, "The data")
        return memoryview(source), "The data"
    path = Path(source)
    _check_size(path.stat().st_size, limit, path.name)
    return memoryview(path.read_bytes()), path.name


def _check_size(size: int, limit: int, name: str) -> None:
    if size > limit:
        raise TensorFileError(f"{name} is {size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read.")


def _split(data: memoryview, name: str) -> tuple[dict, memoryview]:
    """(header, bytes of the tensors)."""
    if len(data) < 8:
        raise TensorFileError(f"{name} is cut short: it has {len(data)} bytes, too few for a safetensors file.")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT or length > len(data) - 8:
        raise TensorFileError(
            f"{name} says its header is {length} bytes long; the file has {len(data)} bytes and a header at most "
            f"{HEADER_LIMIT}: it is cut short or not a safetensors file."
        )
    try:
        header = json.loads(bytes(data[8 : 8 + length]).decode("utf-8"), object_pairs_hook=_unique_names)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, 5000 digits, a name twice
        raise TensorFileError(f"{name} is damaged: its header cannot be read ({error}).") from None
    if not isinstance(header, dict):
        raise TensorFileError(f"{name} is damaged: its header is not a JSON object.")
    return header, data[8 + length :]


def _unique_names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique: dict[str, object] = {}
    for name, value in pairs:
        if name in unique:
            raise ValueError(f"{name!r} is there twice")
        unique[name] = value
    return unique


def _check_entry(name: str, key: str, entry: object, dtypes: tuple[str, ...]) -> tuple[np.dtype, list[int], int, int]:
    """(dtype, shape, first byte, byte after the last) of a tensor's entry in the header."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise TensorFileError(f"{name} is damaged: the entry of tensor {key!r} is not dtype, shape and data_offsets.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in dtypes:
        raise TensorFileError(f"{name}: tensor {key!r} is {dtype}; expected {' or '.join(dtypes)}.")
    if not (isinstance(shape, list) and len(shape) <= AXES_LIMIT and all(map(_is_count, shape))):
        raise TensorFileError(f"{name} is damaged: tensor {key!r} has the impossible shape {shape}.")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(_is_count, offsets))):
        raise TensorFileError(f"{name} is damaged: tensor {key!r} has the impossible offsets {offsets}.")
    if offsets[1] < offsets[0]:
        raise TensorFileError(f"{name} is damaged: tensor {key!r} ends before it starts ({offsets}).")
    return DTYPES[dtype], shape, offsets[0], offsets[1]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FILE_LIMIT
