# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve faces of the default head, with hair: who a take is shown on. Built by meshes/build_identities.py.

A take is channels and does not know of identities: each scales the channels' deltas to its own face, those of the mouth
all by one number, and its resting lips are as far apart as the default head's, scaled half as much. So lips that meet
on the default head meet here.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace

import numpy as np

from mien.errors import FILE, USAGE, MienError
from mien.files.safetensors import TensorFileError, read_tensors
from mien.heads.default import Head, head_path, load_head
from mien.heads.hair import Hair, hair_of

FILE_NAME = "identities.safetensors"
FORMAT, VERSION = "mien.identities", "1"


class IdentityError(MienError, ValueError):
    """The identities cannot be used; the message is a sentence for the user."""

    exit_status = FILE


class UnknownIdentity(IdentityError):
    """There is no identity of that name."""

    exit_status = USAGE


@dataclass(frozen=True, eq=False)
class Identity:
    """head: the default head with this face, its channels, eyes, teeth and colours; brow_colour: linear RGB; hair: None
    for a bald head."""

    name: str
    head: Head
    brow_colour: tuple[float, float, float]
    hair: Hair | None


def names() -> tuple[str, ...]:
    """The names of all identities, in the order of the file."""
    return tuple(json.loads(_file()[1]["names"]))


def face_offsets() -> np.ndarray:
    """(N, V, 3) float32 metres: how the face of each identity differs from the default head's, in the order of names().
    Far cheaper than loading them."""
    return _file()[0]["offsets"].astype(np.float32)


@functools.lru_cache(maxsize=4)
def load_identity(name: str) -> Identity:
    """The identity of that name. UnknownIdentity, with the list, for another; IdentityError for a damaged file."""
    if name not in names():
        raise UnknownIdentity(f"there is no identity {name!r}; choose one of {', '.join(names())}.")
    tensors, metadata = _file()
    row = names().index(name)
    head = load_head()
    offsets = tensors["offsets"][row].astype(np.float32)
    colours = json.loads(metadata["colours"])[name]
    vertices = head.vertices + offsets
    gains = tensors["gains"][row][head.order(json.loads(metadata["channels"]))]
    scale, shift = tensors["teeth"][row, 0], tensors["teeth"][row, 1:]
    materials = tuple(
        material | {"colour": colours.get(material["name"], material["colour"])} for material in head.materials
    )
    face = replace(
        head,
        vertices=vertices,
        deltas=head.deltas * gains[:, None, None],
        joints=head.joints + tensors["joints"][row],
        teeth_vertices=head.teeth_vertices * scale + shift,
        teeth_deltas=head.teeth_deltas * scale,
        tongue_deltas=head.tongue_deltas * scale,
        materials=materials,
        eyeballs=tensors["eyeballs"][row],
    )
    hair = hair_of(tensors, json.loads(metadata["hair"])[name], head.vertices, offsets, tuple(colours["hair"]))
    return Identity(name, face, tuple(colours["brows"]), hair)


@functools.lru_cache(maxsize=1)
def _file() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors, metadata) of the file beside the head's. IdentityError where it is missing, damaged or another
    head's."""
    path = head_path().with_name(FILE_NAME)
    try:
        tensors, metadata = read_tensors(path)
    except TensorFileError as error:
        raise IdentityError(f"the identities cannot be used: {error}") from None
    except OSError as error:
        raise IdentityError(f"the identities {path} cannot be read: {error.strerror or error}.") from None
    if (metadata.get("format"), metadata.get("format_version")) != (FORMAT, VERSION):
        raise IdentityError(f"{path.name} is {metadata.get('format')!r}, not {FORMAT!r} version {VERSION}.")
    if tensors["offsets"].shape[1:] != load_head().vertices.shape:
        raise IdentityError(f"{path.name} is of another head; install mien again.")
    return tensors, metadata
