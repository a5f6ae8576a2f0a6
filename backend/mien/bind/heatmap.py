# SPDX-License-Identifier: GPL-3.0-or-later
"""The heat map: the user's mesh from the front and the side, coloured by its distance from the registered head."""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
from PIL import Image

from mien.heads.correspondence import vertex_normals
from mien.video import OpenGLMissing

SIZE = 480  # pixels of a view
SUPERSAMPLING = 2  # each view is rendered so many times larger and reduced
FIELD = 0.30  # radians, vertical
CAMERA_DISTANCE = 0.9  # m from the centre of the face
FACE_CENTRE = np.array([0.0, 0.10, 0.09])  # of the default head's face
SIDES = {"front": (0.0, 0.05, 1.0), "three_quarter": (0.75, 0.05, 0.75)}
LIGHTS = (((-0.5, 0.9, 0.6), 2.4), ((0.9, 0.1, 0.5), 1.0), ((0.0, -0.6, 0.6), 0.5))  # direction, strength
FARTHEST = 0.004  # m: this and more has the last colour
COLOURS = np.array([(0.16, 0.42, 0.75), (0.30, 0.70, 0.42), (0.95, 0.83, 0.25), (0.80, 0.16, 0.14)])
UNMATCHED = np.array([0.6, 0.6, 0.6])  # vertices without a point on the head


def heat_colours(distance: np.ndarray) -> np.ndarray:
    """(V, 3) colours 0..1 of distances (V,) in metres: blue is 0, red is FARTHEST or more, grey is nan."""
    scaled = np.clip(np.nan_to_num(distance) / FARTHEST, 0, 1) * (len(COLOURS) - 1)
    colours = np.stack([np.interp(scaled, np.arange(len(COLOURS)), COLOURS[:, k]) for k in range(3)], 1)
    return np.where(np.isnan(distance)[:, None], UNMATCHED, colours)


def render_heatmap(vertices: np.ndarray, triangles: np.ndarray, colours: np.ndarray) -> Image.Image:
    """Two views, side by side, of vertices (V, 3) in the default head's space with colours (V, 3) 0..1.
    OpenGLMissing where this machine cannot draw."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")  # PyOpenGL chooses its library when it is first imported
    try:
        pyrender = importlib.import_module("pyrender")
        renderer = pyrender.OffscreenRenderer(SIZE * SUPERSAMPLING, SIZE * SUPERSAMPLING)
    except Exception as error:  # each missing library fails in its own way
        raise OpenGLMissing(f"this machine cannot draw the heat map ({str(error)[:120]}); leave --heat out.") from error
    near = np.linalg.norm(vertices - FACE_CENTRE, axis=1) < CAMERA_DISTANCE / 2  # a raised hand must not hide the face
    near_triangles = triangles[near[triangles].all(1)]
    surface = pyrender.Primitive(
        positions=vertices,
        normals=vertex_normals(vertices, triangles),
        indices=near_triangles,
        color_0=np.c_[colours, np.ones(len(colours))],
        material=pyrender.MetallicRoughnessMaterial(roughnessFactor=0.8, metallicFactor=0.0, doubleSided=True),
    )
    sheet = Image.new("RGB", (SIZE * len(SIDES), SIZE))
    scene = pyrender.Scene(bg_color=(0.93, 0.94, 0.95, 1.0), ambient_light=(0.25, 0.25, 0.25))
    scene.add(pyrender.Mesh([surface]))
    for source, strength in LIGHTS:
        scene.add(pyrender.DirectionalLight(color=np.ones(3), intensity=strength), pose=_toward(np.array(source)))
    camera = scene.add(pyrender.PerspectiveCamera(yfov=FIELD, znear=0.05, zfar=5.0))
    try:
        for column, direction in enumerate(SIDES.values()):
            scene.set_pose(camera, _toward(np.array(direction)))
            pixels, _ = renderer.render(scene)
            sheet.paste(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.LANCZOS), (column * SIZE, 0))
    finally:
        _delete(renderer)
    return sheet


def _delete(renderer) -> None:
    """pyrender's own way ends with eglTerminate, on the one display that every OpenGL context of this process has:
    what a `Scene` draws afterwards would be the memory's former content."""
    egl: Any = importlib.import_module("OpenGL.EGL")
    terminate, egl.eglTerminate = egl.eglTerminate, lambda display: True
    try:
        renderer.delete()
    finally:
        egl.eglTerminate = terminate


def _toward(direction: np.ndarray) -> np.ndarray:
    """(4, 4) pose of a camera or light that looks at the face from `direction`, y up."""
    z = direction / np.linalg.norm(direction)
    x = np.cross((0.0, 1.0, 0.0), z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3] = np.stack([x, np.cross(z, x), z, FACE_CENTRE + CAMERA_DISTANCE * z], 1)
    return pose
