# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads as they lie on a user's disk: files below a folder, and the refusal of what cannot be imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mien.errors import FILE, MienError


class DownloadError(MienError, ValueError):
    """The path holds no model that can be imported, or several; the message says what to give."""

    exit_status = FILE


PAGE_BEGINS = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")
ARCHIVES = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"Rar!": "rar", b"7z\xbc\xaf": "7z", b"\xfd7zXZ": "xz"}
POINTER = b"version https://git-lfs"
LOOKED_AT = 1 << 16  # bytes from the beginning


def mistaken_download(path: Path) -> str:
    """What was saved in the place of a file, as a sentence that says what to do: a web page, an archive under another
    name, a pointer of Git LFS; empty for anything else. A checkpoint of PyTorch, which is a zip, is none of these."""
    with path.open("rb") as file:
        begin = file.read(LOOKED_AT)
    if begin.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower().startswith(PAGE_BEGINS):
        return (
            f"{path.name} cannot be read: it is a web page, such as the one that asks to sign in. Sign in with a "
            "browser and download the file again."
        )
    kind = next((kind for magic, kind in ARCHIVES.items() if begin.startswith(magic)), "")
    if kind and path.suffix.lower() in (".pkl", ".npy") and b"data.pkl" not in begin:
        return (
            f"{path.name} cannot be read: it is the {kind} archive of a download under another name. Name it "
            f"{path.with_suffix('.' + kind).name}, unpack it and give the folder."
        )
    if begin.startswith(POINTER):
        return f"{path.name} cannot be read: it is a pointer of Git LFS. Fetch the file itself: git lfs pull."
    return ""


def files_below(folder: Path, depth: int) -> list[Path]:
    """Files in a folder and in `depth` - 1 levels of folders below it, the upper ones first."""
    return [path for level in range(depth) for path in sorted(folder.glob("*/" * level + "*")) if path.is_file()]


def several(folder: Path, paths: Iterable[Path]) -> DownloadError:
    """For a folder in which one file was expected."""
    return DownloadError(f"{folder} holds several that could be meant: {listed(folder, paths)}. Give one file.")


def listed(folder: Path, paths: Iterable[Path]) -> str:
    """The paths, relative to the folder, with commas."""
    return ", ".join(str(path.relative_to(folder)) for path in paths)
