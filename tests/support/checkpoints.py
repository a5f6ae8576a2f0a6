# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints as torch.save writes them, and harmed ones made out of them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch

WEIGHTS = {
    "a.weight": torch.arange(6.0).reshape(2, 3),
    "a.bias": torch.tensor([0.5, -1.0], dtype=torch.float64),
    "half": torch.tensor([1.5], dtype=torch.float16),
    "brain": torch.tensor([1.5], dtype=torch.bfloat16),
    "steps": torch.tensor(7),
    "none": torch.zeros(0, 3),
}


def saved(tmp_path: Path, content: object, name: str = "last.ckpt") -> Path:
    torch.save(content, tmp_path / name)
    return tmp_path / name


def rezipped(path: Path, method: int = zipfile.ZIP_STORED, **changes: bytes | None) -> Path:
    """The archive with members replaced, added or (None) dropped; `__` in a name stands for a slash."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    root = next(iter(members)).split("/")[0]
    for name, data in changes.items():
        members[f"{root}/{name.replace('__', '/').replace('_pkl', '.pkl')}"] = data
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(name, data)
    return path


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """The archive with bytes of its pickle replaced."""
    with zipfile.ZipFile(path) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        data = archive.read(member)
    assert old in data
    return rezipped(path, data_pkl=data.replace(old, new))


def text(value: str) -> bytes:
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()
