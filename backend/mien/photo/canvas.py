# SPDX-License-Identifier: GPL-3.0-or-later
"""Textured triangles, one layer over another, by OpenGL 3.3: what a moving photo is drawn with.

The context is that of the preview (`preview/gl_canvas.py`): a graphics card where there is one, software elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.preview.gl_canvas import SAMPLES, open_context
from mien.video import OpenGLMissing, VideoError

if TYPE_CHECKING:
    import moderngl

# floats and name of each vertex attribute
LAYOUT = {"position": 3, "at": 2, "at_second": 2, "share": 1, "opacity": 1, "tint": 3}
FLOATS = sum(LAYOUT.values())
POSITION, AT, SECOND, SHARE, OPACITY, TINT = (
    slice(0, 3), slice(3, 5), slice(5, 7), 7, 8, slice(9, 12),
)  # fmt: skip
SLOTS = 8
WINDOW_ROOM = 16  # pixels that a window is larger than what it is opened for
DEPTH = 4  # longer sides of the picture that the depth may reach
LEAST = 0.02  # opacity of an image: what is less is not there, and hides nothing
CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
VERTEX = """
in vec3 position; in vec2 at; in vec2 at_second; in float share; in float opacity; in vec3 tint;
uniform vec2 size; uniform float depth; uniform vec2 slot;
out vec2 first_at; out vec2 second_at; out float second_share; out vec4 cover;
void main() {
    first_at = at / size; cover = vec4(tint * opacity, opacity);
#ifdef SECOND
    second_at = at_second / size; second_share = share;
#endif
    gl_Position = vec4(position.xy / size * 2.0 - 1.0, slot.x + slot.y * clamp(position.z / depth, -1.0, 1.0), 1.0);
}
"""
FRAGMENT = """
in vec2 first_at; in vec2 second_at; in float second_share; in vec4 cover;
uniform sampler2D first; uniform sampler2D second; uniform float least;
out vec4 colour;
void main() {
    vec4 seen = texture(first, first_at);
    if (second_share > 0.0) seen = mix(seen, texture(second, second_at), second_share);
    if (seen.a < least) discard;
    colour = seen * cover;
}
"""


@dataclass(frozen=True, eq=False)
class Part:
    """A layer: triangles (T, 3) of `count` vertices; the names of its image and of the second one, which a vertex has
    its `share` of. slot: how near the layer is as a whole, from 0, the farthest, to SLOTS - 1; opens: it is drawn
    whatever lies before it, and what is drawn later in slots between shows through it. soft: its image is clear before
    its triangles end, so one sample a pixel is enough; others are drawn with several."""

    count: int
    triangles: np.ndarray
    slot: int
    image: str
    second: str = ""
    opens: bool = False
    soft: bool = False


class PhotoCanvas:
    """Draws parts in their order and in slices of depth, their slots; in a slot what is nearer hides what is behind.

    Parts that are not soft and follow one another are a group: it is drawn by itself with several samples a pixel, in
    the window that it fills alone, and laid over what was drawn before. Slots count within a group, and among soft
    parts.

    size: (width, height) pixels, at most 4096; images: (h, w, 4) uint8 with premultiplied alpha, over the whole
    picture; one of 1 x 1 is a plain colour. Close it, or use it in a `with`; one thread only. Raises VideoError,
    OpenGLMissing.
    """

    def __init__(self, size: tuple[int, int], images: Mapping[str, np.ndarray], parts: Mapping[str, Part]) -> None:
        if not all(16 <= side <= 4096 for side in size):
            raise VideoError(f"A picture is 16 to 4096 pixels wide and high; {size[0]}x{size[1]} was asked for.")
        self.width, self.height = size
        self._context: moderngl.Context | None = open_context()
        try:
            self._build(self._context, images, parts)
        except Exception as error:
            self.close()
            raise OpenGLMissing(f"OpenGL here cannot draw the photo ({error}).") from error

    def __enter__(self) -> PhotoCanvas:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Gives the context back; a second time does nothing."""
        context, self._context = self._context, None
        if context is not None:
            context.release()

    def draw(self, vertices: Mapping[str, np.ndarray | None]) -> np.ndarray:
        """(H, W, 4) uint8 with premultiplied alpha. vertices: (count, FLOATS) float32 by part, in pixels with z away
        from the camera; None, or no entry, leaves a part as it was drawn before."""
        context = self._context
        if context is None:
            raise VideoError("This canvas is closed; open another to draw on.")
        with context:
            for name, values in vertices.items():
                if values is not None and name in self._parts:
                    values = np.ascontiguousarray(values, np.float32)
                    self._parts[name][0].write(values)
                    self._boxes[name] = _box(values)
            self._begin(self._frame, (0, 0))
            for soft, names in groupby(self._parts, lambda name: self._parts[name][2].soft):
                if soft:
                    self._render(context, names)
                else:
                    self._draw_window(context, list(names))
            pixels = self._frame.read(components=4, alignment=1)
        return np.frombuffer(pixels, np.uint8).reshape(self.height, self.width, 4)

    def _begin(self, frame: moderngl.Framebuffer, corner: tuple[int, int]) -> None:
        """Draws on an empty frame from now on, whose first pixel is at a corner of the picture."""
        frame.use()
        frame.viewport = (-corner[0], -corner[1], self.width, self.height)
        frame.clear(0, 0, 0, 0, depth=1.0)

    def _render(self, context: moderngl.Context, names: Iterable[str]) -> None:
        context.enable_only(context.DEPTH_TEST | context.BLEND)
        context.blend_func = context.ONE, context.ONE_MINUS_SRC_ALPHA
        for _, array, part in (self._parts[name] for name in names):
            self._images[part.image].use(0)
            if part.second:
                self._images[part.second].use(1)
            context.depth_func = "1" if part.opens else "<="
            array.program["slot"].value = (1 - (2 * part.slot + 1) / SLOTS, 1 / SLOTS)
            array.render()
        context.depth_func = "<="

    def _draw_window(self, context: moderngl.Context, names: list[str]) -> None:
        """A group of parts that are not soft, over what is drawn."""
        boxes = [box for name in names if (box := self._boxes.get(name)) is not None]
        if not boxes:
            return
        low = np.clip(np.floor(np.min([box[0] for box in boxes], 0)), 0, [self.width, self.height]).astype(int)
        high = np.clip(np.ceil(np.max([box[1] for box in boxes], 0)), 0, [self.width, self.height]).astype(int)
        if (high <= low).any():
            return
        if (high - low > self._window_size).any():
            self._open_window(context, np.minimum(high - low + WINDOW_ROOM, [self.width, self.height]))
        corner = int(low[0]), int(low[1])
        self._begin(self._window, corner)
        self._render(context, names)
        context.copy_framebuffer(self._resolved, self._window)
        self._frame.use()
        values = block(4)
        values[:, :2] = low + CORNERS * self._window_size
        values[:, AT] = CORNERS * [self.width, self.height]
        self._over[0].write(values)
        context.enable_only(context.BLEND)
        self._seen.use(0)
        one_image: Any = self._over[1].program
        one_image["slot"].value, one_image["least"].value = (0.0, 0.0), 0.0
        self._over[1].render()
        one_image["least"].value = LEAST

    def _open_window(self, context: moderngl.Context, size: np.ndarray) -> None:
        for each in self._window_parts:
            each.release()
        self._window_size = size
        sides, samples = (int(size[0]), int(size[1])), min(SAMPLES, context.max_samples)
        colours = context.renderbuffer(sides, 4, samples=samples)
        depth = context.depth_renderbuffer(sides, samples=samples)
        self._window = context.framebuffer(colours, depth)
        self._seen = context.texture(sides, 4)
        self._seen.filter = (context.NEAREST, context.NEAREST)
        self._resolved = context.framebuffer(self._seen)
        self._window_parts = (self._window, self._resolved, self._seen, colours, depth)

    def _build(self, context: moderngl.Context, images: Mapping[str, np.ndarray], parts: Mapping[str, Part]) -> None:
        one_image, two_images = (self._program(context, second) for second in (False, True))
        self._images = {}
        for name, image in images.items():
            height, width = image.shape[:2]
            texture = context.texture((width, height), 4, np.ascontiguousarray(image, np.uint8).tobytes(), alignment=1)
            texture.filter = (context.LINEAR, context.LINEAR)
            texture.repeat_x = texture.repeat_y = False
            self._images[name] = texture
        self._parts = {}
        for name, part in parts.items():
            buffer = context.buffer(reserve=max(part.count, 1) * FLOATS * 4, dynamic=True)
            indices = context.buffer(np.ascontiguousarray(part.triangles, np.uint32).tobytes())
            array = _array(context, two_images if part.second else one_image, buffer, indices)
            self._parts[name] = (buffer, array, part)
        size = (self.width, self.height)
        self._frame = context.framebuffer(context.renderbuffer(size, 4), context.depth_renderbuffer(size))
        self._boxes: dict[str, np.ndarray | None] = {}
        self._window_size, self._window_parts = np.zeros(2, int), ()
        buffer = context.buffer(reserve=4 * FLOATS * 4, dynamic=True)
        indices = context.buffer(np.array([0, 1, 2, 0, 2, 3], np.uint32).tobytes())
        self._over = buffer, _array(context, one_image, buffer, indices)

    def _program(self, context: moderngl.Context, second: bool) -> moderngl.Program:
        """Of one image, or of two: software draws slowly what it only might need."""
        head = "#version 330 core\n" + ("#define SECOND\n" if second else "")
        program: Any = context.program(head + VERTEX, head + FRAGMENT)  # items are uniforms, unknown to the stubs
        program["size"].value = (float(self.width), float(self.height))
        program["depth"].value = float(DEPTH * max(self.width, self.height))
        program["least"].value = LEAST
        program["first"].value = 0
        if second:
            program["second"].value = 1
        return program


def _array(
    context: moderngl.Context, program: moderngl.Program, buffer: moderngl.Buffer, indices: moderngl.Buffer
) -> moderngl.VertexArray:
    """What a program draws of vertices in LAYOUT; attributes that it does not know are skipped."""
    known = [name for name in LAYOUT if name in program]
    formats = " ".join(f"{floats}f" if name in known else f"{4 * floats}x" for name, floats in LAYOUT.items())
    return context.vertex_array(program, [(buffer, formats, *known)], indices)


def _box(values: np.ndarray) -> np.ndarray | None:
    """(2, 2) pixels: the low and the high corner of what is not clear in vertices (N, FLOATS)."""
    places = values[values[:, OPACITY] > 0, :2]
    return np.stack([places.min(0), places.max(0)]) if len(places) else None


def block(count: int) -> np.ndarray:
    """(count, FLOATS) float32 vertices that show their image as it is."""
    values = np.zeros((count, FLOATS), np.float32)
    values[:, OPACITY] = 1
    values[:, TINT] = 1
    return values
