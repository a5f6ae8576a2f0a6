# SPDX-License-Identifier: GPL-3.0-or-later
"""Zips that are no checkpoint's, most of them made here out of a sound one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import WEIGHTS, rezipped, saved
from mien.files.checkpoint_zip import ArchiveError, open_archive
from mien.files.safetensors import FILE_LIMIT


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return saved(tmp_path, {"state_dict": dict(WEIGHTS), "hyper_parameters": {"width": 3}})


def fails(path: Path, sentence: str) -> None:
    with pytest.raises(ArchiveError, match=sentence) as error, open_archive(path) as archive:
        for member in archive.sizes:
            archive.read(member)
    assert str(error.value).startswith(path.name) and str(error.value).endswith(".") and len(str(error.value)) < 400


def test_members_are_what_zipfile_reads(sound: Path) -> None:
    with zipfile.ZipFile(sound) as theirs, open_archive(sound) as archive:
        assert list(archive.sizes) == theirs.namelist()
        for member, size in archive.sizes.items():
            assert archive.read(member) == theirs.read(member) and len(archive.read(member)) == size


@pytest.mark.parametrize("data", [b"", b"\x80\x02", b"hello there, this is no zip at all" * 9])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "old.ckpt"
    path.write_bytes(data)
    fails(path, "is no zip, and a checkpoint of PyTorch 1.6 or later is one")


def test_the_format_before_1_6_is_refused(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    fails(tmp_path / "old.ckpt", "is no zip")


def test_a_file_cut_anywhere_is_refused(sound: Path) -> None:
    data = sound.read_bytes()
    for length in [*range(0, len(data), 97), len(data) - 1]:
        sound.write_bytes(data[:length])
        fails(sound, "is no zip" if length < 4 else "is cut short")


def test_flipped_weights_are_noticed(sound: Path) -> None:
    data = sound.read_bytes()
    sound.write_bytes(data.replace(np.arange(6, dtype="<f4").tobytes(), np.arange(1, 7, dtype="<f4").tobytes()))
    fails(sound, r"is a damaged zip \(Bad CRC-32")


def test_a_zip_bomb_is_refused_unread(sound: Path) -> None:
    fails(rezipped(sound, zipfile.ZIP_DEFLATED, data__0=bytes(5_000_000)), "is compressed or encrypted")


def test_members_that_lie_on_one_another_are_refused(sound: Path) -> None:
    """Fifield's bomb without compression: many entries of the list that share the same bytes."""
    rezipped(sound, data__90=bytes(100_000))
    with zipfile.ZipFile(sound, "a") as archive:
        template = next(info for info in archive.infolist() if info.filename.endswith("/data/90"))
        for number in range(91, 120):
            twin = zipfile.ZipInfo(template.filename[:-2] + str(number))
            for field in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(twin, field, getattr(template, field))
            archive.filelist.append(twin)
        archive._didModify = True
    fails(sound, "its members are larger together than the file")


def test_a_list_of_members_in_the_gigabytes_is_refused_unread(sound: Path) -> None:
    data = bytearray(sound.read_bytes())
    assert data[-42:-38] == b"PK\x06\x07"  # PyTorch writes the 64-bit record
    data[-58:-50] = (2**40).to_bytes(8, "little")
    sound.write_bytes(data)
    fails(sound, "says its list of members has 1099511627776 bytes")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.ckpt"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(FILE_LIMIT + 1)  # sparse
    fails(path, "is 2147 MB; at most 2147 MB are read")


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "C:/evil", "archive\\..\\..\\evil", "a/../../b"])
def test_members_that_point_out_of_the_archive_are_refused(sound: Path, name: str) -> None:
    with zipfile.ZipFile(sound, "a") as archive:
        archive.writestr(name, b"x")
    fails(sound, "points out of the archive")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_there_twice_is_refused(sound: Path) -> None:
    with zipfile.ZipFile(sound, "a") as archive:
        archive.writestr(archive.namelist()[0], b"x")
    fails(sound, "is there twice")
