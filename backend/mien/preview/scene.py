# SPDX-License-Identifier: GPL-3.0-or-later
"""The studio: the default head before a soft grey, three lights, and a camera at the height of its eyes."""

from dataclasses import dataclass
from types import TracebackType

import numpy as np

from mien.heads.default import Head, load_head
from mien.heads.face_paint import Painting, face_paint
from mien.heads.identity import Identity
from mien.preview.gl_canvas import FLOATS, Canvas
from mien.preview.head_surface import POSITION, Surface, material_colour

VIEW_ANGLE = np.radians(17.0)  # of a portrait lens; wide angles make noses grow
FRAME_HEIGHT = 0.285  # metres of the head plane that the picture shows, so that a turning head stays inside
IRIS_RADIUS = 0.0062  # metres; the real mean is 5.9, the default head's eyes are a little large
# Lights as seen from the camera: degrees to its left, degrees up, linear colour times strength.
KEY = (-36.0, 32.0, (3.05, 2.85, 2.6))
FILL = (48.0, 6.0, (0.50, 0.56, 0.66))
RIM = (148.0, 36.0, (2.4, 2.55, 2.9))
BROW_COLOUR = (0.026, 0.015, 0.010)  # of the default head, linear
HAIR_ROOM = 1.16  # how much more of the plane a picture shows where there is hair
SKY, GROUND = (0.27, 0.285, 0.31), (0.13, 0.115, 0.105)
BACKDROP = (0.190, 0.200, 0.215), (0.045, 0.049, 0.056)  # linear, in its middle and towards its corners

Light = tuple[float, float, tuple[float, float, float]]


@dataclass(frozen=True)
class Studio:
    """What a head stands in. key, fill, rim: degrees to the left of the camera, degrees up, linear colour; sky,
    ground: of the surroundings; backdrop: its middle and its corners."""

    key: Light = KEY
    fill: Light = FILL
    rim: Light = RIM
    sky: tuple[float, float, float] = SKY
    ground: tuple[float, float, float] = GROUND
    backdrop: tuple[tuple[float, float, float], tuple[float, float, float]] = BACKDROP


