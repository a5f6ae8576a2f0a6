# SPDX-License-Identifier: GPL-3.0-or-later
"""The safetensors format, read strictly and written the same way every time.

The `safetensors` package writes metadata in no fixed order, and a take must be the same bytes for the same
request; the format is small enough (https://huggingface.co/docs/safetensors) to write here: 8 bytes little-endian
header length, that many bytes of JSON, then the tensors one after another without gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I32": np.dtype("<i4"), "U8": np.dtype("u1")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
HEADER_LIMIT = 1 << 20  # bytes; a take's header is some 3 kB, and an unbounded one is an attack
FILE_LIMIT = 2 << 30  # bytes


class TensorFileError(ValueError):
    """The file is not what it should be; the message is a sentence for the user."""


def write_tensors(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """The file as bytes. Tensors and metadata are sorted by name, so equal content gives equal bytes.

    Raises TensorFileError for a dtype other than float32, float16, int32 and uint8, and for metadata that is no text.
    """
    return b"".join(pieces(tensors, metadata))


def pieces(tensors: dict[str, np.ndarray], metadata: dict[str, str]) -> Iterator[bytes | memoryview]:
    """The same one after another, header first: hundreds of megabytes of weights are not held twice."""
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise TensorFileError(f"the metadata {key!r} is {value!r}; a file holds text alone.")
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    at = 0
    for name in sorted(tensors):
        array = tensors[name]
        dtype = NAMES.get(array.dtype.newbyteorder("<"))
        if dtype is None:
            raise TensorFileError(f"tensor {name!r} is {array.dtype}; a file holds {', '.join(DTYPES)}.")
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # tensors start on 8 bytes, as the format advises
    yield len(text).to_bytes(8, "little") + text
    for name in sorted(tensors):
        little = tensors[name].astype(tensors[name].dtype.newbyteorder("<"), order="C", copy=False)
        yield little.reshape(-1).view(np.uint8).data


def read_tensors(
    source: Path | str | bytes,
    dtypes: tuple[str, ...] = tuple(DTYPES),
    limit: int = FILE_LIMIT,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors by name, metadata). `source` is a path or the file's bytes.

    Raises TensorFileError, in words, for anything that is not a sound safetensors file; OSError is left alone.
    """
    data, name = _bytes(source, limit)
    header, body = _header(data, name)
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise TensorFileError(f"{name} has no metadata of plain strings, so nothing says what it is.")
    tensors: dict[str, np.ndarray] = {}
    end = 0
    for key, entry in sorted(header.items(), key=lambda item: _range(item[1])):
        dtype, shape, begin, stop = _entry(name, key, entry, dtypes)
        if begin != end:
            raise TensorFileError(f"{name}: tensor {key!r} starts at byte {begin}, expected {end}: gap or overlap.")
        if math.prod(shape) * dtype.itemsize != stop - begin:
            raise TensorFileError(f"{name}: tensor {key!r} of shape {shape} does not fill its {stop - begin} bytes.")
        if stop > len(body):
            raise TensorFileError(
                f"{name} is cut short: tensor {key!r} ends at byte {stop} of the data, the file has {len(body)}."
                " Copy or generate it again."
            )
        try:
            tensors[key] = np.frombuffer(body[begin:stop], dtype).reshape(shape)
        except ValueError:  # no values, and axes beyond what numpy can count
            raise TensorFileError(f"{name}: tensor {key!r} has the impossible shape {shape}.") from None
        end = stop
    if end != len(body):
        raise TensorFileError(f"{name} has {len(body) - end} bytes after its last tensor; it is damaged.")
    return tensors, metadata


def _bytes(source: Path | str | bytes, limit: int) -> tuple[memoryview, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = memoryview(source), "the data"
        size = len(data)
    else:
        path = Path(source)
        name, size = path.name, path.stat().st_size
        data = None
    if size > limit:
        raise TensorFileError(f"{name} is {size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read.")
    return (memoryview(Path(source).read_bytes()) if data is None else data), name


def _header(data: memoryview, name: str) -> tuple[dict, memoryview]:
    if len(data) < 8:
        raise TensorFileError(f"{name} has {len(data)} bytes, too few for a safetensors file; it is cut short.")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT or 8 + length > len(data):
        raise TensorFileError(
            f"{name} says its header is {length} bytes long, which the file ({len(data)} bytes) does not hold: "
            "it is cut short or not a safetensors file."
        )
    try:
        header = json.loads(bytes(data[8 : 8 + length]).decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, no JSON, 5000 digits, a name twice
        raise TensorFileError(f"the header of {name} cannot be read ({error}); it is damaged.") from None
    if not isinstance(header, dict):
        raise TensorFileError(f"the header of {name} is no JSON object; it is damaged.")
    return header, data[8 + length :]


def _once(pairs: list[tuple[str, object]]) -> dict:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise TensorFileError("a name appears twice")
    return names


def _range(entry: object) -> tuple[int, int]:
    """Order in the data; a tensor without values comes before the one that begins where it does."""
    try:
        begin, end = entry["data_offsets"]  # type: ignore[index]
        return int(begin), int(end)
    except (TypeError, KeyError, ValueError, OverflowError):
        return -1, -1  # refused in words by _entry


def _entry(name: str, key: str, entry: object, dtypes: tuple[str, ...]) -> tuple[np.dtype, list[int], int, int]:
    def count(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FILE_LIMIT

    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise TensorFileError(f"{name}: the entry of tensor {key!r} is malformed.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in dtypes:
        raise TensorFileError(f"{name}: tensor {key!r} is {dtype}; expected {' or '.join(dtypes)}.")
    if not (isinstance(shape, list) and all(map(count, shape)) and len(shape) <= 8):
        raise TensorFileError(f"{name}: tensor {key!r} has the impossible shape {shape}.")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(count, offsets)) and offsets[0] <= offsets[1]):
        raise TensorFileError(f"{name}: tensor {key!r} has the impossible offsets {offsets}.")
    return DTYPES[dtype], shape, offsets[0], offsets[1]
