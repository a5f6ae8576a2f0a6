# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's mesh from the front and the side, coloured by how far it is from the head laid over it."""

from __future__ import annotations

import importlib
import os

import numpy as np
from PIL import Image

from mien.heads.correspondence import vertex_normals
from mien.video import OpenGLMissing

SIZE = 480  # pixels of a view
FINER = 2  # each is drawn so many times larger and reduced: smooth edges
FIELD = 0.30  # radians, vertical
AWAY = 0.9  # m from the middle of the face
MIDDLE = np.array([0.0, 0.10, 0.09])  # of the default head's face
SIDES = {"front": (0.0, 0.05, 1.0), "aside": (0.75, 0.05, 0.75)}
LIGHTS = (((-0.5, 0.9, 0.6), 2.4), ((0.9, 0.1, 0.5), 1.0), ((0.0, -0.6, 0.6), 0.5))  # direction, strength
FAR = 0.004  # m: drawn in the last colour
COLOURS = np.array([(0.16, 0.42, 0.75), (0.30, 0.70, 0.42), (0.95, 0.83, 0.25), (0.80, 0.16, 0.14)])
NOWHERE = np.array([0.6, 0.6, 0.6])  # what lies on no point of the head


def heat(distance: np.ndarray) -> np.ndarray:
    """(V, 3) colours 0..1 for distances (V,) in metres: blue lies on the head, red is FAR or further, nan is grey."""
    at = np.clip(np.nan_to_num(distance) / FAR, 0, 1) * (len(COLOURS) - 1)
    colours = np.stack([np.interp(at, np.arange(len(COLOURS)), COLOURS[:, k]) for k in range(3)], 1)
    return np.where(np.isnan(distance)[:, None], NOWHERE, colours)


def picture(vertices: np.ndarray, triangles: np.ndarray, colours: np.ndarray) -> Image.Image:
    """Two views, side by side, of vertices (V, 3) in the default head's space with colours (V, 3) 0..1.
    OpenGLMissing where this machine cannot draw."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")  # PyOpenGL chooses its library when it is first imported
    try:
        pyrender = importlib.import_module("pyrender")
        renderer = pyrender.OffscreenRenderer(SIZE * FINER, SIZE * FINER)
    except Exception as error:  # each missing library fails in its own way, as in video.canvas
        raise OpenGLMissing(f"this machine cannot draw the heat map ({str(error)[:120]}); leave --heat out.") from error
    near = np.linalg.norm(vertices - MIDDLE, axis=1) < AWAY / 2  # a raised hand is not to hide the face
    seen = triangles[near[triangles].all(1)]
    surface = pyrender.Primitive(
        positions=vertices,
        normals=vertex_normals(vertices, triangles),
        indices=seen,
        color_0=np.c_[colours, np.ones(len(colours))],
        material=pyrender.MetallicRoughnessMaterial(roughnessFactor=0.8, metallicFactor=0.0, doubleSided=True),
    )
    sheet = Image.new("RGB", (SIZE * len(SIDES), SIZE))
    scene = pyrender.Scene(bg_color=(0.93, 0.94, 0.95, 1.0), ambient_light=(0.25, 0.25, 0.25))
    scene.add(pyrender.Mesh([surface]))
    for place, strength in LIGHTS:
        scene.add(pyrender.DirectionalLight(color=np.ones(3), intensity=strength), pose=_toward(np.array(place)))
    camera = scene.add(pyrender.PerspectiveCamera(yfov=FIELD, znear=0.05, zfar=5.0))
    try:
        for column, direction in enumerate(SIDES.values()):
            scene.set_pose(camera, _toward(np.array(direction)))
            pixels, _ = renderer.render(scene)
            sheet.paste(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.LANCZOS), (column * SIZE, 0))
    finally:
        renderer.delete()
    return sheet


def _toward(direction: np.ndarray) -> np.ndarray:
    """(4, 4) pose of a camera or light that looks at the face from `direction`, y up."""
    z = direction / np.linalg.norm(direction)
    x = np.cross((0.0, 1.0, 0.0), z)
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3] = np.stack([x, np.cross(z, x), z, MIDDLE + AWAY * z], 1)
    return pose
