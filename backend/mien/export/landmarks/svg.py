# SPDX-License-Identifier: GPL-3.0-or-later
"""Landmarks as drawings in SVG, one file for each frame: a path with an id for each line, a circle for each point."""

from __future__ import annotations

import errno
import secrets
import shutil
from pathlib import Path

import numpy as np

from mien.export.landmarks.canvas import Canvas
from mien.heads.landmark_track import LINES, LandmarkTrack


def write_svgs(track: LandmarkTrack, canvas: Canvas, folder: Path) -> list[str]:
    """Write frame_00000.svg and so on into `folder`, which is made and must be new or empty; returns their names.

    OSError names the folder; it is then not there, or as empty as it was.
    """
    folder = folder.absolute()
    check_folder(folder)
    names = [f"frame_{i:05d}.svg" for i in range(track.frames)]
    part = folder.with_name(f".{folder.name[:40]}.{secrets.token_hex(8)}.part")
    part.mkdir()
    try:
        for name, points in zip(names, canvas.points(track), strict=True):
            (part / name).write_text(svg_text(points, canvas), "utf-8")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:  # a full disk has no name, and nobody knows the part's
        raise type(error)(error.errno, error.strerror, str(folder)) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return names


def check_folder(folder: Path) -> None:
    """OSError, that names it, for a folder that holds something, is a file, or cannot be made."""
    if folder.is_dir() and not folder.is_symlink():
        if any(folder.iterdir()):
            raise OSError(errno.ENOTEMPTY, "the folder for the drawings is not empty; name a new one", str(folder))
    elif folder.is_symlink() or folder.exists():
        raise NotADirectoryError(errno.ENOTDIR, "is a file; name a folder for the drawings", str(folder))
    if not folder.absolute().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder; make it first", str(folder.absolute().parent))


def svg_text(points: np.ndarray, canvas: Canvas) -> str:
    """One drawing of points (68, 2) in the canvas' units."""
    left, top, width, height = canvas.window
    thin = canvas.line_width
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">',
        f'<g id="lines" fill="none" stroke="#202020" stroke-width="{thin:g}" stroke-linejoin="round" '
        'stroke-linecap="round">',
    ]
    for name, (ids, closed) in LINES.items():
        path = "M" + " L".join(f"{x:.2f},{y:.2f}" for x, y in points[list(ids)])
        rows.append(f'<path id="{name}" d="{path}{" Z" if closed else ""}"/>')
    rows += ["</g>", '<g id="points" fill="#d03030">']
    rows += [f'<circle id="p{i}" cx="{x:.2f}" cy="{y:.2f}" r="{thin:g}"/>' for i, (x, y) in enumerate(points)]
    return "\n".join([*rows, "</g>", "</svg>"]) + "\n"
