# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch checkpoints of other people, read without trusting them: the weights and the settings they were made with.

A checkpoint is a zip that torch.save wrote: `NAME/data.pkl` mentions tensors, `NAME/data/NUMBER` holds their bytes.
Lightning's lie beside OmegaConf objects, so torch.load refuses them or runs what they say; here neither library is
needed and nothing is run (pickles.py). Every number in the file is checked against the size of its member first.
"""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import torch

from mien.pickles import LIMIT, Known, Name, PickleError, Stub, read_pickle, short
from mien.tensorfile import FILE_LIMIT

Content = TypeVar("Content")

DIRECTORY_LIMIT = 4 << 20  # bytes of the zip's list of members: some 30,000 of them, fifteen times what is needed
DEPTH, VALUES = 32, 20_000  # of the settings; ProbTalk3D's have some 200 values, five deep
AXES = 8

STORAGES = {
    "torch FloatStorage": torch.float32,
    "torch HalfStorage": torch.float16,
    "torch BFloat16Storage": torch.bfloat16,
    "torch DoubleStorage": torch.float64,
    "torch LongStorage": torch.int64,
    "torch IntStorage": torch.int32,
    "torch ByteStorage": torch.uint8,
}
CONFIG = {
    "omegaconf.dictconfig DictConfig": "_content",
    "omegaconf.listconfig ListConfig": "_content",
    "omegaconf.nodes AnyNode": "_val",
}
STUBS = (
    *STORAGES,
    *CONFIG,
    "omegaconf.base Metadata",
    "omegaconf.base ContainerMetadata",
    "typing Any",
    "__builtin__ dict",
    "__builtin__ list",
    "__builtin__ int",
    "__builtin__ long",  # Python 3's int in protocol 2
    "numpy dtype",
    "numpy.core.multiarray scalar",
    "_codecs encode",  # the bytes of a numpy number
    "pathlib PosixPath",
    "pathlib WindowsPath",
)


class CheckpointError(ValueError):
    """The file is no checkpoint that can be read; the message is a sentence for the user."""


@dataclass(frozen=True)
class Checkpoint:
    """`weights` by name, on the CPU; `settings` of plain values: Lightning's `hyper_parameters`, {} without them.

    What is neither number, text, list nor dict in the settings stays a `Stub` or a `Name` (pickles.py).
    """

    weights: dict[str, torch.Tensor]
    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Storage:
    member: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file of torch.save's zip format, with a `state_dict` inside (Lightning) or being one.

    Only the weights are read, not the optimiser's state; a tensor that was saved on a GPU comes to the CPU. Raises
    CheckpointError, in words, for everything else; OSError is left alone.
    """
    return _read(path, _Reader.checkpoint)


def read_settings(path: Path) -> dict[str, object]:
    """The settings alone, of which kind a large checkpoint is. Raises as read_checkpoint."""
    return _read(path, lambda reader: reader.settings(reader.content()))


def _read(path: Path, read: Callable[[_Reader], Content]) -> Content:
    name = path.name
    with path.open("rb") as file:
        size = _check_end(file, name)
        try:
            with zipfile.ZipFile(file) as archive:
                return read(_Reader(archive, name, size))
        except (PickleError, CheckpointError) as error:
            raise CheckpointError(str(error)) from None
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError, struct.error) as error:
            raise CheckpointError(f"{name} is a damaged zip ({short(error)}). Copy or download it again.") from None


