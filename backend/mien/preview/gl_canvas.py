# SPDX-License-Identifier: GPL-3.0-or-later
"""Off-screen pictures by OpenGL 3.3 (moderngl), which need neither a screen nor a graphics card.

On Linux the context comes from EGL, where Mesa draws without a graphics card; on Windows and macOS from the system. One
vertex buffer is refilled for each picture, one draw call per material makes it, and only the colour is read back.
"""

import functools
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from mien.video import OpenGLMissing, VideoError

if TYPE_CHECKING:
    import moderngl

SHADERS = Path(__file__).parent / "shaders"
# floats and name of each vertex attribute, as in surface.vert
LAYOUT = {"position": 3, "normal": 3, "rest": 3, "daylight": 1, "colour": 3, "roughness": 1, "wetness": 1,
          "crease": 1}  # fmt: skip
FLOATS = sum(LAYOUT.values())
SAMPLES = 4  # per pixel; what Mesa's software rasteriser offers
SHADOW_SIZE = 768  # over some 34 cm; its edges are softened anyway
DEVICES = 8  # EGL devices that are tried: a graphics card first where there is one, the software rasteriser last
ADVICE = "install OpenGL for it: apt-get install libegl1 libgl1-mesa-dri libgles2"


class Canvas:
    """A picture of `size` (width, height) pixels, drawn again and again. Close it, or use it in a `with`.

    materials: for each of "skin", "eye", ... (the shaders' names) the triangles (T, 3) made of it, drawn in this order
    and fixed for the life of the canvas. The first casts the shadows. paint: (h, w, 4) uint8, row 0 at the bottom.
    uniforms: by their names in the shaders; matrices are row-major (4, 4) and multiply column vectors.
    Raises VideoError for a size that cannot be drawn, OpenGLMissing where this machine cannot draw. One thread only.
    """

    def __init__(
        self,
        size: tuple[int, int],
        vertices: int,
        materials: dict[str, np.ndarray],
        paint: np.ndarray,
        uniforms: dict[str, np.ndarray],
    ) -> None:
        width, height = size
        if not (16 <= width <= 4096 and 16 <= height <= 4096):
            raise VideoError(f"A picture is 16 to 4096 pixels wide and high; {width}x{height} was asked for.")
        self.width, self.height = size
        self._context: moderngl.Context | None = open_context()
        try:
            self._build(self._context, vertices, materials, paint, uniforms)
        except Exception as error:  # moderngl.Error, and what a driver's refusal becomes in its bindings
            self.close()
            raise OpenGLMissing(f"OpenGL here cannot draw the head ({_first_line(error)}); {ADVICE}.") from error

    def __enter__(self) -> "Canvas":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def renderer(self) -> str:
        """The name of the graphics card, or of the software that stands in for one."""
        context = self._open()
        with context:  # the driver answers for the current context alone
            return context.info["GL_RENDERER"]

    def close(self) -> None:
        """Gives the context back with all that is in it; a second time does nothing."""
        context, self._context = self._context, None
        if context is not None:
            context.release()

    def draw(self, vertices: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 sRGB of `vertices` (N, 16) float32."""
        context = self._open()
        with context:
            self._buffer.write(np.ascontiguousarray(vertices, np.float32))
            self._shadow_frame.clear(depth=1.0)
            self._shadow_frame.use()
            context.enable_only(context.DEPTH_TEST)
            _, first, count = self._draws[0]
            self._shadow_array.render(first=first, vertices=count)

            self._picture_frame.clear(depth=1.0)
            self._picture_frame.use()
            context.enable_only(context.DEPTH_TEST | context.CULL_FACE)
            context.front_face = "cw"  # surface.vert turns the picture over
            self._shadow_map.use(0)
            self._paint.use(1)
            for array, first, count in self._draws:
                array.render(first=first, vertices=count)
            context.copy_framebuffer(self._resolved_frame, self._picture_frame)
            pixels = self._resolved_frame.read(components=3, alignment=1)
        return np.frombuffer(pixels, np.uint8).reshape(self.height, self.width, 3)

    def _open(self) -> "moderngl.Context":
        if self._context is None:
            raise VideoError("This canvas is closed; open another to draw on.")
        return self._context

    def _build(
        self,
        context: "moderngl.Context",
        vertices: int,
        materials: dict[str, np.ndarray],
        paint: np.ndarray,
        uniforms: dict[str, np.ndarray],
    ) -> None:
        """Buffers, shaders, textures and framebuffers of the context."""
        self._buffer = context.buffer(reserve=vertices * FLOATS * 4, dynamic=True)
        corners = np.concatenate([triangles.ravel() for triangles in materials.values()]).astype(np.uint32)
        indices = context.buffer(corners.tobytes())
        content = [(self._buffer, " ".join(f"{floats}f" for floats in LAYOUT.values()), *LAYOUT)]
        values: dict[str, np.ndarray | int] = {**uniforms, "key_shadow": 0, "paint": 1}

        def array(vertex: tuple[str, ...], fragment: tuple[str, ...]) -> "moderngl.VertexArray":
            program = context.program(_source(vertex), _source(fragment))
            _set(program, values)
            return context.vertex_array(program, content, indices, skip_errors=True)  # a shader may do without some

        self._draws, start = [], 0
        for material, triangles in materials.items():
            mesh = array(("light.glsl", "surface.vert"), ("light.glsl", "picture.glsl", f"{material}.frag"))
            self._draws.append((mesh, start, triangles.size))
            start += triangles.size
        self._shadow_array = array(("shadow.vert",), ("shadow.frag",))

        size = (self.width, self.height)
        samples = min(SAMPLES, context.max_samples)
        self._picture_frame = context.framebuffer(
            context.renderbuffer(size, 4, samples=samples), context.depth_renderbuffer(size, samples=samples)
        )
        self._resolved_frame = context.framebuffer(context.renderbuffer(size, 4))
        self._shadow_map = context.depth_texture((SHADOW_SIZE, SHADOW_SIZE))
        self._shadow_map.compare_func = "<="
        self._shadow_map.filter = (context.LINEAR, context.LINEAR)
        self._shadow_frame = context.framebuffer(depth_attachment=self._shadow_map)

        height, width = paint.shape[:2]
        self._paint = context.texture((width, height), 4, np.ascontiguousarray(paint).tobytes(), alignment=1)
        self._paint.build_mipmaps()
        self._paint.filter = (context.LINEAR_MIPMAP_NEAREST, context.LINEAR)
        self._paint.repeat_x = self._paint.repeat_y = False


def open_context() -> "moderngl.Context":
    """A context of its own; OpenGLMissing where there is none."""
    try:
        import moderngl
    except ImportError as error:
        raise OpenGLMissing(f"The package moderngl is missing ({error}); install mien again.") from error
    if not sys.platform.startswith("linux"):
        devices = [functools.partial(moderngl.create_standalone_context, require=330)]
    else:
        libraries = {"libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
        devices = [
            functools.partial(
                moderngl.create_standalone_context, require=330, backend="egl", device_index=number, **libraries
            )
            for number in range(DEVICES)
        ]
    refusal: Exception | None = None
    for device in devices:
        try:
            return device()
        except Exception as error:  # glcontext raises bare Exception for each missing library, device and version
            refusal = refusal or error
    raise OpenGLMissing(f"This machine has no OpenGL to draw with ({_first_line(refusal)}); {ADVICE}.") from refusal


def _source(names: tuple[str, ...]) -> str:
    """A shader put together from files."""
    return "".join((SHADERS / name).read_text(encoding="utf-8") for name in names)


def _set(program: "moderngl.Program", uniforms: dict[str, np.ndarray | int]) -> None:
    """The values of the uniforms that the program has."""
    import moderngl

    for name, value in uniforms.items():
        uniform = program.get(name, None)
        if not isinstance(uniform, moderngl.Uniform):  # the shader does without it
            continue
        if isinstance(value, int):
            uniform.value = value
        else:
            matrix = value.T if value.shape == (4, 4) else value
            uniform.write(np.ascontiguousarray(matrix, np.float32).tobytes())


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
