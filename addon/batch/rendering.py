# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders a scene from the command line, by its settings or as a small preview film."""

import re
from pathlib import Path

import bpy

PREVIEW_PERCENT = 50  # of the scene's size


class RenderError(Exception):
    """The scene cannot be rendered; the message says why."""


def scene_of(names: list[str]) -> bpy.types.Scene:
    """The named scene, else the file's active one. Raises RenderError."""
    if len(names) > 1:
        raise RenderError(f"One scene is rendered at a time, and {len(names)} were named.")
    scene = bpy.data.scenes.get(names[0]) if names else bpy.context.scene
    if scene is None:
        raise RenderError(f"There is no scene '{names[0]}' in this file.")
    if scene.camera is None:
        raise RenderError(f"The scene '{scene.name}' has no camera to render with.")
    return scene


def frames_of(text: str) -> tuple[int, int] | None:
    """(first, last) of 'A-B' or 'A'; None for ''. Raises RenderError."""
    if not text:
        return None
    match = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", text.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if last < first:
        raise RenderError(f"'{text}' is no range of frames; write it like 1-250.")
    return first, last


def render(scene: bpy.types.Scene, to: str, preview: bool, frames: tuple[int, int] | None) -> str:
    """Render the animation; returns its path. Changes the scene's settings: save before. Raises RenderError."""
    settings = scene.render
    if frames:
        scene.frame_start, scene.frame_end = frames
    if preview:
        _as_preview(scene)
    if to:
        settings.filepath = to if to.startswith("//") or Path(to).is_absolute() else f"{Path.cwd()}/{to}"
    elif preview:
        settings.filepath = f"//{Path(bpy.data.filepath).stem or 'untitled'}_preview.mp4"
    first = Path(bpy.path.abspath(settings.frame_path(frame=scene.frame_start)))
    before = _state(first)
    try:
        bpy.ops.render.render(animation=True, scene=scene.name)
    except RuntimeError as error:
        raise RenderError(f"'{scene.name}' was not rendered: {str(error).strip()}") from None
    if settings.use_overwrite and not settings.use_multiview and _state(first) in (None, before):
        raise RenderError(f"'{scene.name}' was not rendered: Blender did not write '{first}', and says why above.")
    return str(first) if settings.is_movie_format else bpy.path.abspath(settings.filepath)


def _state(file: Path) -> tuple[int, int] | None:
    """When it was written, in ns, and its length; None where there is none. Blender raises nothing for a film that it
    could not write."""
    return (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None


def _as_preview(scene: bpy.types.Scene) -> None:
    settings = scene.render
    settings.engine, settings.resolution_percentage = "BLENDER_WORKBENCH", PREVIEW_PERCENT
    settings.use_file_extension = True
    image = settings.image_settings
    if hasattr(image, "media_type"):  # 5.0 and later
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    settings.ffmpeg.format, settings.ffmpeg.codec = "MPEG4", "H264"
    settings.ffmpeg.audio_codec = "AAC"