def _check_end(file: BinaryIO, name: str) -> int:
    """Size of the file in bytes. The zip's last record is looked at first, for zipfile reads a directory of any
    size into memory."""
    size = file.seek(0, 2)
    if size > FILE_LIMIT:
        raise CheckpointError(f"{name} is {size / 1e6:.0f} MB; at most {FILE_LIMIT / 1e6:.0f} MB are read.")
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise CheckpointError(
            f"{name} is no zip, and a checkpoint of PyTorch 1.6 or later is one. If it is older, load it with the "
            "PyTorch that wrote it and save it again."
        )
    tail = 22 + 20 + 56  # end record, zip64 locator, zip64 end record
    file.seek(max(0, size - tail))
    end = file.read().rjust(tail, b"\0")
    if end[-22:-18] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise CheckpointError(f"{name} is cut short: the list that ends a checkpoint is missing. Copy it again.")
    directory = int.from_bytes(end[-10:-6], "little")
    if end[-42:-38] == b"PK\x06\x07":
        directory = int.from_bytes(end[40:48], "little")
    if directory > min(size, DIRECTORY_LIMIT):
        raise CheckpointError(f"{name} says its list of members has {directory} bytes; no checkpoint's has so many.")
    file.seek(0)
    return size


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, name: str, size: int) -> None:
        self.archive, self.name = archive, name
        self.members = self._members(size)
        self.storages: dict[str, _Storage] = {}
        pickles = [member for member in self.members if member.count("/") == 1 and member.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError(f"{name} is a zip but no checkpoint: it holds {len(pickles)} data.pkl, not one.")
        self.pickle = pickles[0]
        self.root = self.pickle.removesuffix("data.pkl")

    def _members(self, size: int) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self.archive.infolist():
            what = f"{self.name}: its member '{short(info.filename)}'"
            parts = info.orig_filename.replace("\\", "/").split("/")
            if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
                raise CheckpointError(f"{what} points out of the archive, which no checkpoint's does.")
            if info.filename in members:
                raise CheckpointError(f"{what} is there twice; the file is damaged.")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size or info.flag_bits & 1:
                raise CheckpointError(
                    f"{what} is compressed or encrypted, as PyTorch never writes it. Use the file as it was downloaded."
                )
            if not 0 <= info.header_offset <= size:
                raise CheckpointError(f"{what} is said to begin beyond the file's end; the file is damaged.")
            members[info.filename] = info
        if sum(info.file_size for info in members.values()) > size:  # stored members that lie on one another
            raise CheckpointError(f"{self.name}: its members are larger together than the file; it is a trap.")
        return members

    def checkpoint(self) -> Checkpoint:
        content = self.content()
        state = content.get("state_dict", content)
        if not isinstance(state, dict):
            raise CheckpointError(f"{self.name}: its state_dict is a {type(state).__name__}, not a dict of tensors.")
        return Checkpoint(self._weights(state), self.settings(content))

    def content(self) -> dict:
        """What the pickle holds, tensors as the places they lie in."""
        self._check_byte_order()
        if self.members[self.pickle].file_size > LIMIT:
            found = self.members[self.pickle].file_size
            raise CheckpointError(f"{self.name}: its pickle has {found} bytes; at most {LIMIT} are read.")
        known: Known = {
            **dict.fromkeys(STUBS),
            "collections OrderedDict": self._dict,
            "collections defaultdict": self._dict,
            "torch._utils _rebuild_tensor_v2": self._tensor,
        }
        content = read_pickle(self.archive.read(self.pickle), known, self.name, self._storage)
        if not isinstance(content, dict):
            raise CheckpointError(f"{self.name} holds a {type(content).__name__}, not the dict of a checkpoint.")
        return content

    def settings(self, content: dict) -> dict[str, object]:
        settings = _Plain(self.name).plain(content.get("hyper_parameters", {}))
        if not isinstance(settings, dict):
            raise CheckpointError(f"{self.name}: its hyper_parameters are a {type(settings).__name__}, not a dict.")
        return settings

    def _check_byte_order(self) -> None:
        info = self.members.get(self.root + "byteorder")
        if info is not None and (info.file_size != 6 or self.archive.read(info) != b"little"):
            raise CheckpointError(f"{self.name} was written big-endian; save it again on a usual machine.")

    def _dict(self, args: tuple) -> dict:
        """An OrderedDict or defaultdict: PyTorch's and Lightning's are made empty and filled afterwards."""
        if any(not isinstance(arg, Name) for arg in args):
            raise CheckpointError(f"{self.name}: its pickle makes a dict out of something, which no checkpoint does.")
        return {}

    def _storage(self, reference: object) -> _Storage:
        """('storage', class, key, device, count of numbers); the device is the saver's and means nothing here."""
        match reference:
            case ("storage", Name(path), str(key), str(), int(count)) if path in STORAGES:
                pass
            case _:
                raise CheckpointError(f"{self.name}: its pickle refers to something that is no tensor's storage.")
        if not (key.isascii() and key.isdigit()):
            raise CheckpointError(f"{self.name}: a tensor lies in '{short(key)}'; in a checkpoint that is a number.")
        member = f"{self.root}data/{key}"
        if member not in self.members:
            raise CheckpointError(f"{self.name} is incomplete: its member {member!r} with a tensor is missing.")
        dtype = STORAGES[path]
        found = self.members[member].file_size
        if count * dtype.itemsize != found:
            raise CheckpointError(
                f"{self.name}: tensor storage {key} is said to have {short(count)} numbers of {dtype.itemsize} bytes, "
                f"and its member has {found} bytes; the file is damaged."
            )
        storage = _Storage(member, dtype, count)
        if self.storages.setdefault(key, storage) != storage:
            raise CheckpointError(f"{self.name}: tensor storage {key} is used with two types; the file is damaged.")
        return storage

    def _tensor(self, args: tuple) -> _Tensor:
        """_rebuild_tensor_v2(storage, offset, shape, stride, requires_grad, hooks[, metadata])"""
        match args:
            case (_Storage() as storage, int(offset), tuple(shape), tuple(stride), bool(), dict(), *_):
                pass
            case _:
                raise CheckpointError(f"{self.name}: its pickle makes a tensor of wrong parts; the file is damaged.")
        numbers = (offset, *shape, *stride)
        if len(shape) != len(stride) or len(shape) > AXES or any(type(n) is not int or n < 0 for n in numbers):
            raise CheckpointError(
                f"{self.name}: a tensor's shape and strides are no {AXES} or fewer whole numbers; the file is damaged."
            )
        last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        # a stride of 0 would let one number pose as terabytes
        if math.prod(shape) > storage.count or (math.prod(shape) and last >= storage.count):
            raise CheckpointError(
                f"{self.name}: a tensor of shape {short(shape)} does not fit in its storage of {storage.count} numbers."
            )
        return _Tensor(storage, offset, shape, stride)

    def _weights(self, state: dict) -> dict[str, torch.Tensor]:
        flat: dict[str, torch.Tensor] = {}
        weights: dict[str, torch.Tensor] = {}
        for key, tensor in state.items():
            if not (isinstance(key, str) and isinstance(tensor, _Tensor)):
                raise CheckpointError(
                    f"{self.name}: '{short(key)}' of its state_dict is a {type(tensor).__name__.strip('_')}, "
                    "not a tensor with a name."
                )
            storage = tensor.storage
            if storage.count == 0:  # torch.frombuffer takes no empty one
                weights[key] = torch.empty(tensor.shape, dtype=storage.dtype)
                continue
            if storage.member not in flat:
                flat[storage.member] = torch.frombuffer(
                    bytearray(self.archive.read(storage.member)), dtype=storage.dtype
                )
            weights[key] = flat[storage.member].as_strided(tensor.shape, tensor.stride, tensor.offset)
        return weights


class _Plain:
    """OmegaConf's trees as dicts, lists and values. They know their parents and may be knotted: so it counts."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, VALUES

    def plain(self, value: object, depth: int = 0) -> object:
        self.left -= 1
        if depth > DEPTH or self.left < 0:
            raise CheckpointError(f"{self.name}: its settings are nested without end; the file is damaged.")
        if isinstance(value, Stub) and value.path in CONFIG:
            field = CONFIG[value.path]
            if not isinstance(value.state, dict) or field not in value.state:
                raise CheckpointError(f"{self.name}: a setting of OmegaConf has no {field}; the file is damaged.")
            return self.plain(value.state[field], depth + 1)
        if isinstance(value, dict):
            return {key: self.plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain(item, depth + 1) for item in value]
        return value