class Scene:
    """Draws the default head, or an identity of it with its hair. size: (width, height) pixels; studio: its lights;
    painting: brows and skin, where they are not the head's own. Close it, or use it in a `with`; one thread only.

    Raises VideoError where this machine cannot draw.
    """

    def __init__(
        self, size: tuple[int, int] = (512, 512), head: Head | None = None, identity: Identity | None = None,
        studio: Studio | None = None, painting: Painting | None = None,
    ) -> None:  # fmt: skip
        self._studio = studio or Studio()
        self.head = identity.head if identity else head or load_head()
        self._brow_colour = identity.brow_colour if identity else BROW_COLOUR
        self._surface = Surface(self.head, identity.hair if identity else None)
        painting = painting or face_paint(self.head)
        count = len(self._surface.vertices)
        corners = np.arange(4) + count
        backdrop = corners[[[0, 1, 2], [0, 2, 3]]]
        triangles_by_material = {
            **self._surface.triangles_by_material,
            "backdrop": backdrop,
        }  # last, where nothing else is
        self._vertices = np.zeros((count + 4, FLOATS), np.float32)
        uniforms = self._frame(size, painting.window)
        self._canvas = Canvas(size, count + 4, triangles_by_material, painting.pixels, uniforms)

    def __enter__(self) -> "Scene":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._canvas.close()

    @property
    def renderer(self) -> str:
        """The name of the graphics card, or of the software that stands in for one."""
        return self._canvas.renderer

    def picture(self, vertices: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """(H, W, 3) uint8 sRGB of the head with its vertices (V, 3) at these places, metres. weights (C,) of the head's
        channels crease its skin; without them it stays smooth."""
        self._vertices[:-4] = self._surface.at(vertices, weights)
        return self._canvas.draw(self._vertices)

    def _frame(self, size: tuple[int, int], window: tuple[float, float, float, float]) -> dict[str, np.ndarray]:
        """Sets the camera, the lights and the backdrop; the uniforms of the shaders."""
        head = self.head
        # The resting eyes look into the lens.
        forward = np.mean([eye.axis for eye in self._surface.eyeballs], axis=0) * (0.0, 1.0, 1.0)
        forward /= np.linalg.norm(forward)
        low, high = head.vertices.min(0), head.vertices.max(0)
        target = np.array([0.0, low[1] + 0.56 * (high[1] - low[1]), (low[2] + high[2]) / 2])
        height = FRAME_HEIGHT
        if self._surface.hair is not None:
            height *= HAIR_ROOM
            target[1] += 0.004
        distance = height / 2 / np.tan(VIEW_ANGLE / 2)
        camera = _look(target + forward * distance, target)
        aspect = size[0] / size[1]
        projection = _perspective(VIEW_ANGLE, aspect, distance - 0.3, distance + 0.3)

        in_turn = (self._studio.key, self._studio.fill, self._studio.rim)
        lights = [_direction(camera, *light[:2]) for light in in_turn]
        key = _look(target + lights[0] * 0.5, target)
        half_width = 0.17  # metres around the head that the shadow map covers
        uniforms = {
            "view": projection @ np.linalg.inv(camera),
            "key_view": _box(half_width, 0.25, 0.75) @ np.linalg.inv(key),
            "eye_point": camera[:3, 3],
            "light_direction": np.array(lights),
            "light_colour": np.array([light[2] for light in in_turn]),
            "sky": np.array(self._studio.sky),
            "ground": np.array(self._studio.ground),
            "backdrop_middle": np.array(self._studio.backdrop[0]),
            "backdrop_edge": np.array(self._studio.backdrop[1]),
            "up": camera[:3, 1],
            "paint_window": np.array([window[0], window[1], 1 / window[2], 1 / window[3]]),
            "neck_end": np.array([low[1], low[1] + 0.045]),
            "brow_colour": np.array(self._brow_colour),
            "iris_colour": np.array(material_colour(head, "iris")),
            "iris_angle": np.array([np.arcsin(IRIS_RADIUS / self._surface.eyeballs[0].radius)]),
        }
        # The backdrop fills the far plane of the camera.
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 1.02  # a little over the edge
        corners = np.concatenate([corners, np.full((4, 1), 0.999), np.ones((4, 1))], 1)
        places = corners @ np.linalg.inv(uniforms["view"]).T
        self._vertices[-4:, POSITION] = places[:, :3] / places[:, 3:]
        return uniforms


def _look(place: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) pose of a camera at `place` that sees `target` along its -z, upright."""
    back = (place - target) / np.linalg.norm(place - target)
    right = np.cross([0.0, 1.0, 0.0], back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(back, right), back, place], 1)
    return pose


def _direction(camera: np.ndarray, left: float, up: float) -> np.ndarray:
    """Unit vector towards a light, `left` and `up` in degrees from the line to the camera."""
    left, up = np.radians((left, up))
    return camera[:3, :3] @ (np.sin(-left) * np.cos(up), np.sin(up), np.cos(left) * np.cos(up))


def _perspective(angle: float, aspect: float, near: float, far: float) -> np.ndarray:
    """`angle` is that of the height, or of the width where the picture is upright."""
    scale = 1 / np.tan(angle / 2)
    x, y = (scale / aspect, scale) if aspect >= 1 else (scale, scale * aspect)
    a, b = (far + near) / (near - far), 2 * far * near / (near - far)
    return np.array([[x, 0, 0, 0], [0, y, 0, 0], [0, 0, a, b], [0, 0, -1, 0]])


def _box(half_width: float, near: float, far: float) -> np.ndarray:
    """Parallel projection of a light's space to 0..1 in all three."""
    return np.array(
        [
            [0.5 / half_width, 0, 0, 0.5],
            [0, 0.5 / half_width, 0, 0.5],
            [0, 0, -1 / (far - near), -near / (far - near)],
            [0, 0, 0, 1],
        ]
    )
